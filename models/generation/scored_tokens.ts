/** What a model makes of the tokens that are chosen. */
import { NO_TOKEN, topCandidates, type Graph, type Plan, type Tensor } from '../../engine/index';
import type { ScoredToken } from './generate_options';

export type Scores = Omit<ScoredToken, 'id'>;

/** Log-probabilities of the token that was chosen, and of the likeliest. */
export function score(g: Graph, logits: Tensor, token: Tensor, alternatives: number): Record<string, Tensor> {
  const { logProbabilities: chosen } = topCandidates(g, logits, { count: 1, only: token });
  if (alternatives === 0) return { chosen };
  const { ids: likeliest, logProbabilities: likelihoods } = topCandidates(g, logits, { count: alternatives });
  return { chosen, likeliest, likelihoods };
}

export async function readScores(plan: Plan, alternatives: number): Promise<Scores> {
  const [[logProbability], ids, logs] = await Promise.all([
    plan.read('chosen'),
    alternatives > 0 ? plan.readIntegers('likeliest') : [],
    alternatives > 0 ? plan.read('likelihoods') : [],
  ]);
  const likeliest = Array.from(ids, (id, i) => ({ id, logProbability: logs[i] }));
  return { logProbability, alternatives: likeliest.filter(({ id }) => id !== NO_TOKEN) };
}
