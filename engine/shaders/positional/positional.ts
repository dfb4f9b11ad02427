import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import scalar from '../lib/scalar.wgsl';
import vector from '../lib/vector.wgsl';
import { accumulate } from '../scale/scale';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const kernels = (pack: typeof scalar, suffix: string) => ({
  forward: defineKernel({ name: `positional.forward${suffix}`, wgsl: [pack, forwardWgsl, step] }),
  backward: defineKernel({ name: `positional.backward${suffix}`, wgsl: [pack, backwardWgsl, step] }),
});
const wideKernels = kernels(vector, '');
const narrowKernels = kernels(scalar, '_narrow');

const LANES = 64;

/**
 * y = x + table[now.position + t]: learned positions (a parameter) or fixed ones.
 * x (B, T, C), table (P, C) with P ≥ T -> (B, T, C). The table's gradient sums over B in order.
 *
 * Throws `ShapeError` if shapes do not fit; and so does a run whose real rows (`now.length` of T, or all) would pass the
 * table's end. Rows of padding that do take its last row, which gets no gradient from them.
 */
export function addPositions(g: Graph, x: Tensor, table: Tensor): Tensor {
  const where = g.where('addPositions');
  const [B = 0, T = 0, C = 0] = x.shape;
  const [P = 0, width] = table.shape;
  if (x.shape.length !== 3 || table.shape.length !== 2 || width !== C) {
    throw new ShapeError(where, `${x.toString()} and ${table.toString()} must be (B, T, C) and (P, C)`);
  }
  if (P < T) {
    throw new ShapeError(where, `${T} positions exceed the ${P} of ${table.name}`, 'Shorten the input.');
  }
  g.check(({ position = 0, length = 0 }) => {
    const rows = length > 0 ? Math.min(T, length) : T;
    if (position + rows <= P) return;
    throw new ShapeError(
      where,
      `${rows === 1 ? '1 row' : `${rows} rows`} from position ${position} on, but ${table.name} has ${P} positions`,
      'Start again from a later part of the text, or make a longer table.',
    );
  });
  const wide = C % 4 === 0;
  const per = wide ? 4 : 1;
  const kernel = wide ? wideKernels : narrowKernels;
  const y = g.value('positions', x.shape, x.dtype);
  g.dispatch(
    kernel.forward,
    { x, table, y },
    {
      uniforms: { n: x.size / per, t: T, c: C / per, p: P },
      constants: { T: elementType(x.dtype, wide), P: elementType(table.dtype, wide) },
      grid: linearGrid(Math.ceil(x.size / per / LANES)),
    },
  );

  g.backward(y, () => {
    const dy = g.grad(y);
    const dx = g.sink(x);
    const dtable = g.sink(table);
    if (dx) accumulate(g, dy, dx);
    if (!dtable) return;
    g.dispatch(
      kernel.backward,
      { dy, dtable: dtable.tensor },
      {
        uniforms: { n: table.size / per, t: T, c: C / per, b: B },
        constants: {
          T: elementType(dy.dtype, wide),
          S: elementType(dtable.tensor.dtype, wide),
          ADD: dtable.add,
        },
        grid: linearGrid(Math.ceil(table.size / per / LANES)),
      },
    );
  });
  return y;
}
