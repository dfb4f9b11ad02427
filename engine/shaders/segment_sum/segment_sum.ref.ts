/** y[n] = Σ x over rows offsets[n] to offsets[n + 1], or their mean. x (E, c) -> (N, c). */
export function segmentSumRef(
  x: Float64Array,
  offsets: ArrayLike<number>,
  c: number,
  mean = false,
): Float64Array {
  const y = new Float64Array((offsets.length - 1) * c);
  for (let n = 0; n + 1 < offsets.length; n++) {
    const factor = mean ? 1 / Math.max(1, offsets[n + 1] - offsets[n]) : 1;
    for (let e = offsets[n]; e < offsets[n + 1]; e++)
      for (let i = 0; i < c; i++) y[n * c + i] += factor * x[e * c + i];
  }
  return y;
}

export function segmentSumRefGrad(
  dy: Float64Array,
  offsets: ArrayLike<number>,
  c: number,
  mean = false,
): Float64Array {
  const dx = new Float64Array(offsets[offsets.length - 1] * c);
  for (let n = 0; n + 1 < offsets.length; n++) {
    const factor = mean ? 1 / Math.max(1, offsets[n + 1] - offsets[n]) : 1;
    for (let e = offsets[n]; e < offsets[n + 1]; e++)
      for (let i = 0; i < c; i++) dx[e * c + i] = factor * dy[n * c + i];
  }
  return dx;
}
