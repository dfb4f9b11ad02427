const LOWEST = -3.4028234663852886e38;

/** Softmax of rows of C; entries that `keep` refuses, and those of -∞ or f32's lowest number, are 0. */
export function softmaxRef(
  x: Float64Array,
  C: number,
  scale: number,
  keep: (row: number, i: number) => boolean,
): Float64Array {
  const y = new Float64Array(x.length);
  const seen = (row: number, i: number): boolean => keep(row, i) && !(x[row * C + i] <= LOWEST);
  for (let row = 0; row < x.length / C; row++) {
    let m = -Infinity;
    for (let i = 0; i < C; i++) if (seen(row, i)) m = Math.max(m, scale * x[row * C + i]);
    let sum = 0;
    for (let i = 0; i < C; i++)
      if (seen(row, i)) sum += y[row * C + i] = Math.exp(scale * x[row * C + i] - m);
    for (let i = 0; i < C; i++) if (sum !== 0) y[row * C + i] /= sum;
  }
  return y;
}

export function softmaxRefGrad(y: Float64Array, dy: Float64Array, C: number, scale: number): Float64Array {
  const dx = new Float64Array(y.length);
  for (let from = 0; from < y.length; from += C) {
    let dot = 0;
    for (let i = from; i < from + C; i++) dot += y[i] * dy[i];
    for (let i = from; i < from + C; i++) dx[i] = scale * y[i] * (dy[i] - dot);
  }
  return dx;
}
