/** b repeats every b.length elements. */
export function subtractRef(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v - b[i % b.length]);
}

export function subtractRefGrad(dy: Float64Array, period: number): { a: Float64Array; b: Float64Array } {
  const db = new Float64Array(period);
  for (let i = 0; i < dy.length; i++) db[i % period] -= dy[i];
  return { a: dy, b: db };
}
