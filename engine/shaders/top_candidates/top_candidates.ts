import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, expectShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import keysWgsl from '../sampling/keys.wgsl';
import reduceWgsl from '../sampling/reduce.wgsl';
import { NO_TOKEN } from '../sampling/sampling';
import topCandidatesWgsl from './top_candidates.wgsl';

const kernel = defineKernel({ name: 'top_candidates', wgsl: [keysWgsl, reduceWgsl, topCandidatesWgsl] });

/** Lanes keep their candidates in registers, so there cannot be many. */
const MOST_CANDIDATES = 128;

/** How many candidates `topCandidates` finds, and which ids it may not take. */
export interface TopCandidatesOptions {
  /** How many of each row, 1 to 128. */
  readonly count: number;
  /** u32 (N, M): ids that a row may not take, ascending, then `NO_TOKEN` where there are fewer than M. Default: none. */
  readonly bans?: Tensor;
  /** u32 (N): the only id that a row may take, banned or not, or `NO_TOKEN`. Default: any. */
  readonly only?: Tensor;
  /** What is given are log-probabilities, penalised maybe: they come back as they are. Default false. */
  readonly given?: boolean;
}

/** The likeliest ids of each row, see `topCandidates`. */
export interface TopCandidates {
  /** u32 (N, count), best first; `NO_TOKEN` where bans left fewer. */
  readonly ids: Tensor;
  /**
   * f32 (N, count): logarithms of their probabilities; -3e38 where there is no token. All of a row with logits of +∞ or NaN,
   * or of nothing but -∞, are 3e38, which no probability's logarithm is.
   */
  readonly logProbabilities: Tensor;
}

/**
 * The likeliest tokens of each row of logits (…, V), what beam search goes on with: of equal ones the lowest id. Bans
 * only choose: probabilities are those of softmax(logits), as in Hugging Face's generation. No gradient.
 */
export function topCandidates(g: Graph, logits: Tensor, options: TopCandidatesOptions): TopCandidates {
  const where = g.where('topCandidates');
  const [n, v] = rows(logits);
  expectDType(where, logits, 'f32', 'f16');
  const none = (name: string, size: number): Tensor =>
    g.constant(name, [n, size], new Uint32Array(n * size).fill(NO_TOKEN));
  const { count, bans = none('no bans', 1), only, given = false } = options;
  expectOptions(where, options, { count, bans, only, given });
  if (!Number.isInteger(count) || count < 1 || count > MOST_CANDIDATES) {
    throw new ShapeError(where, `${count} candidates a row`, `Ask for 1 to ${MOST_CANDIDATES}.`);
  }
  const m = bans.size / n;
  if (!Number.isInteger(m)) throw new ShapeError(where, `bans are ${bans.toString()} for ${n} rows`);
  expectDType(where, bans, 'u32');
  if (only) {
    expectShape(where, only, [n]);
    expectDType(where, only, 'u32');
  }
  const ids = g.value('candidates', [n, count], 'u32');
  const logs = g.value('log probabilities', [n, count], 'f32');
  // As in `sample`: a barrier is dear on software adapters, so a row gets one SIMD group there.
  const side = g.device.can.software ? 2 : 16;
  const allowed = only ?? none('any token', 1);
  for (const { tensor, from } of g.parts(logits)) {
    const own = tensor.size / v;
    g.dispatch(
      kernel,
      { logits: tensor, bans, only: allowed, ids, logs },
      {
        uniforms: {
          n: own,
          v,
          first: from,
          m,
          halvings: Math.ceil(Math.log2(m)),
          count,
          given: given ? 1 : 0,
          side,
        },
        constants: { T: logits.dtype, SIDE: side, MOST: Math.max(4, 2 ** Math.ceil(Math.log2(count))) },
        grid: linearGrid(own),
      },
    );
  }
  return { ids, logProbabilities: logs };
}
