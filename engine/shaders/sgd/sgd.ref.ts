export interface SGDState {
  readonly weights: Float64Array;
  readonly first: Float64Array;
}

/** Step t, 1 first; `scale` is the clip's. */
export function sgdRef(
  { weights, first }: SGDState,
  gradient: Float64Array,
  t: number,
  scale: number,
  s: { lr: number; momentum: number; dampening: number; nesterov: boolean; weightDecay: number },
): SGDState {
  const d = gradient.map((g, i) => g * scale + s.weightDecay * weights[i]);
  if (s.momentum === 0) return { weights: weights.map((p, i) => p - s.lr * d[i]), first };
  const m = first.map((v, i) => s.momentum * v + (t === 1 ? 1 : 1 - s.dampening) * d[i]);
  const step = s.nesterov ? d.map((v, i) => v + s.momentum * m[i]) : m;
  return { weights: weights.map((p, i) => p - s.lr * step[i]), first: m };
}
