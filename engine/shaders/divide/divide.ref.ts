/** b repeats every b.length elements. */
export function divideRef(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((v, i) => v / b[i % b.length]);
}

export function divideRefGrad(
  a: Float64Array,
  b: Float64Array,
  dy: Float64Array,
): { a: Float64Array; b: Float64Array } {
  const db = new Float64Array(b.length);
  for (let i = 0; i < a.length; i++) db[i % b.length] -= (dy[i] * a[i]) / b[i % b.length] ** 2;
  return { a: dy.map((v, i) => v / b[i % b.length]), b: db };
}
