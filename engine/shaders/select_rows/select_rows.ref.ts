/** dy (B, C) -> dx (B, T, C): in the row that was taken. */
export function selectRowsRefGrad(
  dy: Float64Array,
  time: number,
  c: number,
  length: number | ArrayLike<number>,
): Float64Array {
  return Float64Array.from({ length: dy.length * time }, (_, i) => {
    const b = Math.floor(i / c / time);
    const last = Math.max(1, typeof length === 'number' ? length : length[b]) - 1;
    return Math.floor(i / c) % time === last ? dy[b * c + (i % c)] : 0;
  });
}

/** x (B, T, C) -> (B, C): row length - 1 of each, `length` being one for all or one for each; 0 counts as 1. */
export function selectRowsRef(
  x: Float64Array,
  time: number,
  c: number,
  length: number | ArrayLike<number>,
): Float64Array {
  const b = x.length / time / c;
  const last = (row: number): number => Math.max(1, typeof length === 'number' ? length : length[row]) - 1;
  return Float64Array.from({ length: b * c }, (_, i) => {
    const row = Math.floor(i / c);
    return x[(row * time + last(row)) * c + (i % c)];
  });
}
