import { describe, expect, it } from 'vitest';
import { Graph } from '../../engine/graph/graph';
import type { Tensor } from '../../engine/graph/tensor';
import { attention, selfAttention } from '../../engine/shaders/attention/attention';
import { denseBias } from '../../engine/shaders/attention/bias/bias_dense';
import { appendCache, reorderCache } from '../../engine/shaders/attention/cache/cache';
import { decodeAttention, decodeCrossAttention } from '../../engine/shaders/attention/cache/decode';
import type { AttentionOptions } from '../../engine/shaders/attention/options';
import { linearAttention } from '../../engine/shaders/linear_attention/linear_attention';
import { fakeDevice } from '../harness/fake-device';
import { host } from '../harness/host';

const graph = (train = false): Graph => new Graph(fakeDevice({ software: true }), { train });

/** Two sequences of 5 rows of 96 columns, which would be 4 heads of 8. */
function record(change: Partial<AttentionOptions>, train = false): void {
  const g = graph(train);
  const x = g.input('x', [2, 5, 96], 'f32', { differentiable: true });
  const y = attention(g, { q: x, kv: x, heads: 4, width: 8, keyOffset: 32, ...change });
  if (train) g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
}

const senseless: readonly (readonly [Partial<AttentionOptions>, string])[] = [
  [{ width: 2.5 }, 'attention: width is 2.5. Give a whole number of at least 1'],
  [{ heads: 0 }, 'heads is 0. Give a whole number'],
  [{ heads: 1.5 }, 'heads is 1.5. Give a whole number'],
  [{ keyValueHeads: -1 }, 'keyValueHeads is -1. Give a whole number'],
  [{ queryOffset: 0.5 }, 'q takes columns 0.5 to 32.5 of x (2, 5, 96) f32. Give a tensor'],
  [{ keyOffset: NaN, valueOffset: 0 }, 'k takes columns NaN to NaN'],
  [{ scale: NaN }, 'scale is NaN. Give a finite number'],
  [{ scale: -Infinity }, 'scale is -Infinity. Give a finite number'],
  [{ softcap: Infinity }, 'softcap is Infinity. It bounds the logits: give a positive, finite number'],
];

if (!host.gpu)
  describe('attention', () => {
    for (const [change, message] of senseless) {
      it(`refuses what makes no sense: ${message}`, () => {
        expect(() => record(change)).toThrow(message);
      });
    }

    it('refuses sequences and rows that do not fit, with a remedy', () => {
      const g = graph();
      const x = (B: number, C: number): Tensor => g.input(`x${B} ${C}`, [B, 3, C], 'f32');
      expect(() => attention(g, { q: x(2, 8), kv: x(3, 16), heads: 1, width: 8 })).toThrow(
        'attention: q is x2 8 (2, 3, 8) f32 but kv is x3 16 (3, 3, 16) f32. Both need one B.',
      );
      expect(() => selfAttention(g, x(2, 25), { heads: 2 })).toThrow(
        'do not divide into 2 + 2·2 heads. Give (B, T, (H + 2G)·D): queries, then keys, then values.',
      );
    });

    it('refuses to train where columns overlap, or lie besides heads', () => {
      expect(() => record({}, true)).not.toThrow();
      expect(() => record({ valueOffset: 32 })).not.toThrow(); // keys that are values, without gradients
      expect(() => record({ keyOffset: 0 }, true)).toThrow(
        'keys takes columns 0 to 32 of x (2, 5, 96) f32, but queries 0 to 32 of the same. Let ranges lie apart when training',
      );
      expect(() => record({ valueOffset: 32 }, true)).toThrow('values takes columns 32 to 64 of x');
      expect(() => record({ valueOffset: 60 }, true)).toThrow('values takes columns 60 to 92 of x');
      expect(() => record({ queryOffset: 64, keyOffset: 0 }, true)).not.toThrow();
      expect(() => record({ heads: 2, keyValueHeads: 2, keyOffset: 16 }, true)).toThrow(
        'rows of x (2, 5, 96) f32 have columns besides the 48 of its heads',
      );
    });

    it('refuses to train on two views of one tensor that differ', () => {
      const g = graph(true);
      const x = g.input('x', [1, 8, 24], 'f32', { differentiable: true });
      const y = attention(g, {
        q: g.view(x, [1, 12, 16]),
        kv: g.view(x, [1, 8, 24]),
        heads: 1,
        width: 8,
        keyOffset: 8,
      });
      expect(() => g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]))).toThrow(
        'keys takes columns 8 to 16 of x (1, 8, 24) f32, but queries 0 to 8 of the same',
      );
    });

    it('records gradients of more rows than a grid counts in one dimension', () => {
      const g = graph(true);
      const [B, T] = [1024, 4112];
      const q = g.input('q', [B, T, 1], 'f32', { differentiable: true });
      const kv = g.input('kv', [B, 1, 2], 'f32', { differentiable: true });
      const y = attention(g, { q, kv, heads: 1, width: 1 });
      g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      const rows = g.dispatches.find(({ variant }) => variant.label.includes('delta'))!;
      expect(rows.grid[0] * rows.grid[1]).toBeGreaterThanOrEqual((B * T) / 64);
    });

    it('records gradients of a bias of 4,096 by 4,096', () => {
      const g = graph(true);
      const x = g.input('x', [1, 4096, 12], 'f32');
      const bias = g.input('bias', [1, 1, 4096, 4096], 'f32', { differentiable: true });
      const y = selfAttention(g, x, { heads: 1, bias: denseBias(bias) });
      g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      expect(g.dispatches.at(-1)!.grid).toEqual([256, 256, 1]);
    });
  });

if (!host.gpu)
  describe('caches', () => {
    const g = graph();
    const of = (name: string, shape: number[], dtype: 'f32' | 'u32' = 'f32'): Tensor =>
      g.input(name, shape, dtype);
    const [qkv, q, cache] = [of('qkv', [2, 1, 24]), of('q', [2, 1, 8]), of('cache', [2, 10, 8])];
    const words = of('words', [2, 10, 8], 'u32');

    it('refuse what makes no sense, with the numbers', () => {
      const options = { heads: 2 };
      expect(() => appendCache(g, qkv, cache, cache, { heads: 2, keyValueHeads: -1 })).toThrow(
        'appendCache: keyValueHeads is -1. Give a whole number of at least 1',
      );
      expect(() => appendCache(g, qkv, cache, cache, { heads: 0 })).toThrow('keyValueHeads is 0');
      expect(() => decodeAttention(g, qkv, cache, cache, { heads: 1.5 })).toThrow('heads is 1.5');
      expect(() => decodeAttention(g, qkv, cache, cache, { ...options, scale: NaN })).toThrow('scale is NaN');
      expect(() => decodeAttention(g, qkv, cache, cache, { ...options, softcap: Infinity })).toThrow(
        'softcap is Infinity',
      );
      expect(() => decodeCrossAttention(g, q, cache, cache, { ...options, scale: Infinity })).toThrow(
        'decodeCrossAttention: scale is Infinity',
      );
      expect(() => decodeCrossAttention(g, q, cache, cache, { ...options, queryOffset: 0.5 })).toThrow(
        'q takes columns 0.5 to 8.5',
      );
      expect(() => decodeCrossAttention(g, q, words, words, options)).toThrow(
        'words holds u32. It must hold f32 or f16',
      );
    });

    it('refuse groups that are none', () => {
      const rows = of('rows', [2], 'u32');
      for (const within of [-2, 0, 0.5]) {
        expect(() => reorderCache(g, cache, cache, rows, { within })).toThrow(
          `reorderCache: within is ${within}. Give a whole number of at least 1`,
        );
      }
      expect(() => reorderCache(g, words, words, rows)).toThrow('words holds u32');
    });
  });

if (!host.gpu)
  describe('linear attention', () => {
    it('refuses what makes no sense, with the numbers', () => {
      const g = graph();
      const x = g.input('x', [1, 3, 8], 'f32');
      const linear = (change: object) => () =>
        linearAttention(g, { q: x, k: x, v: x, heads: 2, width: 4, ...change });
      expect(linear({ width: 2.5 })).toThrow('linearAttention: width is 2.5');
      expect(linear({ valueWidth: 0.5 })).toThrow('valueWidth is 0.5');
      expect(linear({ keyValueHeads: -1 })).toThrow('keyValueHeads is -1');
      expect(linear({ epsilon: Infinity })).toThrow('epsilon is Infinity');
      expect(linear({ keyOffset: 0.5, width: 2 })).toThrow('k takes columns 0.5');
    });
  });
