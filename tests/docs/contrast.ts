import { crossEntropy, matmul, mean, normalize, scale, type Graph, type Tensor } from '../../engine/index';

/** Pairs of sentences among each other, as CLIP and sentence encoders train: x, y (B, T, C) -> scalar. */
export function contrast(g: Graph, x: Tensor, y: Tensor, sharpness = 20): Tensor {
  const [a, b] = [x, y].map((rows) => normalize(g, mean(g, rows, 1))); // directions (B, C)
  const cosines = matmul(g, a, b, { transposeB: true }); // of each with each (B, B)
  const own = Uint32Array.from({ length: x.shape[0] }, (_, i) => i);
  return crossEntropy(g, scale(g, cosines, sharpness), g.constant('own', [own.length], own));
}
