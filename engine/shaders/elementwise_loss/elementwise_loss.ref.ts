/** Σ w loss / Σ w over pairs; each weight is for as many pairs in a row as there are. 0 without any weight. */
function weighted(
  x: Float64Array,
  weights: Float64Array | null,
  loss: (i: number) => number,
): { loss: Float64Array; share: (i: number) => number } {
  const weight = (i: number): number => (weights ? weights[Math.floor((i * weights.length) / x.length)] : 1);
  let [sum, total] = [0, 0];
  x.forEach((_, i) => {
    if (weight(i) !== 0) sum += weight(i) * loss(i);
    total += weight(i);
  });
  return {
    loss: Float64Array.of(total === 0 ? 0 : sum / total),
    share: (i) => (total === 0 ? 0 : weight(i) / total),
  };
}

type Weights = Float64Array | null;

export const squaredErrorRef = (x: Float64Array, t: Float64Array, w: Weights): Float64Array =>
  weighted(x, w, (i) => (x[i] - t[i]) ** 2).loss;

export function squaredErrorRefGrad(
  x: Float64Array,
  t: Float64Array,
  w: Weights,
  dloss: number,
): Float64Array {
  const { share } = weighted(x, w, () => 0);
  return x.map((v, i) => dloss * share(i) * 2 * (v - t[i]));
}

export const binaryCrossEntropyRef = (x: Float64Array, t: Float64Array, w: Weights): Float64Array =>
  weighted(x, w, (i) => Math.max(x[i], 0) - x[i] * t[i] + Math.log1p(Math.exp(-Math.abs(x[i])))).loss;

export function binaryCrossEntropyRefGrad(
  x: Float64Array,
  t: Float64Array,
  w: Weights,
  dloss: number,
): Float64Array {
  const { share } = weighted(x, w, () => 0);
  return x.map((v, i) => dloss * share(i) * (1 / (1 + Math.exp(-v)) - t[i]));
}
