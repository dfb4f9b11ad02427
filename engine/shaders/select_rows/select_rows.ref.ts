/** x (B, T, C) -> (B, C): row length - 1 of each. */
export function selectRowsRef(x: Float64Array, time: number, c: number, length: number): Float64Array {
  const b = x.length / time / c;
  return Float64Array.from(
    { length: b * c },
    (_, i) => x[(Math.floor(i / c) * time + length - 1) * c + (i % c)],
  );
}
