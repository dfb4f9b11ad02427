const last = (length: number | ArrayLike<number>, b: number): number =>
  Math.max(1, typeof length === 'number' ? length : length[b]) - 1;

/** x (B, T, C) -> (B, C): row length - 1 of each, `length` being one for all or one for each; 0 counts as 1. */
export function selectRowsRef(
  x: Float64Array,
  time: number,
  c: number,
  length: number | ArrayLike<number>,
): Float64Array {
  const b = x.length / time / c;
  return Float64Array.from({ length: b * c }, (_, i) => {
    const row = Math.floor(i / c);
    return x[(row * time + last(length, row)) * c + (i % c)];
  });
}

/** dy (B, C) -> dx (B, T, C). */
export function selectRowsRefGrad(
  dy: Float64Array,
  time: number,
  c: number,
  length: number | ArrayLike<number>,
): Float64Array {
  const dx = new Float64Array(dy.length * time);
  for (let b = 0; b < dy.length / c; b++)
    dx.set(dy.subarray(b * c, (b + 1) * c), (b * time + last(length, b)) * c);
  return dx;
}
