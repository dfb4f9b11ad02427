import type { Activation } from './activation';

/** erfc for x >= 0 by its series (small x) or Lentz's continued fraction (large x): float64 accuracy. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 200; n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = 120; n > 0; n--) fraction = n / 2 / (x + fraction);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
}

const C = Math.sqrt(2 / Math.PI);
const cdf = (x: number): number => erfc(-x / Math.SQRT2) / 2;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** (1 + tanh(u)) / 2 = σ(2u), which does not cancel; this is 2u. */
const gate = (x: number): number => 2 * C * (x + 0.044715 * x ** 3);

const value: Record<Activation, (x: number) => number> = {
  gelu: (x) => x * cdf(x),
  gelu_tanh: (x) => x * sigmoid(gate(x)),
  relu: (x) => Math.max(0, x),
  silu: (x) => x * sigmoid(x),
  tanh: Math.tanh,
  sigmoid,
  gelu_sigmoid: (x) => x * sigmoid(1.702 * x),
};

const slope: Record<Activation, (x: number) => number> = {
  gelu: (x) => cdf(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  gelu_tanh: (x) =>
    sigmoid(gate(x)) + x * sigmoid(gate(x)) * sigmoid(-gate(x)) * 2 * C * (1 + 3 * 0.044715 * x * x),
  relu: (x) => (x <= 0 ? 0 : 1), // of NaN 1, as PyTorch's
  silu: (x) => sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
  tanh: (x) => 4 * sigmoid(2 * x) * sigmoid(-2 * x),
  sigmoid: (x) => sigmoid(x) * sigmoid(-x),
  gelu_sigmoid: (x) => sigmoid(1.702 * x) + 1.702 * x * sigmoid(1.702 * x) * sigmoid(-1.702 * x),
};

export function activationRef(x: Float64Array, kind: Activation): Float64Array {
  return x.map(value[kind]);
}

export function activationRefGrad(x: Float64Array, dy: Float64Array, kind: Activation): Float64Array {
  return x.map((v, i) => dy[i] * slope[kind](v));
}
