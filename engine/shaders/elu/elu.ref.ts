/** y = x, below 0 slope x, or with `smooth` slope (e^x - 1). */
export function eluRef(x: Float64Array, slope: number, smooth: boolean): Float64Array {
  return x.map((v) => (v > 0 ? v : slope * (smooth ? Math.expm1(v) : v)));
}

export function eluRefGrad(x: Float64Array, dy: Float64Array, slope: number, smooth: boolean): Float64Array {
  return x.map((v, i) => dy[i] * (v > 0 ? 1 : slope * (smooth ? Math.exp(v) : 1)));
}
