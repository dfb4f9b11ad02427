import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import binaryCrossEntropyWgsl from './binary_cross_entropy.wgsl';
import { meanLoss, meanLossKernels, type MeanLossOptions } from './mean_loss';
import squaredErrorWgsl from './squared_error.wgsl';

export type { MeanLossOptions } from './mean_loss';

const squaredError = meanLossKernels('meanSquaredError', squaredErrorWgsl);
const crossEntropies = meanLossKernels('binaryCrossEntropy', binaryCrossEntropyWgsl);

/**
 * Mean of (x - t)² over all numbers, in f32: predictions (…), targets (…) -> scalar. With weights, Σ w (x - t)² / Σ w, and
 * 0 where all weights are; without, `torch.nn.functional.mse_loss`. Targets may have gradients, too. Throws `ShapeError`
 * where shapes do not fit, `KernelError` where weights want a gradient.
 */
export function meanSquaredError(
  g: Graph,
  predictions: Tensor,
  targets: Tensor,
  options: MeanLossOptions = {},
): Tensor {
  return meanLoss(g, squaredError, predictions, targets, options, true);
}

/**
 * Mean of the cross-entropies of independent yes-or-no answers, in f32: logits (…), targets (…), probabilities from 0 to 1
 * or u32 labels 0 and 1, -> scalar. With weights it is Σ w loss / Σ w, and 0 where all weights are; without,
 * `torch.nn.functional.binary_cross_entropy_with_logits`. Logits of any size are fine; one of ±∞ that is right costs 0, one
 * that is wrong ∞. Throws `ShapeError` where shapes do not fit, `KernelError` where targets or weights want a gradient.
 */
export function binaryCrossEntropy(
  g: Graph,
  logits: Tensor,
  targets: Tensor,
  options: MeanLossOptions = {},
): Tensor {
  return meanLoss(g, crossEntropies, logits, targets, options, false);
}
