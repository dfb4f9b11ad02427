import type { EdgeList } from '../aggregate/aggregate.ref';

/** y[e, h] = Σ a[source[e], h] b[of[e], h]. */
export function edgeDotRef(
  a: Float64Array,
  b: Float64Array,
  { source, of }: EdgeList,
  heads: number,
  width: number,
): Float64Array {
  const c = heads * width;
  const y = new Float64Array(source.length * heads);
  for (let e = 0; e < source.length; e++)
    for (let i = 0; i < c; i++)
      y[e * heads + Math.floor(i / width)] += a[source[e] * c + i] * b[of[e] * c + i];
  return y;
}

export function edgeDotRefGrad(
  a: Float64Array,
  b: Float64Array,
  dy: Float64Array,
  { source, of }: EdgeList,
  heads: number,
  width: number,
): { a: Float64Array; b: Float64Array } {
  const c = heads * width;
  const [da, db] = [new Float64Array(a.length), new Float64Array(b.length)];
  for (let e = 0; e < source.length; e++)
    for (let i = 0; i < c; i++) {
      const d = dy[e * heads + Math.floor(i / width)];
      da[source[e] * c + i] += d * b[of[e] * c + i];
      db[of[e] * c + i] += d * a[source[e] * c + i];
    }
  return { a: da, b: db };
}
