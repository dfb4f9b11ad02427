import { linearAttention, linearSelfAttention } from '../../engine/shaders/linear_attention/linear_attention';
import {
  features,
  linearAttentionRef,
  linearAttentionRefGrad,
} from '../../engine/shaders/linear_attention/linear_attention.ref';
import { multiply } from '../../engine/shaders/multiply/multiply';
import { type DescribedOp, describeOp, normal, type OpTest, type TestArray, type Where } from '../op';

interface Case {
  readonly [key: string]: number | boolean | string;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly E: number;
  readonly causal: boolean;
  readonly map: 'elu' | 'relu' | 'square';
}
const base = { B: 1, heads: 2, keyValueHeads: 2, D: 8, E: 8, causal: true, map: 'elu' } as const;
const causal = (T: number, more: Partial<Case> = {}): Case => ({ ...base, T, S: T, ...more });
const full = (T: number, S: number, more: Partial<Case> = {}): Case => ({
  ...base,
  T,
  S,
  causal: false,
  ...more,
});
const sizes = (c: Case, lengths?: Float64Array) => ({
  ...c,
  feature: features[c.map],
  ...(lengths && { lengths }),
});

// lavapipe, whose compiler takes seconds a variant, has f16 and tests that alone; wide heads go to the others.
const dtypes = 'either';

const separate = {
  dtypes,
  rungs: ['software', 'hardware'],
  inputs: ({ B, T, S, heads, keyValueHeads, D, E }) => ({
    q: normal([B, T, heads * D]),
    k: normal([B, S, keyValueHeads * D]),
    v: normal([B, S, keyValueHeads * E]),
  }),
  op: (g, { q, k, v }, { heads, keyValueHeads, D, E, causal, map }) =>
    linearAttention(g, {
      // A feature map of one's own: its features are computed before, and its gradient follows.
      q: map === 'square' ? multiply(g, q, q) : q,
      k: map === 'square' ? multiply(g, k, k) : k,
      v,
      heads,
      keyValueHeads,
      width: D,
      valueWidth: E,
      causal,
      featureMap: map === 'square' ? 'identity' : map,
    }),
  reference: ({ q, k, v }, c) => ({ y: linearAttentionRef(q, k, v, sizes(c)) }),
  gradient: ({ q, k, v }, { y }, c) => linearAttentionRefGrad(q, k, v, y, sizes(c)),
  terms: ({ T, S, D, heads, keyValueHeads }) => D + (Math.max(T, S) * heads) / keyValueHeads,
} satisfies Partial<OpTest<Case, { q: TestArray; k: TestArray; v: TestArray }>>;

/** Columns `from` to `to` of rows of `width`, or back into them. */
const columns = (x: Float64Array, width: number, from: number, to: number): Float64Array =>
  Float64Array.from({ length: (x.length / width) * (to - from) }, (_, i) => {
    const row = Math.floor(i / (to - from));
    return x[row * width + from + (i % (to - from))];
  });

/** The parts of rows that attend to themselves, and their problem. */
const itself = (
  qkv: Float64Array,
  sizes: { B: number; T: number; causal: boolean; lengths: Float64Array },
) => ({
  q: columns(qkv, 32, 0, 16),
  k: columns(qkv, 32, 16, 24),
  v: columns(qkv, 32, 24, 32),
  z: { ...sizes, S: sizes.T, heads: 2, keyValueHeads: 1, D: 8, E: 8, feature: features.elu },
});

export const ops = ({ slow }: Where): readonly DescribedOp[] => [
  describeOp('linearAttention', {
    cases: [
      causal(7, { heads: 1, keyValueHeads: 1 }),
      causal(63, { D: 20, E: 12 }),
      causal(64, { B: 2, D: 20, E: 20 }),
      causal(65),
      causal(127, { heads: 6, keyValueHeads: 2, B: 2 }),
      causal(257, { heads: 1, keyValueHeads: 1, D: 20, E: 7 }),
      full(7, 2, { heads: 4, keyValueHeads: 1 }),
      full(65, 127, { B: 2, heads: 2, keyValueHeads: 1 }),
      full(129, 64, { D: 20, E: 31 }),
      causal(66, { map: 'relu' }),
      full(5, 9, { map: 'square' }),
      ...(slow ? [] : [causal(130, { heads: 4, D: 64, E: 64 }), full(67, 150, { D: 64, E: 80 })]),
    ],
    ...separate,
  }),
  describeOp('linearAttention to one key or two', {
    cases: [causal(1), causal(2, { heads: 4, keyValueHeads: 2 }), full(1, 1), full(33, 1)],
    ...separate,
    // One key's row is v whatever q and k are: their gradients are differences of equal numbers about 1.
    bound: { scale: 1 },
  }),
  describeOp('linearSelfAttention of padded sequences', {
    cases: [
      { B: 3, T: 3, causal: false },
      { B: 4, T: 70, causal: true },
      { B: 4, T: 70, causal: false },
    ],
    dtypes,
    rungs: ['software', 'hardware'],
    inputs: ({ B, T }) => ({
      qkv: normal([B, T, 32]),
      // A sequence without any key gives zeros and no gradient.
      lengths: { shape: [B], data: Uint32Array.of(T, 0, 1, 65).slice(0, B) },
    }),
    op: (g, { qkv, lengths }, { causal }) =>
      linearSelfAttention(g, qkv, { heads: 2, keyValueHeads: 1, causal, lengths }),
    reference: ({ qkv, lengths }, { B, T, causal }) => {
      const { q, k, v, z } = itself(qkv, { B, T, causal, lengths });
      return { y: linearAttentionRef(q, k, v, z) };
    },
    gradient: ({ qkv, lengths }, { y }, { B, T, causal }) => {
      const { q, k, v, z } = itself(qkv, { B, T, causal, lengths });
      const d = linearAttentionRefGrad(q, k, v, y, z);
      const dqkv = qkv.map((_, i) => {
        const [row, c] = [Math.floor(i / 32), i % 32];
        return c < 16 ? d.q[row * 16 + c] : c < 24 ? d.k[row * 8 + c - 16] : d.v[row * 8 + c - 24];
      });
      return { qkv: dqkv, lengths: new Float64Array() };
    },
    terms: ({ T }) => 8 + 2 * T,
  }),
];
