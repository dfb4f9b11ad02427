const LOWEST = -3.4028234663852886e38;

/** Softmax of x (E, h) over rows offsets[n] to offsets[n + 1], by column; entries of -∞ or f32's lowest number are 0. */
export function segmentSoftmaxRef(x: Float64Array, offsets: ArrayLike<number>, h: number): Float64Array {
  const y = new Float64Array(x.length);
  for (let n = 0; n + 1 < offsets.length; n++)
    for (let head = 0; head < h; head++) {
      const [begin, end] = [offsets[n] * h + head, offsets[n + 1] * h];
      let m = -Infinity;
      for (let i = begin; i < end; i += h) m = Math.max(m, x[i]);
      let sum = 0;
      for (let i = begin; i < end; i += h) if (!(x[i] <= LOWEST)) sum += y[i] = Math.exp(x[i] - m);
      for (let i = begin; i < end; i += h) if (sum !== 0) y[i] /= sum;
    }
  return y;
}

export function segmentSoftmaxRefGrad(
  y: Float64Array,
  dy: Float64Array,
  offsets: ArrayLike<number>,
  h: number,
): Float64Array {
  const dx = new Float64Array(y.length);
  for (let n = 0; n + 1 < offsets.length; n++)
    for (let head = 0; head < h; head++) {
      const [begin, end] = [offsets[n] * h + head, offsets[n + 1] * h];
      let sum = 0;
      for (let i = begin; i < end; i += h) sum += y[i] * dy[i];
      for (let i = begin; i < end; i += h) dx[i] = y[i] * (dy[i] - sum);
    }
  return dx;
}
