/** y = -e^rate softplus(x + bias); x (…, N), rate and bias (N). */
export function decayGateRef(x: Float64Array, rate: Float64Array, bias: Float64Array): Float64Array {
  const N = rate.length;
  return x.map((v, i) => {
    const z = v + bias[i % N];
    return -Math.exp(rate[i % N]) * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
  });
}

export function decayGateRefGrad(
  x: Float64Array,
  rate: Float64Array,
  bias: Float64Array,
  dy: Float64Array,
): Record<'x' | 'rate' | 'bias', Float64Array> {
  const N = rate.length;
  const y = decayGateRef(x, rate, bias);
  const d = { x: new Float64Array(x.length), rate: new Float64Array(N), bias: new Float64Array(N) };
  dy.forEach((v, i) => {
    d.x[i] = (-v * Math.exp(rate[i % N])) / (1 + Math.exp(-x[i] - bias[i % N]));
    d.bias[i % N] += d.x[i];
    d.rate[i % N] += v * y[i];
  });
  return d;
}
