/** Rotates `heads` heads of `width` from column 0 of rows of C; row r stands at `start + r % T`. */
export function ropeRef(
  x: Float64Array,
  z: { T: number; C: number; heads: number; width: number; theta: number; start: number; offset: number },
  sign = 1,
): Float64Array {
  const y = Float64Array.from(x);
  const half = z.width / 2;
  for (let r = 0; r < x.length / z.C; r++) {
    for (let h = 0; h < z.heads; h++) {
      for (let j = 0; j < half; j++) {
        const a = sign * (z.start + (r % z.T)) * z.theta ** ((-2 * j) / z.width);
        const at = r * z.C + z.offset + h * z.width + j;
        y[at] = x[at] * Math.cos(a) - x[at + half] * Math.sin(a);
        y[at + half] = x[at + half] * Math.cos(a) + x[at] * Math.sin(a);
      }
    }
  }
  return y;
}
