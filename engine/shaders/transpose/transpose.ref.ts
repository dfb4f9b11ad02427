/** x (P, I, Q, J, R) -> (P, J, Q, I, R). */
export function transposeRef(
  x: Float64Array,
  { i: I, q: Q, j: J, r: R }: { i: number; q: number; j: number; r: number },
): Float64Array {
  const y = new Float64Array(x.length);
  const P = x.length / (I * Q * J * R);
  let from = 0;
  for (let p = 0; p < P; p++)
    for (let i = 0; i < I; i++)
      for (let q = 0; q < Q; q++)
        for (let j = 0; j < J; j++)
          for (let r = 0; r < R; r++) y[(((p * J + j) * Q + q) * I + i) * R + r] = x[from++];
  return y;
}
