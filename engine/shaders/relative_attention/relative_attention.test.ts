import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/relative_attention';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import type { Shape } from '../../graph/tensor';
import { relativeAttention } from './relative_attention';

testOps(ops);

describe('relativeAttention', () => {
  const record = (shapes: Partial<Record<'q' | 'kv' | 'r' | 'u' | 'v', Shape>>, heads = 2, options = {}) => {
    const g = new Graph(fakeDevice());
    const all = { q: [2, 3, 8], kv: [2, 5, 16], r: [5, 8], u: [2, 4], v: [2, 4], ...shapes };
    const make = (name: keyof typeof all) => g.input(name, all[name], 'f32');
    const [q, kv, distances, contentBias, positionBias] = (['q', 'kv', 'r', 'u', 'v'] as const).map(make);
    return () => relativeAttention(g, { q, kv, distances, contentBias, positionBias }, { heads, ...options });
  };
  describe('memory', () => {
    const [B, H, D] = [1, 4, 64];
    const plan = (T: number, S: number, options: { window?: number; chunk?: number } = {}, train = true) => {
      const g = new Graph(fakeDevice({ maxBinding: 2 ** 30 }), { train });
      const make = (name: string, shape: Shape) => g.input(name, shape, 'f32', { differentiable: true });
      const [q, kv, distances] = [
        make('q', [B, T, H * D]),
        make('kv', [B, S, 2 * H * D]),
        make('r', [S, H * D]),
      ];
      const [contentBias, positionBias] = [make('u', [H, D]), make('v', [H, D])];
      const y = relativeAttention(
        g,
        { q, kv, distances, contentBias, positionBias },
        { heads: H, ...options },
      );
      if (train) g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      return { g, megabytes: estimate(g, { y }).activations / 1e6, dispatches: g.dispatches.length };
    };

    it.each([true, false])('is linear in the sequence, training %s', (train) => {
      const [a, b, c, d] = [1024, 2048, 4096, 16_384].map((T) => plan(T, T, {}, train).megabytes);
      // Training 21.6, 43.7, 87.7 and 351.9 MB; else 12.3, 24.9, 50.1 and 201.1 MB.
      expect(b / a).toBeLessThan(2.05);
      expect(c / b).toBeLessThan(2.05);
      expect(d / c).toBeLessThan(4.1);
      // What it was: position's terms of all pairs, and of their gradients.
      const { megabytes } = plan(4096, 4096, { chunk: 4096 }, train);
      expect(megabytes).toBeGreaterThan((train ? 2 : 1) * 4 * H * 4096 ** 2 * 1e-6);
      expect(c).toBeLessThan(megabytes / 5);
    });

    it('a window bounds what a chunk has of keys', () => {
      const [whole, window] = [plan(2048, 4096), plan(2048, 4096, { window: 256 })];
      expect(window.megabytes).toBeLessThan(whole.megabytes - 4e-6 * H * 128 * (4096 - 383));
    });

    it('takes fewer rows at a time where 128 would not fit into a binding', () => {
      const g = new Graph(fakeDevice({ maxBinding: 4 * H * 40 * 256 }));
      const make = (name: string, shape: Shape) => g.input(name, shape, 'f32');
      const x = { q: make('q', [1, 100, 8]), kv: make('kv', [1, 256, 16]), distances: make('r', [256, 8]) };
      const biases = { contentBias: make('u', [H, 2]), positionBias: make('v', [H, 2]) };
      relativeAttention(g, { ...x, ...biases }, { heads: H });
      const terms = g.dispatches.filter((d) => d.label === 'matmul').length;
      expect(terms).toBeLessThanOrEqual(4);
      expect(g.dispatches.filter((d) => d.label.startsWith('attention.forward')).length).toBe(4);
    });

    it('one chunk records what it always has', () => {
      const labels = ({ g }: { g: Graph }): string[] => g.dispatches.map((d) => d.label);
      expect(labels(plan(128, 512))).toEqual(labels(plan(128, 512, { chunk: 128 })));
      expect(labels(plan(128, 512)).some((label) => label.endsWith('again') || label === 'rearrange')).toBe(
        true,
      );
      expect(labels(plan(129, 512)).filter((label) => label.startsWith('attention.forward')).length).toBe(4);
    });
  });

  it('takes what fits', () => {
    expect(record({})().shape).toEqual([2, 3, 8]);
  });
  it('refuses what does not, with the numbers', () => {
    expect(record({}, 3)).toThrow('relativeAttention: rows of q (2, 3, 8) f32 do not divide into 3 heads');
    expect(record({ kv: [2, 2, 16] })).toThrow('relativeAttention: 3 queries but 2 keys');
    expect(record({ kv: [1, 5, 16] })).toThrow('kv is (1, 5, 16). It must be (2, 5, 16).');
    expect(record({ r: [4, 8] })).toThrow(
      'relativeAttention: 5 keys are up to 4 apart but r (4, 8) f32 has 4 rows. Give relativeSinusoidal(g, 5, C), projected.',
    );
    expect(record({ u: [4, 2] })).toThrow('u is (4, 2). It must be (2, 4).');
    expect(record({ v: [8] })).toThrow('v is (8). It must be (2, 4).');
    expect(record({}, 2, { chunk: 0 })).toThrow('relativeAttention: chunks of 0 rows');
    expect(record({}, 2, { chunk: 2, window: 0 })).toThrow('attention: a window of 0');
  });
});
