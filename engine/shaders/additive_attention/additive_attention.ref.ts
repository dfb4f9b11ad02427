import { softmaxRef, softmaxRefGrad } from '../softmax/softmax.ref';

export interface AdditiveSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly A: number;
  readonly C: number;
  readonly lengths?: ArrayLike<number>;
}

export interface AdditiveArrays {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly vector: Float64Array;
  readonly values: Float64Array;
}

/** Calls `visit` for every pair of a query and a key: their score's number, and the numbers where their rows begin. */
function eachPair({ B, T, S, A }: AdditiveSizes, visit: (at: number, q: number, k: number) => void): void {
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let j = 0; j < S; j++) visit((b * T + t) * S + j, (b * T + t) * A, (b * S + j) * A);
    }
  }
}

export function additiveAttentionRef(
  { q, k, vector, values }: AdditiveArrays,
  z: AdditiveSizes,
): { out: Float64Array; weights: Float64Array } {
  const { B, T, S, A, C } = z;
  const scores = new Float64Array(B * T * S);
  eachPair(z, (at, qi, ki) => {
    for (let a = 0; a < A; a++) scores[at] += vector[a] * Math.tanh(q[qi + a] + k[ki + a]);
  });
  const weights = softmaxRef(scores, S, 1, (row, j) => j < (z.lengths?.[Math.floor(row / T)] ?? S));
  const out = new Float64Array(B * T * C);
  eachPair(z, (at, qi, ki) => {
    for (let c = 0; c < C; c++) out[(qi / A) * C + c] += weights[at] * values[(ki / A) * C + c];
  });
  return { out, weights };
}

export function additiveAttentionRefGrad(
  arrays: AdditiveArrays,
  dy: Readonly<Record<'out' | 'weights', Float64Array>>,
  z: AdditiveSizes,
): { q: Float64Array; k: Float64Array; vector: Float64Array; values: Float64Array } {
  const { q, k, vector, values } = arrays;
  const { A, C, S } = z;
  const { weights } = additiveAttentionRef(arrays, z);
  const d = {
    q: new Float64Array(q.length),
    k: new Float64Array(k.length),
    vector: new Float64Array(A),
    values: new Float64Array(values.length),
  };
  const dw = Float64Array.from(dy.weights);
  eachPair(z, (at, qi, ki) => {
    for (let c = 0; c < C; c++) {
      dw[at] += dy.out[(qi / A) * C + c] * values[(ki / A) * C + c];
      d.values[(ki / A) * C + c] += weights[at] * dy.out[(qi / A) * C + c];
    }
  });
  const ds = softmaxRefGrad(weights, dw, S, 1);
  eachPair(z, (at, qi, ki) => {
    for (let a = 0; a < A; a++) {
      const h = Math.tanh(q[qi + a] + k[ki + a]);
      d.vector[a] += ds[at] * h;
      d.q[qi + a] += ds[at] * vector[a] * (1 - h * h);
      d.k[ki + a] += ds[at] * vector[a] * (1 - h * h);
    }
  });
  return d;
}
