import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { normalisation, normalise } from './normalise';

const kernels = normalisation('layernorm');

/**
 * Layer normalisation over the last axis: (x - mean) / √(variance + eps) · weight + bias, with the biased variance.
 * x (…, C) -> (…, C); weight (C); bias (C) or null. Ba, Kiros and Hinton 2016. Throws `ShapeError`.
 */
export function layernorm(g: Graph, x: Tensor, weight: Tensor, bias: Tensor | null, eps = 1e-5): Tensor {
  return normalise(g, kernels, x, weight, bias, { eps, center: true });
}
