/** The likeliest token of each row of V logits that is not banned. */
export function bestAllowedRef(logits: Float64Array, v: number, bans: ArrayLike<number>): Float64Array {
  const n = logits.length / v;
  const m = bans.length / n;
  return Float64Array.from({ length: n }, (_, r) => {
    const banned = new Set(Array.from({ length: m }, (_unused, i) => bans[r * m + i]));
    let best = -1;
    for (let i = 0; i < v; i++) {
      if (!banned.has(i) && (best < 0 || logits[r * v + i] > logits[r * v + best])) best = i;
    }
    return best;
  });
}
