/** Indices of x (outer, size, inner) that entries [start, start + length) of its middle axis come from, in order. */
export function sliceIndices(
  outer: number,
  size: number,
  inner: number,
  start: number,
  length: number,
): number[] {
  const out: number[] = [];
  for (let o = 0; o < outer; o++) {
    for (let k = start; k < start + length; k++) {
      for (let i = 0; i < inner; i++) out.push((o * size + k) * inner + i);
    }
  }
  return out;
}

/** Index in x (N, H, D) of each number of y (H, N, D), in order. */
export function headsFirstIndices(N: number, H: number, D: number): number[] {
  const out: number[] = [];
  for (let h = 0; h < H; h++) {
    for (let n = 0; n < N; n++) {
      for (let d = 0; d < D; d++) out.push((n * H + h) * D + d);
    }
  }
  return out;
}

export const gather = (x: Float64Array, indices: readonly number[]): Float64Array =>
  Float64Array.from(indices, (i) => x[i]);

/** Backward of `gather`. */
export function scatter(dy: Float64Array, indices: readonly number[], size: number): Float64Array {
  const dx = new Float64Array(size);
  for (const [at, i] of indices.entries()) dx[i] += dy[at];
  return dx;
}
