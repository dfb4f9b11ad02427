/** What a head of classes tells of a text. */
import {
  binaryCrossEntropy,
  crossEntropy,
  expectOneOf,
  meanSquaredError,
  type Graph,
  type Tensor,
} from '../engine/index';

/** What a head tells of a text, which says how its loss is made. */
export type Problem = 'single_label_classification' | 'multi_label_classification' | 'regression';

/** The problem that is given, or 'regression' for one label, else 'single_label_classification'. */
export function problemOf(
  where: string,
  labels: readonly string[],
  given: Problem | null | undefined,
): Problem {
  const problem = given ?? (labels.length === 1 ? 'regression' : 'single_label_classification');
  const problems = ['single_label_classification', 'multi_label_classification', 'regression'];
  expectOneOf(where, 'problem', problem, problems);
  return problem;
}

/**
 * As Transformers' `problem_type` says, of scores (B, K): cross-entropy of labels u32 (B), the mean of binary cross-entropies of
 * labels (B, K), or the mean squared error from labels f32 (B, K). -> scalar.
 */
export function problemLoss(g: Graph, problem: Problem, scores: Tensor, labels: Tensor): Tensor {
  if (problem === 'single_label_classification') return crossEntropy(g, scores, labels);
  const loss = problem === 'regression' ? meanSquaredError : binaryCrossEntropy;
  return loss(g, scores, labels.size === scores.size ? g.view(labels, scores.shape) : labels);
}
