import { ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import { expectDType, expectShape, rows as matrixOf, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { around } from '../lib/axis';
import { elementType } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import rearrangeWgsl from './rearrange.wgsl';

const kernel = defineKernel({ name: 'rearrange', wgsl: [rearrangeWgsl, elementwiseWgsl] });
const LANES = 64;

/**
 * `length` entries of one axis, from `start` on: rows of a weight, steps of a sequence, a range of columns.
 * x (…, N, …) -> (…, length, …), in x's storage. The gradient of what is left out is 0. Throws `ShapeError`.
 */
export function slice(g: Graph, x: Tensor, axis: number, start: number, length: number): Tensor {
  const where = g.where('slice');
  expectDType(where, x, 'f32', 'f16');
  const { outer, size, inner } = around(where, x, axis);
  const whole = [start, length].every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || length < 1 || start + length > size) {
    throw new ShapeError(
      where,
      `entries ${start} to ${start + length - 1} of axis ${axis} of ${x.toString()}`,
      `Give a start and a length of whole numbers within its ${size}.`,
    );
  }
  const y = g.value('slice', x.shape.with(axis, length), x.dtype);
  const [from, many, row] = [start * inner, length * inner, size * inner];
  move(g, x, { tensor: y, add: false }, { b: outer, c: many, xb: row, xStart: from, yb: many });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    const dy = g.grad(y);
    // The first gradient writes all of dx, zeros where nothing was taken; later ones only what they add to.
    if (dx.add) move(g, dy, dx, { b: outer, c: many, xb: many, yb: row, yStart: from });
    else move(g, dy, dx, { b: outer, c: row, first: from, last: from + many, xb: many, yb: row });
  });
  return y;
}

/**
 * Tensors one after the other along an axis; all other axes are the same. (…, N1, …), (…, N2, …) -> (…, N1 + N2, …), in
 * the graph's storage. State that outlives the plan, such as a memory, gets no gradient. Throws `ShapeError`.
 */
export function concat(g: Graph, parts: readonly Tensor[], axis: number): Tensor {
  const where = g.where('concat');
  if (parts.length === 0)
    throw new ShapeError(where, 'there is nothing to join', 'Give at least one tensor.');
  const boxes = parts.map((x) => {
    expectDType(where, x, 'f32', 'f16');
    const box = around(where, x, axis);
    expectShape(where, x, parts[0].shape.with(axis, box.size));
    return { ...box, x };
  });
  const { outer, inner } = boxes[0];
  const total = boxes.reduce((sum, { size }) => sum + size, 0);
  const y = g.value('concat', parts[0].shape.with(axis, total));
  const row = total * inner;
  let at = 0;
  const ranges = boxes.map(({ x, size }) => {
    const range = { x, from: at, many: size * inner };
    at += range.many;
    return range;
  });
  for (const { x, from, many } of ranges) {
    move(g, x, { tensor: y, add: false }, { b: outer, c: many, xb: many, yb: row, yStart: from });
  }

  g.backward(y, () => {
    for (const { x, from, many } of ranges) {
      const { source } = x.root;
      const dx = source.kind === 'stored' && !source.stored.trainable ? null : g.sink(x);
      if (dx) move(g, g.grad(y), dx, { b: outer, c: many, xb: row, xStart: from, yb: many });
    }
  });
  return y;
}

/**
 * Makes x (…, c) the columns of y (…, C) from `start` on, or adds it to them, where nothing has read y yet: a result that
 * comes by columns. The gradient of the columns goes to x.
 */
export function placeColumns(g: Graph, x: Tensor, y: Tensor, start: number, add = false): void {
  const [[b, c], [, row]] = [matrixOf(x), matrixOf(y)];
  move(g, x, { tensor: y, add }, { b, c, xb: c, yb: row, yStart: start });
  g.backward(y, () => {
    const dx = g.sink(x);
    if (dx) move(g, g.grad(y), dx, { b, c, xb: row, xStart: start, yb: c });
  });
}

/**
 * Overwrites `state`, a tensor that outlives the plan, with entries of one axis of x from `start` on, as many as it has
 * there. What was recorded before still reads the old contents, what follows the new. No gradient. Throws `ShapeError`.
 */
export function storeSlice(g: Graph, x: Tensor, axis: number, start: number, state: Tensor): void {
  const where = g.where('storeSlice');
  const { outer, size, inner } = around(where, x, axis);
  const length = state.shape.at(axis) ?? 0;
  expectShape(where, state, x.shape.with(axis, length));
  if (!(Number.isInteger(start) && start >= 0 && start + length <= size)) {
    throw new ShapeError(where, `${length} entries from ${start} on of ${size} in ${x.toString()}`);
  }
  const many = length * inner;
  const range = { b: outer, c: many, xb: size * inner, xStart: start * inner, yb: many };
  move(g, x, { tensor: state, add: false }, range);
}

/**
 * Overwrites the first rows of each sequence of `state` (B, S, C), which outlives the plan, with the columns of x (P, …)
 * from `start` on, P at most S. No gradient. Throws `ShapeError`.
 */
export function storeFirstRows(g: Graph, x: Tensor, start: number, state: Tensor): void {
  const where = g.where('storeFirstRows');
  const [b, row] = matrixOf(x);
  const [a, S = 0, c = 0] = state.shape;
  if (state.shape.length !== 3 || b > S || start + c > row) {
    throw new ShapeError(where, `${x.toString()} from column ${start} on does not fit ${state.toString()}`);
  }
  const box = { a, b, c, xb: row, xStart: start, ya: S * c, yb: c };
  move(g, x, { tensor: state, add: false }, box);
}

/**
 * Each head's numbers together: x (…, H·D) -> (H, …, D), so that a matmul can take the heads for its batch. In x's
 * storage. Throws `ShapeError` if the last axis does not divide into `heads`.
 */
export function headsFirst(g: Graph, x: Tensor, heads: number): Tensor {
  const where = g.where('headsFirst');
  expectDType(where, x, 'f32', 'f16');
  const columns = x.shape.at(-1) ?? 0;
  const width = columns / heads;
  if (!Number.isInteger(width) || width < 1) {
    throw new ShapeError(
      where,
      `rows of ${x.toString()} do not divide into ${heads} heads`,
      'Give rows of H·D columns.',
    );
  }
  const rows = x.size / columns;
  const y = g.value('heads first', [heads, ...x.shape.slice(0, -1), width], x.dtype);
  const [apart, together] = [
    { a: width, b: columns },
    { a: rows * width, b: width },
  ];
  const box = { a: heads, b: rows, c: width };
  move(g, x, { tensor: y, add: false }, { ...box, xa: apart.a, xb: apart.b, ya: together.a, yb: together.b });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (!dx) return;
    // Written row by row of dx, so that neighbours write neighbours.
    const back = { a: rows, b: heads, c: width };
    move(g, g.grad(y), dx, { ...back, xa: together.b, xb: together.a, ya: apart.b, yb: apart.a });
  });
  return y;
}

/** A box of a·b·c numbers, see rearrange.wgsl; all in numbers, what is left out is 0 (a: 1; first, last: all of c). */
interface Box {
  readonly a?: number;
  readonly b: number;
  readonly c: number;
  readonly first?: number;
  readonly last?: number;
  readonly xa?: number;
  readonly xb: number;
  readonly xStart?: number;
  readonly ya?: number;
  readonly yb: number;
  readonly yStart?: number;
}

function move(g: Graph, x: Tensor, { tensor: y, add }: Sink, box: Box): void {
  const { a = 1, b, c, first = 0, last = c, xa = 0, xb, xStart = 0, ya = 0, yb, yStart = 0 } = box;
  const sizes = { c, first, last, xa, xb, x_start: xStart, ya, yb, y_start: yStart };
  const wide = Object.values(sizes).every((size) => size % 4 === 0);
  const per = wide ? 4 : 1;
  const n = (a * b * c) / per;
  const many = !g.device.can.software || n % 2 !== 0 ? 1 : n % 4 !== 0 ? 2 : 4;
  const counted = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size / per]));
  g.dispatch(
    kernel,
    { x, y },
    {
      uniforms: { n, b, ...counted },
      constants: {
        S: elementType(x.dtype, wide),
        T: elementType(y.dtype, wide),
        F: elementType('f32', wide),
        LANES,
        PER: many,
        ADD: add,
      },
      grid: linearGrid(Math.ceil(n / (LANES * many))),
      bytes: a * b * c * 8,
    },
  );
}
