/** lengths (B) -> (B): each with `rows` more. */
export function lengthsAfterRef(lengths: ArrayLike<number>, rows: number): Float64Array {
  return Float64Array.from(lengths, (length) => length + rows);
}
