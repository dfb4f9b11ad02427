/** The experts of tokens, and the rows that pairs of both have. */
export interface ExpertMatmulCase {
  /** (T · K): expert of each pair. */
  readonly ids: ArrayLike<number>;
  readonly choices: number;
  /** N and C of a matrix. */
  readonly n: number;
  readonly c: number;
}

/** y[p] = x[p / K] W_eᵀ for each pair p of a token and its expert e: x (T, C), weight (E, N, C) -> (T · K, N). */
export function expertMatmulRef(
  x: Float64Array,
  weight: Float64Array,
  { ids, choices, n, c }: ExpertMatmulCase,
): Float64Array {
  const y = new Float64Array(ids.length * n);
  for (let p = 0; p < ids.length; p++) {
    const t = Math.floor(p / choices);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < c; j++) y[p * n + i] += x[t * c + j] * weight[(ids[p] * n + i) * c + j];
    }
  }
  return y;
}

export function expertMatmulRefGrad(
  x: Float64Array,
  weight: Float64Array,
  dy: Float64Array,
  { ids, choices, n, c }: ExpertMatmulCase,
): { x: Float64Array; weight: Float64Array } {
  const d = { x: new Float64Array(x.length), weight: new Float64Array(weight.length) };
  for (let p = 0; p < ids.length; p++) {
    const t = Math.floor(p / choices);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < c; j++) {
        d.x[t * c + j] += dy[p * n + i] * weight[(ids[p] * n + i) * c + j];
        d.weight[(ids[p] * n + i) * c + j] += dy[p * n + i] * x[t * c + j];
      }
    }
  }
  return d;
}
