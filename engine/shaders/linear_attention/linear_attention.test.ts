import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/linear_attention';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { onLavapipe, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import { chunksOf } from './layout';
import { linearAttention, linearSelfAttention } from './linear_attention';

testOps(ops, onLavapipe);

if (!host.gpu)
  describe('linearAttention', () => {
    it('needs scratch that is linear in T when causal, and bounded states when not', () => {
      expect(chunksOf(16_384, true, 64)).toEqual({ chunk: 64, chunks: 256 });
      expect(chunksOf(16_384, true, 128)).toEqual({ chunk: 128, chunks: 128 });
      expect(chunksOf(16_384, false, 64)).toEqual({ chunk: 512, chunks: 32 });
      expect(chunksOf(65, false, 64)).toEqual({ chunk: 64, chunks: 2 });
    });

    it('costs time and memory linear in T, forward and backward, on both rungs', () => {
      for (const software of [false, true]) {
        const cost = (T: number) => {
          const g = new Graph(fakeDevice({ software }), { train: true });
          const qkv = g.input('qkv', [1, T, 768], 'f32', { differentiable: true });
          const y = linearSelfAttention(g, qkv, { heads: 4, causal: true });
          g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
          const flops = g.dispatches.reduce((sum, d) => sum + d.flops, 0);
          return { flops, peak: estimate(g, { dqkv: g.grad(qkv) }).peak };
        };
        const [short, long] = [cost(1024), cost(16_384)];
        expect(long.flops / short.flops).toBeLessThan(16.2);
        expect(long.peak / short.peak).toBeLessThan(16.2);
      }
    });

    it('names what does not fit', () => {
      const g = new Graph(fakeDevice(), { train: true });
      const x = g.input('x', [2, 3, 40], 'f32', { differentiable: true });
      const y = g.input('y', [2, 5, 40], 'f32', { differentiable: true });
      const heads = { heads: 2, width: 20 };
      expect(() => linearSelfAttention(g, x, { heads: 3 })).toThrow(
        /^linearSelfAttention: rows of x \(2, 3, 40\) f32 do not divide into 3 \+ 2·3 heads/,
      );
      expect(() => linearAttention(g, { q: x, k: x, v: x, heads: 3, keyValueHeads: 2, width: 4 })).toThrow(
        /^linearAttention: 3 heads cannot share 2 key heads/,
      );
      expect(() => linearAttention(g, { q: x, k: x, v: x, heads: 6, width: 8 })).toThrow(
        /^linearAttention: q takes columns 0 to 48 of x/,
      );
      expect(() => linearAttention(g, { q: x, k: y, v: y, ...heads, causal: true })).toThrow(
        /^linearAttention: causal, but T is 3 and S is 5/,
      );
      expect(() => linearAttention(g, { q: x, k: x, v: y, ...heads })).toThrow(/k and v one S/);
      expect(() => linearAttention(g, { q: x, k: x, v: x, ...heads, epsilon: 0 })).toThrow(/epsilon is 0/);
      const lengths = g.input('lengths', [3], 'u32');
      expect(() => linearAttention(g, { q: x, k: y, v: y, ...heads, lengths })).toThrow(
        'linearAttention lengths: lengths is (3). It must be (2).',
      );
      const z = linearAttention(g, { q: x, k: x, v: x, heads: 2, width: 4 });
      expect(() => g.backpropFrom(new Map([[z, z]]))).toThrow(/have columns besides the 8 of its heads/);
    });
  });
