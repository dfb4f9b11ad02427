import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, rows, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import { topCandidates } from '../top_candidates/top_candidates';
import backwardWgsl from './backward.wgsl';
import forwardWgsl from './forward.wgsl';

const forward = defineKernel({ name: 'top_experts.forward', wgsl: [forwardWgsl, elementwiseWgsl] });
const backward = defineKernel({ name: 'top_experts.backward', wgsl: [backwardWgsl, elementwiseWgsl] });
const LANES = 64;

/** How many experts a token has, and what their weights add up to. */
export interface TopExpertsOptions {
  /** K: experts of each token, 1 to 128. */
  readonly count: number;
  /** Whether the weights of a token add up to 1 (Mixtral), or are the experts' probabilities as they are (Qwen2-MoE). Default false. */
  readonly normalize?: boolean;
}

/** The experts of each token. */
export interface TopExperts {
  /** u32 (N, K), the likeliest first; of equal ones the lower number. */
  readonly ids: Tensor;
  /** f32 (N, K). */
  readonly weights: Tensor;
}

/**
 * The likeliest experts of each token by softmax(logits), with their weights, through which the router learns (Shazeer et al.
 * 2017). logits (…, E). Which experts are taken has no gradient. Throws `ShapeError` for a count below 1 or above E.
 */
export function topExperts(g: Graph, logits: Tensor, options: TopExpertsOptions): TopExperts {
  const where = g.where('topExperts');
  const { count, normalize = false } = options;
  expectOptions(where, options, { count, normalize });
  expectDType(where, logits, 'f32', 'f16');
  const [tokens, experts] = rows(logits);
  if (!Number.isInteger(count) || count < 1 || count > Math.min(experts, 128)) {
    throw new ShapeError(
      where,
      `${count} experts of ${experts} a token`,
      `Ask for 1 to ${Math.min(experts, 128)}.`,
    );
  }
  const { ids, logProbabilities: logs } = topCandidates(g, logits, { count });
  const weights = g.value('expert weights', [tokens, count], 'f32');
  const chosen = { LANES, PER: 1, NORMALIZE: normalize };
  const grid = (n: number) => linearGrid(Math.ceil(n / LANES));
  g.dispatch(
    forward,
    { logs, weights },
    { uniforms: { n: tokens * count, count }, constants: chosen, grid: grid(tokens * count) },
  );

  g.backward(weights, () => {
    const dlogits = g.sink(logits);
    if (!dlogits) return;
    const n = tokens * experts;
    g.dispatch(
      backward,
      { logits, ids, logs, weights, dweights: g.grad(weights), dlogits: dlogits.tensor },
      {
        uniforms: { n, experts, count },
        constants: {
          ...{ ...chosen, ADD: dlogits.add },
          ...{ T: logits.dtype, D: dlogits.tensor.dtype },
        },
        grid: grid(n),
      },
    );
  });
  return { ids, weights };
}
