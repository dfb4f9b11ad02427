/** The first of the largest numbers along the middle axis of x (…, size, inner); NaN counts as the largest. */
export function argmaxRef(x: Float64Array, size: number, inner: number): Float64Array {
  const rank = (v: number): number => (Number.isNaN(v) ? Infinity : v === Infinity ? Number.MAX_VALUE : v);
  return Float64Array.from({ length: x.length / size }, (_, o) => {
    const base = Math.floor(o / inner) * size * inner + (o % inner);
    let place = 0;
    for (let k = 1; k < size; k++) if (rank(x[base + k * inner]) > rank(x[base + place * inner])) place = k;
    return place;
  });
}

/** Where in x the number at place `at[o]` of result o is. */
const index = (at: Float64Array, o: number, size: number, inner: number): number =>
  (Math.floor(o / inner) * size + at[o]) * inner + (o % inner);

export function maxRef(x: Float64Array, size: number, inner: number): Float64Array {
  const at = argmaxRef(x, size, inner);
  return at.map((_, o) => x[index(at, o, size, inner)]);
}

export function maxRefGrad(x: Float64Array, dy: Float64Array, size: number, inner: number): Float64Array {
  const at = argmaxRef(x, size, inner);
  const dx = new Float64Array(x.length);
  dy.forEach((d, o) => (dx[index(at, o, size, inner)] += d));
  return dx;
}
