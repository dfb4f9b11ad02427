/** Sizes of a reference call: q (B, T, H, D), k and v (B, S, G, D) by position, in float64. */
export interface DecodeSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  /** Position of each sequence's query row 0. */
  readonly starts: readonly number[];
  readonly scale?: number;
  readonly window?: number;
  readonly sinks?: number;
  readonly softcap?: number;
  /** Added to the logit of head h for a key so many positions back. */
  readonly bias?: (h: number, back: number) => number;
  /** Every row sees this many keys instead. */
  readonly lengths?: readonly number[];
}

/**
 * Attention over a history kept by position: knows nothing of slots, splits or blocks. (B, T, H, D). With `round` =
 * Math.fround it is plain f32: every operation rounded; with `store` what goes to memory too (scores, capped and biased
 * ones, probabilities, the output).
 */
export function decodeRef(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  z: DecodeSizes,
  round: (x: number) => number = (x) => x,
  store: (x: number) => number = (x) => x,
): Float64Array {
  const { B, T, S, heads: H, keyValueHeads: G, D, window = Infinity, sinks = 0, softcap } = z;
  const out = new Float64Array(B * T * H * D);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const own = z.starts[b] + t;
      const sees = (j: number): boolean =>
        z.lengths ? j < z.lengths[b] : j <= own && (j < sinks || own - j < window);
      const visible = Array.from({ length: S }, (_, j) => j).filter(sees);
      for (let h = 0; h < H; h++) {
        const g = Math.floor((h * G) / H);
        const row = ((b * T + t) * H + h) * D;
        const at = (j: number): number => ((b * S + j) * G + g) * D;
        const logits = visible.map((j) => {
          let sum = 0;
          for (let d = 0; d < D; d++) sum = round(sum + round(q[row + d] * k[at(j) + d]));
          sum = store(round(sum * round(z.scale ?? 1 / Math.sqrt(D))));
          if (softcap !== undefined) sum = store(round(softcap * round(Math.tanh(round(sum / softcap)))));
          return z.bias ? store(round(sum + z.bias(h, own - j))) : sum;
        });
        const most = Math.max(...logits);
        if (most === -Infinity) continue; // nothing is seen
        const weights = logits.map((x) => round(Math.exp(round(x - most))));
        const total = weights.reduce((x, y) => round(x + y), 0);
        visible.forEach((j, n) => {
          const p = store(round(weights[n] / total));
          for (let d = 0; d < D; d++) out[row + d] = round(out[row + d] + round(p * v[at(j) + d]));
        });
      }
    }
  }
  return out.map((x) => store(x));
}
