/** What a head tells of a text, which says how its loss is made: Transformers' `problem_type`. */
import {
  binaryCrossEntropy,
  crossEntropy,
  expectOneOf,
  meanSquaredError,
  type Graph,
  type Tensor,
} from '../engine/index';

export const PROBLEMS = ['single_label_classification', 'multi_label_classification', 'regression'] as const;
/** What a head tells of a text, Transformers' `problem_type`: one class, several, or numbers. It decides the loss. */
export type Problem = (typeof PROBLEMS)[number];

/** The one that is given, or that so many labels are for. Throws `EngineError` for one that is none. */
export function problemOf(labels: readonly string[], given?: Problem | null): Problem {
  const problem = given ?? (labels.length === 1 ? 'regression' : 'single_label_classification');
  expectOneOf('head', 'problem', problem, PROBLEMS);
  return problem;
}

/**
 * Cross-entropy of labels u32 (B), the mean of binary cross-entropies of labels (B, K), or the mean squared error from
 * labels f32 (B, K). scores (B, K) -> scalar.
 */
export function problemLoss(g: Graph, problem: Problem, scores: Tensor, labels: Tensor): Tensor {
  if (problem === 'single_label_classification') return crossEntropy(g, scores, labels);
  const loss = problem === 'regression' ? meanSquaredError : binaryCrossEntropy;
  return loss(g, scores, labels.size === scores.size ? g.view(labels, scores.shape) : labels);
}
