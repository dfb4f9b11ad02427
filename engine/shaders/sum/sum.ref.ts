/** Σ over the middle axis of x (…, size, inner), times a factor. */
export function sumRef(x: Float64Array, size: number, inner: number, factor = 1): Float64Array {
  const y = new Float64Array(x.length / size);
  x.forEach((v, i) => (y[Math.floor(i / (size * inner)) * inner + (i % inner)] += factor * v));
  return y;
}

export function sumRefGrad(dy: Float64Array, size: number, inner: number, factor = 1): Float64Array {
  return Float64Array.from(
    { length: dy.length * size },
    (_, i) => factor * dy[Math.floor(i / (size * inner)) * inner + (i % inner)],
  );
}
