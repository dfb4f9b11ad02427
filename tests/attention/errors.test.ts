import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../harness/fake-device';
import { host } from '../harness/host';
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import { additiveAttention } from '../../engine/shaders/additive_attention/additive_attention';
import { attention } from '../../engine/shaders/attention/attention';
import { bucketBias } from '../../engine/shaders/attention/bias/bias_buckets';
import { denseBias, relativeBias } from '../../engine/shaders/attention/bias/bias_dense';
import type { DistanceBias } from '../../engine/shaders/attention/bias/bias';
import { slopeBias } from '../../engine/shaders/attention/bias/bias_slopes';
import { appendCache } from '../../engine/shaders/attention/cache/cache';
import { decodeAttention } from '../../engine/shaders/attention/cache/decode';
import type { AttentionOptions } from '../../engine/shaders/attention/options';
import {
  fixedPattern,
  localPattern,
  sparsePattern,
  stridedPattern,
} from '../../engine/shaders/attention/pattern/pattern';
import { dotProductAttention } from '../../engine/shaders/dot_product_attention/dot_product_attention';
import { relativeAttention } from '../../engine/shaders/relative_attention/relative_attention';

/** Records an attention of 5 queries to 7 keys, 2 sequences, 4 heads of 8, with these options changed. */
function record(change: (g: Graph) => Partial<AttentionOptions>, train = false): Tensor {
  const g = new Graph(fakeDevice(), { train });
  const q = g.input('q', [2, 5, 32], 'f32', { differentiable: true });
  const kv = g.input('kv', [2, 7, 64], 'f32', { differentiable: true });
  const y = attention(g, { q, kv, heads: 4, width: 8, ...change(g) });
  if (train) g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
  return y;
}

const refused: readonly (readonly [string, Parameters<typeof record>[0], RegExp])[] = [
  [
    'heads that do not divide',
    () => ({ keyValueHeads: 3 }),
    /4 heads cannot share 3 key heads\. H must be a multiple/,
  ],
  ['columns that are not there', () => ({ width: 9 }), /q takes columns 0 to 36 of q/],
  ['a window of zero', () => ({ window: 0 }), /a window of 0\. Give a whole number of at least 1/],
  ['half a window', () => ({ window: { left: 1.5, right: 0 } }), /a window of 1\.5 before and 0 after/],
  ['a soft cap of zero', () => ({ softcap: 0 }), /softcap is 0\. It bounds the logits/],
  ['dropout of one', () => ({ dropout: 1 }), /dropout is 1\. A probability of dropping must be in \[0, 1\)/],
  [
    'lengths of another batch',
    (g) => ({ lengths: g.input('n', [3], 'u32') }),
    /lengths: n is \(3\)\. It must be \(2\)/,
  ],
  [
    'a key mask of another length',
    (g) => ({ keyMask: g.input('m', [2, 5], 'u32') }),
    /keyMask: m is \(2, 5\)\. It must be \(2, 7\)/,
  ],
  [
    'lengths and a key mask',
    (g) => ({ lengths: g.input('n', [2], 'u32'), keyMask: g.input('m', [2, 7], 'u32') }),
    /both lengths and keyMask/,
  ],
  [
    'lengths beyond the keys',
    (g) => ({ lengths: g.constant('n', [2], Uint32Array.of(7, 8)) }),
    /lengths\[1\] is 8, but there are 7 keys/,
  ],
  [
    'a bias that does not broadcast',
    (g) => ({ bias: denseBias(g.input('b', [1, 3, 5, 7], 'f32')) }),
    /a bias \(1, 3, 5, 7\) does not broadcast to \(2, 4, 5, 7\)/,
  ],
  [
    'an odd number of columns to rotate',
    () => ({ rope: { rotary: 3 } }),
    /3 columns of a head of 8 cannot rotate in pairs\. Give an even rotary/,
  ],
  ['more columns to rotate than there are', () => ({ rope: { rotary: 10 } }), /10 columns of a head of 8/],
  ['a base of one', () => ({ rope: { theta: 1 } }), /theta is 1/],
  ['slopes of other heads', () => ({ bias: slopeBias([1, 2]) }), /2 slopes for 4 heads/],
  [
    'slopes that are none',
    () => ({ bias: slopeBias([1, NaN, 1, 1]) }),
    /slope 1 is NaN\. Give finite numbers/,
  ],
  [
    'a pattern of half positions',
    () => ({ pattern: sparsePattern('halves', (t) => [[t - 2.5, t]]) }),
    /halves: the query at 2 sees keys -0\.5 to 2\. Give whole numbers/,
  ],
  [
    'a pattern of no positions',
    () => ({ pattern: sparsePattern('none', (_, S) => [[0, S / 0 - Infinity]]) }),
    /none: the query at 2 sees keys 0 to NaN/,
  ],
  [
    'a table of other heads',
    (g) => ({ bias: bucketBias(g.input('b', [8, 3], 'f32'), () => 0) }),
    /the table \(8, 3\) is not \(buckets, 4\)/,
  ],
  [
    'buckets beyond the table',
    (g) => ({ bias: bucketBias(g.input('b', [2, 4], 'f32'), (d) => Math.abs(d)) }),
    /distance -6 falls into bucket 6, but .* has 2\./,
  ],
  [
    'relative terms of other rows',
    (g) => ({ bias: relativeBias(g.input('r', [4, 2, 5, 9], 'f32')) }),
    /relative terms \(4, 2, 5, 9\).*R = 11/,
  ],
  [
    'relative terms that only a causal mask fits',
    (g) => ({ bias: relativeBias(g.input('r', [4, 2, 5, 7], 'f32')) }),
    /R = 7 and a causal mask, or R = 11/,
  ],
];

if (!host.gpu)
  describe('attention refuses', () => {
    for (const [name, change, message] of refused) {
      it(name, () => {
        expect(() => record(change)).toThrow(message);
      });
    }

    it('the gradient of a bias that softmax takes out', () => {
      const change = (g: Graph) => ({
        bias: denseBias(g.input('b', [1, 4, 5, 1], 'f32', { differentiable: true })),
      });
      expect(() => record(change, true)).toThrow(/adds the same to all 7 keys/);
    });

    it('patterns of nothing', () => {
      expect(() => stridedPattern(0)).toThrow(
        /stridedPattern: got 0\. It takes a whole number of at least 1/,
      );
      expect(() => localPattern(-1)).toThrow(/localPattern: got -1/);
      expect(() => fixedPattern(4, 6)).toThrow(
        /the last 6 keys of each block of 4\. Give a count of at most 4/,
      );
    });

    it('keys and values of other rows', () => {
      const g = new Graph(fakeDevice());
      const rows = (name: string, S: number): Tensor => g.input(name, [2, S, 32], 'f32');
      const x = { q: rows('q', 5), k: rows('k', 7), v: rows('v', 6) };
      expect(() => attention(g, { ...x, heads: 4, width: 8 })).toThrow(
        /attention v: v is \(2, 6, 32\)\. It must be \(2, 7, 32\)/,
      );
      expect(attention(g, { ...x, v: x.k, heads: 4, width: 8 }).shape).toEqual([2, 5, 32]);
    });

    it('heads that have an axis of their own, by the shape that was given', () => {
      const g = new Graph(fakeDevice());
      const apart = (name: string): Tensor => g.input(name, [1, 4, 2, 8], 'f32');
      const together = (name: string): Tensor => g.input(name, [1, 2, 32], 'f32');
      const [q, k, v] = ['q', 'k', 'v'].map(apart);
      const [rows, keys, values] = ['rows', 'keys', 'values'].map(together);
      const fused = g.input('fused', [1, 1, 96], 'f32');
      const distances = g.input('distances', [2, 32], 'f32');
      const terms = g.input('terms', [4, 8], 'f32');
      const four = { heads: 4, width: 8 };
      const told: readonly (readonly [() => unknown, RegExp])[] = [
        [() => attention(g, { q: rows, k, v, ...four }), /k is \(1, 4, 2, 8\)\. Give \(B, S, G·D\)/],
        [() => attention(g, { q: rows, k: keys, v, ...four }), /v is \(1, 4, 2, 8\)\. Give \(B, S, G·D\)/],
        [
          () => attention(g, { q, k: keys, v: values, ...four }),
          /of q \(1, 4, 2, 8\) f32\. Give a tensor \(B, T, C\)/,
        ],
        [
          () => attention(g, { q: rows, kv: k, ...four }),
          /of k \(1, 4, 2, 8\) f32\. Give a tensor \(B, T, C\)/,
        ],
        [() => decodeAttention(g, fused, k, v, four), /k is \(1, 4, 2, 8\)\. Give \(B, capacity, G·D\)/],
        [() => decodeAttention(g, fused, keys, v, four), /v is \(1, 4, 2, 8\)\. Give \(B, capacity, G·D\)/],
        [() => appendCache(g, fused, k, v, four), /k is \(1, 4, 2, 8\)\. Give \(B, capacity, G·D\)/],
        [
          () => dotProductAttention(g, { q: rows, k, v: values }),
          /q is \(1, 2, 32\), k \(1, 4, 2, 8\) and v \(1, 2, 32\)\. Give \(B, T, D\) and \(B, S, D\), or/,
        ],
        [
          () => additiveAttention(g, { q: rows, k: keys, vector: g.input('w', [32], 'f32'), values: v }),
          /v is \(1, 4, 2, 8\)\. Give \(B, S, E\)/,
        ],
        [
          () =>
            relativeAttention(
              g,
              { q: rows, kv: k, distances, contentBias: terms, positionBias: terms },
              { heads: 4 },
            ),
          /k is \(1, 4, 2, 8\)\. Give \(B, S, 2·H·D\)/,
        ],
      ];
      for (const [record, message] of told) expect(record).toThrow(message);
    });

    it('a dense bias to caches, which grow', () => {
      const g = new Graph(fakeDevice());
      const [qkv, keys, values] = [96, 32, 32].map((width, i) =>
        g.input(`x${i}`, [1, i === 0 ? 1 : 16, width], 'f32'),
      );
      const bias = denseBias(g.input('b', [1, 1, 1, 16], 'f32')) as unknown as DistanceBias;
      expect(() => decodeAttention(g, qkv, keys, values, { heads: 4, bias })).toThrow(
        /a dense bias holds numbers for so many keys.*Give bucketBias or slopeBias/,
      );
    });

    it('lengths beyond the keys when they are fed', () => {
      const g = new Graph(fakeDevice());
      const x = g.input('x', [2, 7, 96], 'f32');
      attention(g, { q: x, kv: x, heads: 4, width: 8, keyOffset: 32, lengths: g.input('n', [2], 'u32') });
      const check = (n: Uint32Array) => () => {
        for (const test of g.checks) test({}, { n });
      };
      expect(check(Uint32Array.of(0, 7))).not.toThrow();
      expect(check(Uint32Array.of(9, 7))).toThrow(/^attention: lengths\[0\] is 9, but there are 7 keys/);
    });
  });
