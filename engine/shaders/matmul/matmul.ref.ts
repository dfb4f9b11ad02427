/** Float64 matrix products by definition; same options as `matmul`. */
export interface MatmulSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** b is one matrix for the whole batch. */
  readonly shared: boolean;
}

const aAt = (s: MatmulSizes, z: number, i: number, k: number): number =>
  z * s.m * s.k + (s.transposeA ? k * s.m + i : i * s.k + k);
const bAt = (s: MatmulSizes, z: number, k: number, j: number): number =>
  (s.shared ? 0 : z * s.k * s.n) + (s.transposeB ? j * s.k + k : k * s.n + j);

/** z = a b + bias. a (batch, M, K), b (batch or 1, K, N), bias (N) -> (batch, M, N) */
export function matmulRef(
  s: MatmulSizes,
  a: Float64Array,
  b: Float64Array,
  bias?: Float64Array,
): Float64Array {
  const y = new Float64Array(s.batch * s.m * s.n);
  for (let z = 0; z < s.batch; z++) {
    for (let i = 0; i < s.m; i++) {
      for (let j = 0; j < s.n; j++) {
        let sum = bias ? bias[j] : 0;
        for (let k = 0; k < s.k; k++) sum += a[aAt(s, z, i, k)] * b[bAt(s, z, k, j)];
        y[(z * s.m + i) * s.n + j] = sum;
      }
    }
  }
  return y;
}

/** Gradients of a, b and bias from dz, one multiplication of the forward pass after the other. */
export function matmulRefGrad(
  s: MatmulSizes,
  a: Float64Array,
  b: Float64Array,
  dz: Float64Array,
): { a: Float64Array; b: Float64Array; bias: Float64Array } {
  const da = new Float64Array(a.length);
  const db = new Float64Array(b.length);
  const dbias = new Float64Array(s.n);
  for (let z = 0; z < s.batch; z++) {
    for (let i = 0; i < s.m; i++) {
      for (let j = 0; j < s.n; j++) {
        const d = dz[(z * s.m + i) * s.n + j];
        dbias[j] += d;
        for (let k = 0; k < s.k; k++) {
          da[aAt(s, z, i, k)] += d * b[bAt(s, z, k, j)];
          db[bAt(s, z, k, j)] += d * a[aAt(s, z, i, k)];
        }
      }
    }
  }
  return { a: da, b: db, bias: dbias };
}
