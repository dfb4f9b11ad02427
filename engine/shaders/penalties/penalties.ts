import { expectOptions } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectAxes, expectDType, expectShape, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectNoGradient } from '../lib/inference';
import keysWgsl from '../sampling/keys.wgsl';
import reduceWgsl from '../sampling/reduce.wgsl';
import countTokensWgsl from './count_tokens.wgsl';
import logProbabilitiesWgsl from './log_probabilities.wgsl';
import penalizeWgsl from './penalize.wgsl';

const penalizing = defineKernel({ name: 'penalize', wgsl: [penalizeWgsl] });
const counting = defineKernel({ name: 'count_tokens', wgsl: [countTokensWgsl] });
const normalizing = defineKernel({
  name: 'log_probabilities',
  wgsl: [keysWgsl, reduceWgsl, logProbabilitiesWgsl],
});
const LANES = 64;

/** The tokens of each row so far. */
export interface SeenTokens {
  /** u32 (N, M): different ids, then `NO_TOKEN` where there are fewer than M. */
  readonly ids: Tensor;
  /** u32 (N, M): how often each was made; 0 for those of the prompt only. */
  readonly counts: Tensor;
}

/**
 * Makes tokens that were there before less likely, in place, in logits (…, V) of N rows. `penalties` is f32 (3):
 *
 * 1. repetition, above 0, for all of `ids`: logits below 0 are multiplied by it, others divided (Keskar et al. 2019,
 *    Transformers' repetition_penalty); 1 is none;
 * 2. presence, subtracted from those made at least once (OpenAI's presence_penalty); 0 is none;
 * 3. frequency, subtracted as many times as they were made (OpenAI's frequency_penalty); 0 is none.
 *
 * For inference: throws `KernelError` where logits want a gradient.
 */
export function penalize(g: Graph, logits: Tensor, seen: SeenTokens, penalties: Tensor): void {
  const where = g.where('penalize');
  const [n, v] = rows(logits);
  const { ids, counts } = seen;
  expectOptions(where, seen, { ids, counts });
  expectChangeable(g, where, logits);
  const m = ids.size / n;
  for (const x of [ids, counts]) {
    expectShape(where, x, [n, m]);
    expectDType(where, x, 'u32');
  }
  expectShape(where, penalties, [3]);
  expectDType(where, penalties, 'f32');
  for (const { tensor, from } of g.parts(logits)) {
    const own = tensor.size / v;
    g.dispatch(
      penalizing,
      { logits: tensor, ids, counts, penalties },
      {
        uniforms: { n: own, v, first: from, m },
        constants: { LANES, T: logits.dtype },
        grid: linearGrid(Math.ceil((own * m) / LANES)),
        bytes: 2 * ids.bytes,
      },
    );
  }
}

/**
 * Counts the tokens u32 (N) of a step in `seen`, state that goes on from run to run: each adds 1 where its row has its id, or
 * takes the first free place. Tokens that find none are left out: give as many places as there can be different tokens.
 */
export function countTokens(g: Graph, tokens: Tensor, seen: SeenTokens): void {
  const where = g.where('countTokens');
  const { ids, counts } = seen;
  expectOptions(where, seen, { ids, counts });
  expectDType(where, tokens, 'u32');
  expectAxes(where, ids, 'N, M');
  const [, m] = ids.shape;
  for (const x of [ids, counts]) {
    expectShape(where, x, [tokens.size, m]);
    expectDType(where, x, 'u32');
  }
  g.dispatch(
    counting,
    { tokens, ids, counts },
    { uniforms: { m, lanes: LANES }, constants: { LANES }, grid: [tokens.size] },
  );
}

/**
 * Logits (…, V) become the logarithms of their probabilities, in place: what beam search penalises in Transformers. For
 * inference: throws `KernelError` where logits want a gradient.
 */
export function logProbabilities(g: Graph, logits: Tensor): void {
  const where = g.where('logProbabilities');
  const [, v] = rows(logits);
  expectChangeable(g, where, logits);
  // As in `sample`: a barrier is dear on software adapters, so a row gets one SIMD group there.
  const side = g.device.can.software ? 2 : 16;
  for (const { tensor } of g.parts(logits)) {
    const own = tensor.size / v;
    g.dispatch(
      normalizing,
      { logits: tensor },
      {
        uniforms: { n: own, v, side },
        constants: { T: logits.dtype, SIDE: side },
        grid: linearGrid(own),
      },
    );
  }
}

function expectChangeable(g: Graph, where: string, logits: Tensor): void {
  expectDType(where, logits, 'f32', 'f16');
  expectNoGradient(g, where, logits);
}
