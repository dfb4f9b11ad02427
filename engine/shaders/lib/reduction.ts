import { expectOptions } from '../../errors';
import { linearGrid, type Graph, type Grid } from '../../graph/graph';
import { expectDType, type Shape, type Tensor } from '../../graph/tensor';
import { around } from './axis';

/** What a sum, mean or maximum leaves of the axis that it goes over. */
export interface ReductionOptions {
  /** Keep the axis, with size 1. Default false: it is gone. */
  readonly keepdim?: boolean;
}

/** How sum and max go along an axis. */
export interface Reduction {
  /** x is (…, size, inner), n the number of results. */
  readonly uniforms: { readonly n: number; readonly size: number; readonly inner: number };
  readonly constants: { readonly LANES: number; readonly COLUMNS?: number };
  readonly grid: Grid;
  /** Of the result. */
  readonly shape: Shape;
}

const SOFTWARE_LANES = 16;
/** From this size on, an axis gets workgroups of 256. */
const LONG = 1024;

/** Checks what a reduction over an axis, or without one over all, is given, and maps results to invocations or workgroups. */
export function reduction(
  g: Graph,
  op: string,
  x: Tensor,
  axis: number | undefined,
  options: ReductionOptions & { readonly dtype?: 'f32' | 'f16' },
  known: object = {},
): Reduction {
  const where = g.where(op);
  const { keepdim = false } = options;
  expectOptions<object>(where, options, { keepdim, ...known });
  expectDType(where, x, 'f32', 'f16');
  const all = { axis: 0, outer: 1, size: x.size, inner: 1 };
  const { axis: at, outer, size, inner } = axis === undefined ? all : around(where, x, axis);
  const kept = axis === undefined ? x.shape.map(() => 1) : x.shape.with(at, 1);
  const shape = keepdim ? kept : axis === undefined ? [] : x.shape.filter((_, i) => i !== at);
  const n = outer * inner;
  const uniforms = { n, size, inner };
  if (g.device.can.software) {
    const grid = linearGrid(Math.ceil(n / SOFTWARE_LANES));
    return { uniforms, constants: { LANES: SOFTWARE_LANES }, grid, shape };
  }
  // Where something is inside of the axis, a workgroup has results side by side, so that its lanes read neighbours.
  const COLUMNS = inner === 1 ? 1 : 16;
  const LANES = size >= LONG ? 256 : 64;
  const grid = linearGrid(outer * Math.ceil(inner / COLUMNS));
  return { uniforms, constants: { LANES, COLUMNS }, grid, shape };
}
