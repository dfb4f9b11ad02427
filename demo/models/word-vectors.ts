/**
 * Vectors of tokens from counts of which stand near each other: what a small model that sees few texts would need most of them to find
 * out. Positive pointwise mutual information, factorised (Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix
 * Factorization"), with the context's smoothing of Levy, Goldberg and Dagan 2015.
 */
import { Random } from '../../checks/data';

export interface VectorSettings {
  /** V: ids are below it. */
  readonly vocabulary: number;
  /** C: numbers of a vector. */
  readonly width: number;
  /** Tokens at either side that count, the nearest most. Default 5. */
  readonly window?: number;
  /** Root mean square of the numbers of a vector. */
  readonly scale: number;
  readonly seed?: number;
}

const ROUNDS = 6;
/** Of counts of contexts, so that rare ones do not weigh too much. */
const SMOOTHING = 0.75;

/** (V, C): rows of tokens in like surroundings point alike. Tokens that are nowhere in the texts have small random rows. */
export function wordVectors(
  texts: Iterable<readonly number[]>,
  { vocabulary: V, width: C, window = 5, scale, seed = 1 }: VectorSettings,
): Float32Array {
  const m = information(texts, V, window);
  const random = new Random(seed);
  let basis = orthonormal(
    Float64Array.from({ length: V * C }, () => random.normal()),
    V,
    C,
  );
  for (let round = 0; round < ROUNDS; round++) basis = orthonormal(times(m, basis, V, C), V, C);
  // Within the basis the matrix is small: (C, C).
  const product = times(m, basis, V, C);
  const small = new Float64Array(C * C);
  for (let row = 0; row < V; row++)
    for (let i = 0; i < C; i++)
      for (let j = 0; j < C; j++) small[i * C + j] += basis[row * C + i] * product[row * C + j];
  const { values, vectors } = eigen(small, C);
  const rows = new Float32Array(V * C);
  for (let row = 0; row < V; row++) {
    let square = 0;
    for (let k = 0; k < C; k++) {
      let sum = 0;
      for (let i = 0; i < C; i++) sum += basis[row * C + i] * vectors[i * C + k];
      const x = sum * Math.sqrt(Math.abs(values[k]));
      rows[row * C + k] = x;
      square += x * x;
    }
    const norm = Math.sqrt(square / C);
    for (let k = 0; k < C; k++)
      rows[row * C + k] = norm > 1e-9 ? (rows[row * C + k] * scale) / norm : 0.1 * scale * random.normal();
  }
  return rows;
}

/** (V, V), symmetric: log of how much oftener two tokens stand near each other than chance has it, 0 where not oftener. */
function information(texts: Iterable<readonly number[]>, V: number, window: number): Float32Array {
  const m = new Float32Array(V * V);
  for (const ids of texts) {
    for (let i = 0; i < ids.length; i++) {
      for (let d = 1; d <= window && i + d < ids.length; d++) {
        const [a, b] = [ids[i], ids[i + d]];
        const weight = (window + 1 - d) / window;
        m[a * V + b] += weight;
        m[b * V + a] += weight;
      }
    }
  }
  const counts = Float64Array.from({ length: V }, (_, row) =>
    m.subarray(row * V, (row + 1) * V).reduce((a, b) => a + b, 0),
  );
  const total = counts.reduce((a, b) => a + b, 0);
  const smooth = counts.map((n) => n ** SMOOTHING);
  const all = smooth.reduce((a, b) => a + b, 0);
  for (let a = 0; a < V; a++) {
    for (let b = 0; b <= a; b++) {
      const n = m[a * V + b];
      if (n === 0) continue;
      // The mean of what either is as the other's context.
      const chance = total * Math.sqrt((counts[a] * smooth[b] * counts[b] * smooth[a]) / (total * all) ** 2);
      m[a * V + b] = m[b * V + a] = Math.max(0, Math.log(n / chance));
    }
  }
  return m;
}

/** m (V, V) by x (V, C). */
function times(m: Float32Array, x: Float64Array, V: number, C: number): Float64Array {
  const y = new Float64Array(V * C);
  for (let row = 0; row < V; row++) {
    const out = y.subarray(row * C, (row + 1) * C);
    for (let column = 0; column < V; column++) {
      const factor = m[row * V + column];
      if (factor === 0) continue;
      const at = column * C;
      for (let k = 0; k < C; k++) out[k] += factor * x[at + k];
    }
  }
  return y;
}

/** Columns of x (V, C) made orthonormal, by Gram and Schmidt, twice for the rounding. */
function orthonormal(x: Float64Array, V: number, C: number): Float64Array {
  for (let k = 0; k < C; k++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) {
        let dot = 0;
        for (let row = 0; row < V; row++) dot += x[row * C + j] * x[row * C + k];
        for (let row = 0; row < V; row++) x[row * C + k] -= dot * x[row * C + j];
      }
    }
    let square = 0;
    for (let row = 0; row < V; row++) square += x[row * C + k] ** 2;
    const norm = Math.sqrt(square) || 1;
    for (let row = 0; row < V; row++) x[row * C + k] /= norm;
  }
  return x;
}

/** Eigenvalues and vectors (in columns) of a symmetric matrix (C, C), by Jacobi's rotations. */
function eigen(a: Float64Array, C: number): { values: Float64Array; vectors: Float64Array } {
  const vectors = new Float64Array(C * C);
  for (let i = 0; i < C; i++) vectors[i * C + i] = 1;
  for (let sweep = 0; sweep < 12; sweep++) {
    for (let p = 0; p < C; p++) {
      for (let q = p + 1; q < C; q++) {
        const off = (a[p * C + q] + a[q * C + p]) / 2;
        if (Math.abs(off) < 1e-12) continue;
        const theta = (a[q * C + q] - a[p * C + p]) / (2 * off);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < C; k++) {
          const [kp, kq] = [a[k * C + p], a[k * C + q]];
          a[k * C + p] = c * kp - s * kq;
          a[k * C + q] = s * kp + c * kq;
        }
        for (let k = 0; k < C; k++) {
          const [pk, qk] = [a[p * C + k], a[q * C + k]];
          a[p * C + k] = c * pk - s * qk;
          a[q * C + k] = s * pk + c * qk;
          const [vp, vq] = [vectors[k * C + p], vectors[k * C + q]];
          vectors[k * C + p] = c * vp - s * vq;
          vectors[k * C + q] = s * vp + c * vq;
        }
      }
    }
  }
  return { values: Float64Array.from({ length: C }, (_, i) => a[i * C + i]), vectors };
}
