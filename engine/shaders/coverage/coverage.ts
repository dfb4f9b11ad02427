import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { expectAxes, expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectCounts } from '../lib/counts';
import hidden from '../lib/hidden.wgsl';
import reduceWgsl from '../lib/reduce.wgsl';
import attendedWgsl from './attended.wgsl';
import collectWgsl from './collect.wgsl';

const attended = defineKernel({ name: 'coverage.attended', wgsl: [hidden, reduceWgsl, attendedWgsl] });
const collect = defineKernel({ name: 'coverage.collect', wgsl: [stepWgsl, reduceWgsl, collectWgsl] });

/** Rows of a sentence, which an invocation holds in registers. */
const MOST_BEAMS = 64;

/** Heads and lengths of the attention that `coverage` adds up. */
export interface CoverageOptions {
  /** H. */
  readonly heads: number;
  /** Keys that exist in each sentence, u32 (N). Counts above S are refused. */
  readonly lengths: Tensor;
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
  /** u32 (N·K): the row that each goes on from, of the same sentence. Default: its own. */
  readonly order?: Tensor | null;
}

/**
 * How much of its source each hypothesis has covered, for the coverage penalty of Wu et al. 2016 (equation 14): adds the
 * attention of the newest rows, the mean of the heads of q (N, K, C) over keys (N, S, C), to `covered` f32 (N·K, S), state
 * that begins at 0 in a run at `position` 0 -> Σ log(min(covered, 1)) over the source, f32 (N·K). No gradient.
 */
export function coverage(
  g: Graph,
  q: Tensor,
  keys: Tensor,
  covered: Tensor,
  options: CoverageOptions,
): Tensor {
  const { heads, lengths, order, scale } = options;
  const where = g.where('coverage');
  expectOptions(where, options, { heads, lengths, order, scale });
  const [N = 0, K = 0, C = 0] = q.shape;
  const S = keys.shape[1] ?? 0;
  if (q.shape.length !== 3 || K > MOST_BEAMS || C % heads !== 0) {
    throw new ShapeError(
      where,
      `q is ${q.toString()} for ${heads} heads`,
      `Give (N, K, C) with K at most ${MOST_BEAMS}.`,
    );
  }
  expectAxes(where, keys, 'N, S, C');
  expectShape(where, keys, [N, S, C]);
  expectShape(where, covered, [N * K, S]);
  expectDType(where, covered, 'f32');
  expectCounts(g, where, lengths, { sequences: N, most: S });
  const from =
    order ??
    g.constant(
      'own row',
      [N * K],
      Uint32Array.from({ length: N * K }, (_, r) => r),
    );
  expectShape(where, from, [N * K]);
  expectDType(where, from, 'u32');
  const d = C / heads;
  const LANES = g.device.can.software ? 4 : 64; // barriers are dear on software adapters
  const mean = g.value('attended', [N * K, S], 'f32');
  g.dispatch(
    attended,
    { q, keys, lengths, mean },
    {
      uniforms: { rows: N * K, beams: K, s: S, heads, d, scale: scale ?? 1 / Math.sqrt(d) },
      constants: { LANES, T: q.dtype, KV: keys.dtype },
      grid: linearGrid(N * K),
      flops: 4 * N * K * S * C,
    },
  );
  const penalty = g.value('coverage', [N * K], 'f32');
  g.dispatch(
    collect,
    { mean, order: from, lengths, covered, penalty },
    {
      uniforms: { beams: K, s: S },
      constants: { LANES, MOST: Math.max(4, 2 ** Math.ceil(Math.log2(K))) },
      grid: [N],
    },
  );
  return penalty;
}
