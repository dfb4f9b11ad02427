/**
 * Rotates `heads` heads of `width` from column `offset` of rows of C; row r stands at `start + r % T`, and starts[b]
 * further. `frequencies` has one number for each pair that rotates.
 */
export function ropeRef(
  x: Float64Array,
  z: {
    T: number;
    C: number;
    heads: number;
    width: number;
    start: number;
    starts?: ArrayLike<number>;
    offset: number;
    frequencies: ArrayLike<number>;
    attentionFactor?: number;
    adjacent?: boolean;
    /** Applied after every operation. */
    round?: (x: number) => number;
  },
  sign = 1,
): Float64Array {
  const y = Float64Array.from(x);
  const half = z.frequencies.length;
  const { attentionFactor: factor = 1, round: f = (x: number) => x } = z;
  for (let r = 0; r < x.length / z.C; r++) {
    for (let h = 0; h < z.heads; h++) {
      for (let j = 0; j < half; j++) {
        const a = sign * (z.start + (z.starts?.[Math.floor(r / z.T)] ?? 0) + (r % z.T)) * z.frequencies[j];
        const head = r * z.C + z.offset + h * z.width;
        const [first, second] = z.adjacent ? [head + 2 * j, head + 2 * j + 1] : [head + j, head + j + half];
        const [cosine, sine] = [f(factor * Math.cos(a)), f(factor * Math.sin(a))];
        y[first] = f(f(x[first] * cosine) - f(x[second] * sine));
        y[second] = f(f(x[second] * cosine) + f(x[first] * sine));
      }
    }
  }
  return y;
}

/** θ^(-2j/width), the frequencies of the paper. */
export const ropeFrequenciesRef = (width: number, theta: number): number[] =>
  Array.from({ length: width / 2 }, (_, j) => 1 / Math.pow(theta, (2 * j) / width));
