/** See importance.wgsl. */
export function importanceRef(
  weights: Float64Array,
  gradients: Float64Array,
  state: { readonly importance: Float64Array; readonly uncertainty: Float64Array },
  scale: number,
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): { readonly importance: Float64Array; readonly uncertainty: Float64Array } {
  const s = weights.map((w, i) => Math.abs(w * gradients[i] * scale));
  const importance = state.importance.map((before, i) => beta1 * before + (1 - beta1) * s[i]);
  const uncertainty = state.uncertainty.map(
    (before, i) => beta2 * before + (1 - beta2) * Math.abs(s[i] - importance[i]),
  );
  return { importance, uncertainty };
}

/** 1 for scores above the `drop`th smallest, else 0. */
export function keepLargestRef(scores: Float64Array, drop: number): Float64Array {
  const threshold = drop > 0 ? Float64Array.from(scores).sort()[drop - 1] : -Infinity;
  return scores.map((score) => (score > threshold ? 1 : 0));
}

const fromIdentity = (m: Float64Array, rank: number): Float64Array =>
  m.map((x, i) => x - (Math.floor(i / rank) === i % rank ? 1 : 0));

/** ‖m - I‖ of m (R, R). */
export const identityDistanceRef = (m: Float64Array, rank: number): Float64Array =>
  Float64Array.of(Math.hypot(...fromIdentity(m, rank)));

/** Its gradient. */
export function identityDistanceRefGrad(m: Float64Array, rank: number, dy: number): Float64Array {
  const [norm] = identityDistanceRef(m, rank);
  return fromIdentity(m, rank).map((d) => (norm === 0 ? 0 : (dy * d) / norm));
}
