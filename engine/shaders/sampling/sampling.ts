import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import stepWgsl from '../../graph/step.wgsl';
import { expectDType, expectShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import randomWgsl from '../lib/random.wgsl';
import givenCounterWgsl from './given_counter.wgsl';
import keysWgsl from './keys.wgsl';
import reduceWgsl from './reduce.wgsl';
import rowCounterWgsl from './row_counter.wgsl';
import samplingWgsl from './sampling.wgsl';
import thresholdWgsl from './threshold.wgsl';

const linked = [stepWgsl, randomWgsl, keysWgsl, reduceWgsl, thresholdWgsl, samplingWgsl];
const byRow = defineKernel({ name: 'sampling', wgsl: [...linked, rowCounterWgsl] });
const byCounter = defineKernel({ name: 'sampling.counted', wgsl: [...linked, givenCounterWgsl] });

/** Where `sample` writes, and what its draws depend on. */
export interface SampleOptions {
  /** Receives the ids instead of a new value: state that the next run reads, so that no token leaves the GPU. */
  readonly out?: Tensor;
  /**
   * u32 (N): draws of row n depend on seed, index and counters[n] instead of n, so that a row draws the same wherever
   * it stands. Rows whose counters are less than V apart share draws: give hashes. Default: n·V.
   */
  readonly counters?: Tensor;
}

/** What `sample` gives for a row with +∞ or NaN among its logits, or with nothing but -∞: the model broke before. */
export const NO_TOKEN = 0xffff_ffff;

/** Keeps sampling's draws apart from those of dropout. */
const STREAM = 0x5a3d_91e7;

/**
 * One token id a row: logits (…, V) -> (N) of u32. Each run chooses `temperature` (0 is greedy: the largest logit, of
 * equal ones the first), `topK` (0 is all), `topP` (1 is all), `minP` (0 is all), `seed` and `index` through its `Step`;
 * equal ones draw equal tokens.
 *
 * In the order of Hugging Face's generation: temperature, then the topK largest logits, then of what is left the
 * smallest set of most likely tokens that holds at least topP of the probability, never less than one token, and of these
 * those that are at least minP times as likely as the likeliest (Nguyen et al. 2024). Among
 * equal logits the lowest index stays. Logits of -∞ are never chosen. A row that holds +∞ or NaN, or -∞ only,
 * gives `NO_TOKEN`.
 */
export function sample(g: Graph, logits: Tensor, options: SampleOptions = {}): Tensor {
  const { out, counters } = options;
  const where = g.where('sample');
  expectOptions(where, options, { out, counters });
  const [n, v] = rows(logits);
  expectDType(where, logits, 'f32', 'f16');
  if (v > 2 ** 24) {
    throw new ShapeError(where, `a vocabulary of ${v}`, 'f32 counts tokens exactly up to 16,777,216.');
  }
  if (out) {
    expectShape(where, out, [n]);
    expectDType(where, out, 'u32');
  }
  if (counters) {
    expectShape(where, counters, [n]);
    expectDType(where, counters, 'u32');
  }
  const ids = out ?? g.value('ids', [n], 'u32');
  // A barrier costs a software adapter as much as a dozen loads for each four lanes: four lanes, one SIMD group.
  const side = g.device.can.software ? 2 : 16;
  for (const { tensor, from } of g.parts(logits)) {
    const own = tensor.size / v;
    g.dispatch(
      counters ? byCounter : byRow,
      { logits: tensor, ids, ...(counters && { counters }) },
      {
        uniforms: {
          n: own,
          v,
          first: from,
          stream: STREAM,
          // Uniforms, so that compilers do not unroll the loops over them.
          key_levels: 16,
          index_levels: Math.max(1, Math.ceil(Math.log2(v) / 2)),
          cuts: 2,
          side,
        },
        constants: { T: logits.dtype, SIDE: side },
        grid: linearGrid(own),
      },
    );
  }
  return ids;
}
