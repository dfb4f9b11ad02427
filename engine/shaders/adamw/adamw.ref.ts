interface Settings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

interface State {
  readonly weights: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Step `t` (from 1) as Loshchilov and Hutter 2019, algorithm 2, with a schedule multiplier inside `learningRate`. */
export function adamwRef(
  state: State,
  gradients: Float64Array,
  t: number,
  scale: number,
  s: Settings,
): State {
  if (scale === 0) return state;
  const g = gradients.map((x) => scale * x);
  const first = state.first.map((m, i) => s.beta1 * m + (1 - s.beta1) * g[i]);
  const second = state.second.map((v, i) => s.beta2 * v + (1 - s.beta2) * g[i] ** 2);
  const weights = state.weights.map((p, i) => {
    const unbiased1 = first[i] / (1 - s.beta1 ** t);
    const unbiased2 = second[i] / (1 - s.beta2 ** t);
    return p - s.learningRate * (unbiased1 / (Math.sqrt(unbiased2) + s.epsilon) + s.weightDecay * p);
  });
  return { weights, first, second };
}
