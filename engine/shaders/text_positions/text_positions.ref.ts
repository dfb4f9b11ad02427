/** lengths (B) -> (B, T): first + t of real tokens, counted back from the last one where `back` says so; `padding` of the others. */
export function textPositionsRef(
  lengths: ArrayLike<number>,
  rows: number,
  first: number,
  padding: number,
  back = false,
): Float64Array {
  return Float64Array.from({ length: lengths.length * rows }, (_, i) => {
    const length = lengths[Math.floor(i / rows)];
    return i % rows < length ? first + (i % rows) - (back ? length - 1 : 0) : padding;
  });
}
