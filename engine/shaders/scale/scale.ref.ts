/** Also its own gradient: dx = factor dy. */
export function scaleRef(x: Float64Array, factor: number): Float64Array {
  return x.map((v) => factor * v);
}
