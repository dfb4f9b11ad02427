import { attentionRef, attentionRefGrad } from '../../engine/shaders/attention/attention.ref';
import { dotProductAttention } from '../../engine/shaders/dot_product_attention/dot_product_attention';
import { scale as scaled } from '../../engine/shaders/scale/scale';
import { softmaxRefGrad } from '../../engine/shaders/softmax/softmax.ref';
import { describeOp, normal } from '../op';

interface Case {
  readonly [key: string]: number | boolean;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly D: number;
  readonly causal: boolean;
}
// The fused op's reference, one head wide: the two ops are held to one another.
const sizes = (c: Case, lengths: Float64Array) => ({ ...c, heads: 1, keyValueHeads: 1, lengths });

/** Each number `n` times in a row. */
function each(x: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: x.length * n }, (_, i) => x[Math.floor(i / n)]);
}

/** Row-major product of (M, K) and (K, N), or of its transpose. */
function product(a: Float64Array, b: Float64Array, M: number, N: number, K: number, transpose = false) {
  const y = new Float64Array(M * N);
  for (let i = 0; i < M * N; i++) {
    for (let x = 0; x < K; x++) {
      y[i] += a[Math.floor(i / N) * K + x] * (transpose ? b[(i % N) * K + x] : b[x * N + (i % N)]);
    }
  }
  return y;
}
/** (M, N) -> (N, M). */
const transposed = (x: Float64Array, M: number, N: number): Float64Array =>
  x.map((_, i) => x[(i % M) * N + Math.floor(i / M)]);
function steps(q: Float64Array, k: Float64Array, v: Float64Array) {
  const scores = product(q, k, 3, 5, 4, true);
  const weights = scores.map((_, i) => {
    const row = scores.subarray(Math.floor(i / 5) * 5, Math.floor(i / 5) * 5 + 5);
    return Math.exp(scores[i]) / row.reduce((sum, x) => sum + Math.exp(x), 0);
  });
  return { scores, weights, out: product(weights, v, 3, 4, 5) };
}

export const ops = [
  describeOp('dotProductAttention', {
    cases: [
      { B: 1, T: 2, S: 3, D: 4, causal: false },
      { B: 2, T: 7, S: 7, D: 20, causal: true },
      { B: 3, T: 5, S: 19, D: 8, causal: true },
      { B: 3, T: 33, S: 17, D: 8, causal: true },
      { B: 1, T: 65, S: 63, D: 16, causal: false },
    ],
    inputs: ({ B, T, S, D }) => ({
      q: normal([B, T, D]),
      k: normal([B, S, D]),
      v: normal([B, S, D]),
      // The second sequence has no key: zeros, and no gradient.
      lengths: { shape: [B], data: Uint32Array.of(S, 0, S - 1).slice(0, B) },
    }),
    op: (g, x, { causal }) => ({ out: dotProductAttention(g, { ...x, causal }).out }),
    reference: ({ q, k, v, lengths }, c) => ({ out: attentionRef(q, k, v, sizes(c, lengths)) }),
    gradient: ({ q, k, v, lengths }, dy, c) => ({
      ...attentionRefGrad(q, k, v, dy['out'], sizes(c, lengths)),
      lengths: new Float64Array(),
    }),
    terms: ({ T, S, D }) => D + Math.max(T, S),
  }),
  describeOp('dotProductAttention of heads side by side, padded', {
    cases: [{ B: 2, H: 2, T: 3, S: 4, D: 3, causal: true }],
    inputs: ({ B, H, T, S, D }) => ({
      q: normal([B, H, T, D]),
      k: normal([B, H, S, D]),
      v: normal([B, H, S, D]),
      lengths: { shape: [B], data: Uint32Array.of(2, S) },
    }),
    op: (g, x, { causal }) => ({ out: dotProductAttention(g, { ...x, causal }).out }),
    // A head is a sequence of its own to the reference, with the length of its batch entry.
    reference: ({ q, k, v, lengths }, { H, ...c }) => ({
      out: attentionRef(q, k, v, sizes({ ...c, B: c.B * H }, each(lengths, H))),
    }),
    gradient: ({ q, k, v, lengths }, dy, { H, ...c }) => ({
      ...attentionRefGrad(q, k, v, dy['out'], sizes({ ...c, B: c.B * H }, each(lengths, H))),
      lengths: new Float64Array(),
    }),
    terms: ({ S, D }) => D + S,
  }),
  describeOp('dotProductAttention, every step with a reader', {
    cases: [{ T: 3, S: 5, D: 4 }],
    inputs: ({ T, S, D }) => ({ q: normal([1, 1, T, D]), k: normal([1, 1, S, D]), v: normal([1, 1, S, D]) }),
    op: (g, x) => {
      const { scores, weights, out } = dotProductAttention(g, { ...x, scale: 1 });
      return { scores: scaled(g, scores, 1), weights: scaled(g, weights, 1), out };
    },
    reference: ({ q, k, v }) => steps(q, k, v),
    gradient: ({ q, k, v }, dy) => {
      const { weights } = steps(q, k, v);
      const dw = product(dy['out'], v, 3, 5, 4, true).map((d, i) => d + dy['weights'][i]);
      const ds = softmaxRefGrad(weights, dw, 5, 1).map((d, i) => d + dy['scores'][i]);
      const dst = transposed(ds, 3, 5);
      return {
        q: product(ds, k, 3, 4, 5),
        k: product(dst, q, 5, 4, 3),
        v: product(transposed(weights, 3, 5), dy['out'], 5, 4, 3),
      };
    },
    terms: ({ S, D }) => S + D,
  }),
];
