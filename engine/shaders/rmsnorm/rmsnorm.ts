import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { normalisation, normalise } from '../layernorm/normalise';

const kernels = normalisation('rmsnorm');

/**
 * x / √(mean(x²) + eps) · weight over the last axis: layernorm's kernels without mean and bias.
 * x (…, C) -> (…, C); weight (C). Zhang and Sennrich 2019. Throws `ShapeError`.
 */
export function rmsnorm(g: Graph, x: Tensor, weight: Tensor, eps = 1e-6): Tensor {
  return normalise(g, kernels, x, weight, null, { eps, center: false });
}
