/** y[t] = Σ_j weights[t, j] x[t, j]: x (T, K, C), weights (T, K) -> (T, C). */
export function expertSumRef(x: Float64Array, weights: Float64Array, choices: number): Float64Array {
  const c = x.length / weights.length;
  const y = new Float64Array((weights.length / choices) * c);
  weights.forEach((w, pair) => {
    const t = Math.floor(pair / choices);
    for (let i = 0; i < c; i++) y[t * c + i] += w * x[pair * c + i];
  });
  return y;
}

export function expertSumRefGrad(
  x: Float64Array,
  weights: Float64Array,
  dy: Float64Array,
  choices: number,
): { x: Float64Array; weights: Float64Array } {
  const c = x.length / weights.length;
  const d = { x: new Float64Array(x.length), weights: new Float64Array(weights.length) };
  weights.forEach((w, pair) => {
    const t = Math.floor(pair / choices);
    for (let i = 0; i < c; i++) {
      d.x[pair * c + i] = w * dy[t * c + i];
      d.weights[pair] += x[pair * c + i] * dy[t * c + i];
    }
  });
  return d;
}
