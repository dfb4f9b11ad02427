/** The row of the first of the largest numbers of each segment, by column; -1 for a segment of none. x (E, c) -> (N, c). */
function places(x: Float64Array, offsets: ArrayLike<number>, c: number): Int32Array {
  const at = new Int32Array((offsets.length - 1) * c).fill(-1);
  for (let n = 0; n + 1 < offsets.length; n++)
    for (let e = offsets[n]; e < offsets[n + 1]; e++)
      for (let i = n * c; i < (n + 1) * c; i++)
        if (at[i] < 0 || x[e * c + i - n * c] > x[at[i] * c + i - n * c]) at[i] = e;
  return at;
}

/** 0 for a segment of none. */
export function segmentMaxRef(x: Float64Array, offsets: ArrayLike<number>, c: number): Float64Array {
  return Float64Array.from(places(x, offsets, c), (e, i) => (e < 0 ? 0 : x[e * c + (i % c)]));
}

export function segmentMaxRefGrad(
  x: Float64Array,
  dy: Float64Array,
  offsets: ArrayLike<number>,
  c: number,
): Float64Array {
  const dx = new Float64Array(x.length);
  for (const [i, e] of places(x, offsets, c).entries()) if (e >= 0) dx[e * c + (i % c)] += dy[i];
  return dx;
}
