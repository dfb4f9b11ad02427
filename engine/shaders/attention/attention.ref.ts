/** Sizes of a reference call; tensors are (B, T, H, D), (B, S, G, D), (B, S, G, D) in float64. */
export interface AttentionSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly causal: boolean;
  readonly scale?: number;
  readonly lengths?: ArrayLike<number>;
  /** Position of query row 0 among the keys; default S - T. */
  readonly start?: number;
}

/** Calls `visit` for each query row with its probabilities, computed in full. */
function eachRow(
  q: Float64Array,
  k: Float64Array,
  z: AttentionSizes,
  visit: (b: number, t: number, h: number, p: Float64Array, lse: number) => void,
): void {
  const { B, T, S, heads: H, keyValueHeads: G, D, causal } = z;
  const scale = z.scale ?? 1 / Math.sqrt(D);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let h = 0; h < H; h++) {
        const g = Math.floor((h * G) / H);
        const end = Math.min(z.lengths?.[b] ?? S, causal ? t + 1 + (z.start ?? S - T) : S);
        const p = new Float64Array(S).fill(-Infinity);
        for (let j = 0; j < end; j++) {
          let sum = 0;
          for (let d = 0; d < D; d++)
            sum += q[((b * T + t) * H + h) * D + d] * k[((b * S + j) * G + g) * D + d];
          p[j] = sum * scale;
        }
        const m = p.reduce((x, y) => Math.max(x, y), -Infinity);
        const l = end > 0 ? p.reduce((x, y) => x + Math.exp(y - m), 0) : 0;
        for (let j = 0; j < S; j++) p[j] = j < end ? Math.exp(p[j] - m) / l : 0;
        visit(b, t, h, p, end > 0 ? m + Math.log(l) : 0);
      }
    }
  }
}

/** softmax(scale q kᵀ + mask) v. */
export function attentionRef(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  z: AttentionSizes,
): Float64Array {
  const { T, S, heads: H, keyValueHeads: G, D } = z;
  const out = new Float64Array(q.length);
  eachRow(q, k, z, (b, t, h, p) => {
    const g = Math.floor((h * G) / H);
    for (let j = 0; j < S; j++) {
      for (let d = 0; d < D; d++)
        out[((b * T + t) * H + h) * D + d] += p[j] * v[((b * S + j) * G + g) * D + d];
    }
  });
  return out;
}

/** dv = pᵀ dout; dp = dout vᵀ; ds = p (dp - Σ p dp); dq = scale ds k; dk = scale dsᵀ q. */
export function attentionRefGrad(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  dout: Float64Array,
  z: AttentionSizes,
): { q: Float64Array; k: Float64Array; v: Float64Array } {
  const { T, S, heads: H, keyValueHeads: G, D } = z;
  const scale = z.scale ?? 1 / Math.sqrt(D);
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  eachRow(q, k, z, (b, t, h, p) => {
    const g = Math.floor((h * G) / H);
    const row = ((b * T + t) * H + h) * D;
    const at = (j: number): number => ((b * S + j) * G + g) * D;
    const dp = new Float64Array(S);
    for (let j = 0; j < S; j++) for (let d = 0; d < D; d++) dp[j] += dout[row + d] * v[at(j) + d];
    const delta = p.reduce((sum, x, j) => sum + x * dp[j], 0);
    for (let j = 0; j < S; j++) {
      const ds = p[j] * (dp[j] - delta) * scale;
      for (let d = 0; d < D; d++) {
        dq[row + d] += ds * k[at(j) + d];
        dk[at(j) + d] += ds * q[row + d];
        dv[at(j) + d] += p[j] * dout[row + d];
      }
    }
  });
  return { q: dq, k: dk, v: dv };
}
