import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { normal, testOp, type OpTest, type TestArray } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { scale } from '../scale/scale';
import { additiveAttention } from './additive_attention';
import { additiveAttentionRef, additiveAttentionRefGrad } from './additive_attention.ref';

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

testOp('additiveAttention', {
  cases: [
    { B: 1, T: 2, S: 3, A: 4, C: 5 },
    { B: 2, T: 7, S: 13, A: 10, C: 8 },
    { B: 3, T: 1, S: 67, A: 33, C: 16 },
  ],
  ...watched,
});

testOp('additiveAttention to one key', {
  cases: [{ B: 1, T: 1, S: 1, A: 1, C: 1 }],
  ...watched,
  bound: { scale: 1 }, // its gradients are differences of equal numbers of about 1
});

testOp('additiveAttention to padded sequences', {
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
});

if (!host.gpu)
  describe('additiveAttention', () => {
    it('names what does not fit', () => {
      const g = new Graph(fakeDevice());
      const q = g.input('q', [2, 3, 8], 'f32');
      const k = g.input('k', [2, 5, 8], 'f32');
      const narrow = g.input('narrow', [2, 5, 7], 'f32');
      const vector = g.input('vector', [8], 'f32');
      const values = g.input('values', [2, 5, 6], 'f32');
      const lengths = g.input('lengths', [3], 'u32');
      expect(() => additiveAttention(g, { q, k: narrow, vector, values })).toThrow(
        'additiveAttention: queries are q (2, 3, 8) f32 and keys narrow (2, 5, 7) f32. Give (B, T, A) and (B, S, A).',
      );
      expect(() => additiveAttention(g, { q, k, vector: values, values })).toThrow(
        'additiveAttention: values is (2, 5, 6). It must be (8).',
      );
      expect(() => additiveAttention(g, { q, k, vector, values: q })).toThrow(
        'q is (2, 3, 8). It must be (2, 5, 8).',
      );
      expect(() => additiveAttention(g, { q, k, vector, values, lengths })).toThrow('It must be (2).');
    });
  });
