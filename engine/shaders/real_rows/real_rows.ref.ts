/** `length` of T rows at most in each of B sequences, all where it is 0. */
export function realRowsRef(B: number, T: number, length: number): Float64Array {
  return new Float64Array(B).fill(length === 0 ? T : Math.min(T, length));
}
