/** lengths (B) -> (B, T): first + t of real tokens, `padding` of the others. */
export function textPositionsRef(
  lengths: ArrayLike<number>,
  rows: number,
  first: number,
  padding: number,
): Float64Array {
  return Float64Array.from({ length: lengths.length * rows }, (_, i) =>
    i % rows < lengths[Math.floor(i / rows)] ? first + (i % rows) : padding,
  );
}
