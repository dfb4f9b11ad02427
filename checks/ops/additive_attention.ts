import { additiveAttention } from '../../engine/shaders/additive_attention/additive_attention';
import {
  additiveAttentionRef,
  additiveAttentionRefGrad,
} from '../../engine/shaders/additive_attention/additive_attention.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal, type OpTest, type TestArray } from '../op';

interface Case {
  readonly [key: string]: number;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly A: number;
  readonly C: number;
}
const inputs = ({ B, T, S, A, C }: Case) => ({
  q: normal([B, T, A]),
  k: normal([B, S, A]),
  vector: normal([A]),
  values: normal([B, S, C]),
});
const both = { terms: ({ T, S, A, C }) => Math.max(T, S) + A + C } satisfies Partial<
  OpTest<Case, Record<string, TestArray>>
>;

const watched = {
  inputs,
  // The weights have another reader: its gradient joins that of the values' average.
  op: (g, x) => {
    const { out, weights } = additiveAttention(g, x);
    return { out, weights: scale(g, weights, 1) };
  },
  reference: (x, c) => ({ ...additiveAttentionRef(x, c) }),
  gradient: (x, dy, c) => additiveAttentionRefGrad(x, { out: dy['out'], weights: dy['weights'] }, c),
  ...both,
} satisfies Partial<OpTest<Case, ReturnType<typeof inputs>>>;

export const ops = [
  describeOp('additiveAttention', {
    cases: [
      { B: 1, T: 2, S: 3, A: 4, C: 5 },
      { B: 2, T: 7, S: 13, A: 10, C: 8 },
      { B: 3, T: 1, S: 67, A: 33, C: 16 },
    ],
    ...watched,
  }),
  describeOp('additiveAttention to one key', {
    cases: [{ B: 1, T: 1, S: 1, A: 1, C: 1 }],
    ...watched,
    bound: { scale: 1 }, // its gradients are differences of equal numbers of about 1
  }),
  describeOp('additiveAttention to padded sequences', {
    cases: [
      { B: 3, T: 2, S: 5, A: 4, C: 3 },
      { B: 4, T: 9, S: 31, A: 8, C: 4 },
    ],
    inputs: (c) => ({
      ...inputs(c),
      // The second sequence has no key: zeros, and no gradient.
      lengths: { shape: [c.B], data: Uint32Array.of(c.S, 0, 1, c.S - 1).slice(0, c.B) },
    }),
    op: (g, x) => ({ out: additiveAttention(g, x).out }),
    reference: ({ lengths, ...x }, c) => ({ out: additiveAttentionRef(x, { ...c, lengths }).out }),
    gradient: ({ lengths, ...x }, dy, c) => ({
      ...additiveAttentionRefGrad(
        x,
        { out: dy['out'], weights: new Float64Array(c.B * c.T * c.S) },
        { ...c, lengths },
      ),
      lengths: new Float64Array(),
    }),
    ...both,
  }),
];
