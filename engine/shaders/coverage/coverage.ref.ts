interface Sizes {
  readonly n: number;
  readonly k: number;
  readonly s: number;
  readonly heads: number;
  readonly d: number;
  /** On q·k; 0 stands for 1/√D. */
  readonly factor: number;
}

/** In float64, head by head: (N·K, S) what is covered now, and the sums of its logarithms. */
export function coverageRef(
  x: Readonly<Record<'q' | 'keys' | 'lengths' | 'order' | 'covered', Float64Array>>,
  { n: N, k: K, s: S, heads, d, factor }: Sizes,
): { covered: Float64Array; penalty: Float64Array } {
  const C = heads * d;
  const covered = new Float64Array(N * K * S);
  const penalty = new Float64Array(N * K);
  for (let r = 0; r < N * K; r++) {
    const n = Math.floor(r / K);
    for (let s = 0; s < S; s++) covered[r * S + s] = x.covered[x.order[r] * S + s];
    for (let h = 0; h < heads; h++) {
      const logits = Array.from({ length: x.lengths[n] }, (_, s) => {
        let sum = 0;
        for (let i = 0; i < d; i++) sum += x.q[r * C + h * d + i] * x.keys[(n * S + s) * C + h * d + i];
        return sum * (factor || 1 / Math.sqrt(d));
      });
      const top = Math.max(...logits);
      const all = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
      for (const [s, logit] of logits.entries()) covered[r * S + s] += Math.exp(logit - top) / all / heads;
    }
    for (let s = 0; s < x.lengths[n]; s++) penalty[r] += Math.log(Math.min(1, covered[r * S + s]));
  }
  return { covered, penalty };
}
