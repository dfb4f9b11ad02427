/** Of each row of C: its numbers, and max(‖x‖, eps). */
function lengths(x: Float64Array, c: number, eps: number): { length: number; clamped: boolean }[] {
  return Array.from({ length: x.length / c }, (_, n) => {
    const length = Math.hypot(...x.subarray(n * c, (n + 1) * c));
    return { length: length <= eps ? eps : length, clamped: length <= eps };
  });
}

export function normalizeRef(x: Float64Array, c: number, eps: number): Float64Array {
  const rows = lengths(x, c, eps);
  return x.map((v, i) => v / rows[Math.floor(i / c)].length);
}

export function normalizeRefGrad(x: Float64Array, dy: Float64Array, c: number, eps: number): Float64Array {
  const y = normalizeRef(x, c, eps);
  return lengths(x, c, eps).reduce((dx, { length, clamped }, n) => {
    let dot = 0;
    for (let i = n * c; i < (n + 1) * c; i++) dot += y[i] * dy[i];
    for (let i = n * c; i < (n + 1) * c; i++) dx[i] = (dy[i] - (clamped ? 0 : y[i] * dot)) / length;
    return dx;
  }, new Float64Array(x.length));
}
