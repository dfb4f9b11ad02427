/** Sizes of a reference call; tensors are (B, T, H, D), (B, S, G, D), (B, S, G, E) in float64. */
export interface LinearAttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly E: number;
  readonly causal: boolean;
  readonly feature: FeatureMap;
  readonly epsilon?: number;
  readonly lengths?: ArrayLike<number>;
}

export interface FeatureMap {
  value(x: number): number;
  slope(x: number): number;
}

export const features: Readonly<Record<'elu' | 'relu' | 'identity' | 'square', FeatureMap>> = {
  elu: { value: (x) => (x > 0 ? x + 1 : Math.exp(x)), slope: (x) => (x > 0 ? 1 : Math.exp(x)) },
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  identity: { value: (x) => x, slope: () => 1 },
  square: { value: (x) => x * x, slope: (x) => 2 * x },
};

/** The quadratic form: each query row's φ(q)·φ(k_j) over the keys that it sees, and their sum with epsilon. */
function eachRow(
  q: Float64Array,
  k: Float64Array,
  z: LinearAttentionSizes,
  visit: (row: number, keyRow: (j: number) => number, p: Float64Array, total: number) => void,
): void {
  const { B, T, S, heads: H, keyValueHeads: G, D, causal, feature } = z;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        const row = (b * T + t) * H + h;
        const keyRow = (j: number): number => (b * S + j) * G + Math.floor((h * G) / H);
        const p = new Float64Array(Math.min(S, z.lengths?.[b] ?? S, causal ? t + 1 : S));
        for (let j = 0; j < p.length; j++) {
          for (let d = 0; d < D; d++)
            p[j] += feature.value(q[row * D + d]) * feature.value(k[keyRow(j) * D + d]);
        }
        visit(
          row,
          keyRow,
          p,
          p.reduce((x, y) => x + y, z.epsilon ?? 1e-6),
        );
      }
    }
  }
}

export function linearAttentionRef(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  z: LinearAttentionSizes,
): Float64Array {
  const { E } = z;
  const out = new Float64Array((q.length / z.D) * E);
  eachRow(q, k, z, (row, keyRow, p, total) => {
    p.forEach((x, j) => {
      for (let e = 0; e < E; e++) out[row * E + e] += (x / total) * v[keyRow(j) * E + e];
    });
  });
  return out;
}

/** With weights w = p / total: dw = dout vᵀ, dp = (dw - Σ w dw) / total, dφq = dp φk, dφk = dpᵀ φq, dv = wᵀ dout. */
export function linearAttentionRefGrad(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  dout: Float64Array,
  z: LinearAttentionSizes,
): { q: Float64Array; k: Float64Array; v: Float64Array } {
  const { D, E, feature } = z;
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  eachRow(q, k, z, (row, keyRow, p, total) => {
    const dw = p.map((_, j) => {
      let sum = 0;
      for (let e = 0; e < E; e++) sum += dout[row * E + e] * v[keyRow(j) * E + e];
      return sum;
    });
    const mean = dw.reduce((sum, d, j) => sum + (p[j] / total) * d, 0);
    p.forEach((x, j) => {
      const dp = (dw[j] - mean) / total;
      for (let d = 0; d < D; d++) {
        const [qi, ki] = [row * D + d, keyRow(j) * D + d];
        dq[qi] += dp * feature.value(k[ki]) * feature.slope(q[qi]);
        dk[ki] += dp * feature.value(q[qi]) * feature.slope(k[ki]);
      }
      for (let e = 0; e < E; e++) dv[keyRow(j) * E + e] += (x / total) * dout[row * E + e];
    });
  });
  return { q: dq, k: dk, v: dv };
}
