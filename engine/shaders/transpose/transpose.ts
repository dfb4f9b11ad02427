import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import { expectDType, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { around } from '../lib/axis';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import gatherWgsl from './gather.wgsl';
import tileWgsl from './tile.wgsl';

const gather = defineKernel({ name: 'transpose.gather', wgsl: [gatherWgsl, elementwiseWgsl] });
const tiled = defineKernel({ name: 'transpose.tile', wgsl: [tileWgsl] });
const TILE = 16;

/** Sizes of x (P, I, Q, J, R) around the axes of I and J. */
interface Sizes {
  readonly i: number;
  readonly q: number;
  readonly j: number;
  readonly r: number;
}

/**
 * x with two of its axes in each other's place; by default the last two. -1 is the last. x (…, I, …, J, …) ->
 * (…, J, …, I, …), in x's storage. Throws `ShapeError` for axes that x has not.
 */
export function transpose(g: Graph, x: Tensor, first = -2, second = -1): Tensor {
  const where = g.where('transpose');
  expectDType(where, x, 'f32', 'f16');
  const axes = [around(where, x, first), around(where, x, second)].sort((a, b) => a.axis - b.axis);
  const [a, b] = axes;
  const shape = x.shape.with(a.axis, b.size).with(b.axis, a.size);
  if (a.axis === b.axis) return x;
  const y = g.value('transpose', shape, x.dtype);
  const q = a.inner / b.size / b.inner;
  move(g, x, { tensor: y, add: false }, { i: a.size, q, j: b.size, r: b.inner });

  g.backward(y, () => {
    const dx = g.sink(x);
    if (dx) move(g, g.grad(y), dx, { i: b.size, q, j: a.size, r: b.inner });
  });
  return y;
}

function move(g: Graph, x: Tensor, { tensor: y, add }: Sink, { i, q, j, r }: Sizes): void {
  if (!g.device.can.software && r === 1) {
    const [tilesI, tilesJ] = [Math.ceil(i / TILE), Math.ceil(j / TILE)];
    g.dispatch(
      tiled,
      { x, y },
      {
        uniforms: { n: y.size, i, q, j, tiles_i: tilesI, tiles_j: tilesJ },
        constants: { S: elementType(x.dtype, false), T: elementType(y.dtype, false), ADD: add },
        grid: linearGrid((y.size / i / j) * tilesI * tilesJ),
      },
    );
    return;
  }
  const { constants, wide, n, grid } = elementwise(y, g.device.can, r);
  g.dispatch(
    gather,
    { x, y },
    {
      uniforms: { n, i, q, j, r: wide ? r / 4 : r },
      constants: { ...constants, S: elementType(x.dtype, wide), ADD: add },
      grid,
    },
  );
}
