export function addPositionsRef(
  x: Float64Array,
  table: Float64Array,
  T: number,
  C: number,
  start: number | ArrayLike<number>,
): Float64Array {
  return x.map((v, at) => v + table[position(at, T, C, start) * C + (at % C)]);
}

export function addPositionsRefGrad(
  dy: Float64Array,
  size: number,
  T: number,
  C: number,
  start: number | ArrayLike<number>,
): { x: Float64Array; table: Float64Array } {
  const table = new Float64Array(size);
  dy.forEach((d, at) => (table[position(at, T, C, start) * C + (at % C)] += d));
  return { x: dy, table };
}

/** Of number `at` of x (B, T, C), whose sequences begin at `start`, one for all or one for each. */
function position(at: number, T: number, C: number, start: number | ArrayLike<number>): number {
  const row = Math.floor(at / C);
  return (typeof start === 'number' ? start : start[Math.floor(row / T)]) + (row % T);
}
