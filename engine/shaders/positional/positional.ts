import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import step from '../../graph/step.wgsl';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectCounts } from '../lib/counts';
import { elementType } from '../lib/elementwise';
import scalar from '../lib/scalar.wgsl';
import { expectRoom, expectStarts, STARTS, startsOf } from '../lib/starts';
import vector from '../lib/vector.wgsl';
import { accumulate } from '../scale/scale';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const kernels = (pack: typeof scalar, starts: keyof typeof STARTS, suffix: string) => ({
  forward: defineKernel({
    name: `positional.forward${suffix}`,
    wgsl: [pack, forwardWgsl, STARTS[starts], step],
  }),
  backward: defineKernel({
    name: `positional.backward${suffix}`,
    wgsl: [pack, backwardWgsl, STARTS[starts], step],
  }),
});
const wideKernels = { none: kernels(vector, 'none', ''), own: kernels(vector, 'own', '_starts') };
const narrowKernels = {
  none: kernels(scalar, 'none', '_narrow'),
  own: kernels(scalar, 'own', '_narrow_starts'),
};

const LANES = 64;

/** Where rows stand in batches of unequal prompts, beside `now.position` and `now.length`. */
export interface PositionsOptions {
  /** How far each sequence is ahead of `now.position`, u32 (B), as `CacheOptions.starts`. Default 0. */
  readonly starts?: Tensor;
  /**
   * How many of the T rows are real in each sequence, u32 (B); more than T are refused. Tells padding, which may pass the
   * end, from rows which may not, and changes no number. Default: `now.length` (all, if that is 0).
   */
  readonly lengths?: Tensor;
}

/**
 * y = x + table[now.position + t], or table[now.position + starts[b] + t]: learned positions (a parameter) or fixed ones.
 * x (B, T, C), table (P, C) with P ≥ T -> (B, T, C). The table's gradient sums over B in order.
 *
 * Throws `ShapeError` if shapes do not fit; and so does a run whose real rows would pass the table's end, as far as
 * `starts` and `lengths` are known before it (inputs and constants; others count as 0 and as all). Rows of padding that do
 * take its last row, which gets no gradient from them, and so do rows of starts that are not known.
 */
export function addPositions(g: Graph, x: Tensor, table: Tensor, options: PositionsOptions = {}): Tensor {
  const where = g.where('addPositions');
  const { starts, lengths } = options;
  expectOptions(where, options, { starts, lengths });
  const [B = 0, T = 0, C = 0] = x.shape;
  const [P = 0, width] = table.shape;
  if (x.shape.length !== 3 || table.shape.length !== 2 || width !== C) {
    throw new ShapeError(where, `${x.toString()} and ${table.toString()} must be (B, T, C) and (P, C)`);
  }
  if (P < T) {
    throw new ShapeError(where, `${T} positions exceed the ${P} of ${table.name}`, 'Shorten the input.');
  }
  if (starts) expectStarts(where, starts, B);
  if (lengths) expectCounts(g, where, lengths, { sequences: B, most: T, of: 'rows' });
  expectRoom(g, where, {
    ...{ sequences: B, rows: T, starts, lengths, most: P },
    holder: `${table.name} has ${P} positions`,
    remedy: 'Start again from a later part of the text, or make a longer table.',
  });
  const wide = C % 4 === 0;
  const per = wide ? 4 : 1;
  const { kind, bind } = startsOf(starts);
  const kernel = (wide ? wideKernels : narrowKernels)[kind];
  const y = g.value('positions', x.shape, x.dtype);
  g.dispatch(
    kernel.forward,
    { x, table, y, ...bind },
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
      { dy, dtable: dtable.tensor, ...bind },
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
