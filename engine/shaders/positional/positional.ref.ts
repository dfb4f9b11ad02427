export function addPositionsRef(
  x: Float64Array,
  table: Float64Array,
  T: number,
  C: number,
  start: number,
): Float64Array {
  return x.map((v, at) => v + table[(start + (Math.floor(at / C) % T)) * C + (at % C)]);
}

export function addPositionsRefGrad(
  dy: Float64Array,
  size: number,
  T: number,
  C: number,
  start: number,
): { x: Float64Array; table: Float64Array } {
  const table = new Float64Array(size);
  dy.forEach((d, at) => (table[(start + (Math.floor(at / C) % T)) * C + (at % C)] += d));
  return { x: dy, table };
}
