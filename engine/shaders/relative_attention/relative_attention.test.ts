import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { compilesSlowly, feature } from '../../../tests/harness/host';
import { normal, testOp, type OpTest, type TestArray } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import type { Shape } from '../../graph/tensor';
import { keptRef } from '../attention/attention.ref';
import { relativeAttention } from './relative_attention';
import {
  relativeAttentionRef,
  relativeAttentionRefGrad,
  type RelativeInputs,
  type RelativeSizes,
} from './relative_attention.ref';

interface Case extends Omit<RelativeSizes, 'window'> {
  /** `window`, `chunk` and `dropout`, where there are. */
  readonly [option: string]: number;
}

const STEP = { seed: 5, index: 3 };

const sizesOf = ({ window, ...c }: Case): RelativeSizes => ({ ...c, ...(window && { window }) });

/** Dropout's factors: each chunk is an op of its own, over rows and keys of its own. */
function keptOf({ T, S, heads, window = S, chunk = T, dropout = 0 }: Case) {
  const chunks = Array.from({ length: Math.ceil(T / chunk) }, (_, stream) => {
    const [row, end] = [stream * chunk, Math.min(T, (stream + 1) * chunk)];
    const key = Math.max(0, row + S - T - window + 1);
    const kept = keptRef(STEP, { heads, S: end + S - T - key, rate: dropout, stream });
    return (b: number, h: number, t: number, j: number): number => kept(b, h, t - row, j - key);
  });
  return (b: number, h: number, t: number, j: number): number =>
    dropout > 0 ? chunks[Math.floor(t / chunk)](b, h, t, j) : 1;
}

const spec = {
  // The attention kernels are seconds each for lavapipe's compiler: an adapter with f16 tests that, others f32.
  dtypes: [feature('shader-f16') ? 'f16' : 'f32'],
  inputs: ({ B, T, S, heads, D }) => ({
    q: normal([B, T, heads * D]),
    kv: normal([B, S, 2 * heads * D]),
    r: normal([S, heads * D]),
    u: normal([heads, D]),
    v: normal([heads, D]),
  }),
  op: (g, { q, kv, r, u, v }, { heads, window, chunk, dropout }) =>
    relativeAttention(
      g,
      { q, kv, distances: r, contentBias: u, positionBias: v },
      { heads, ...(window && { window }), ...(chunk && { chunk }), ...(dropout && { dropout }) },
    ),
  reference: (x, c) => ({ y: relativeAttentionRef(x, sizesOf(c), keptOf(c)) }),
  gradient: (x, { y }, c) => relativeAttentionRefGrad(x, y, sizesOf(c), keptOf(c)),
  terms: ({ B, T, S, D }) => B * T + S + 2 * D,
  step: STEP,
} satisfies Omit<OpTest<Case, Record<keyof RelativeInputs, TestArray>>, 'cases'>;

testOp('relativeAttention', {
  ...spec,
  cases: [
    { B: 1, T: 1, S: 1, heads: 1, D: 3 },
    { B: 2, T: 5, S: 5, heads: 2, D: 3 }, // no memory
    { B: 2, T: 3, S: 79, heads: 3, D: 3 },
    { B: 2, T: 33, S: 40, heads: 3, D: 8 },
    { B: 2, T: 5, S: 5, heads: 1, D: 3, chunk: 2 },
    { B: 2, T: 33, S: 40, heads: 3, D: 8, chunk: 8 },
    { B: 2, T: 33, S: 79, heads: 3, D: 8, chunk: 16, window: 20 },
    { B: 1, T: 12, S: 15, heads: 3, D: 8, chunk: 4, window: 1 },
    ...(compilesSlowly
      ? []
      : [
          { B: 2, T: 20, S: 29, heads: 3, D: 8, chunk: 7, dropout: 0.3 },
          { B: 2, T: 20, S: 29, heads: 3, D: 8, chunk: 8, dropout: 0.3, window: 11 },
        ]),
  ],
});

testOp('relativeAttention, as on a GPU', {
  ...spec,
  rungs: ['hardware'],
  // wgsl_reflect's interpreter gives eight lanes of the bias's gradient the keys of one, and then sees them collide.
  races: false,
  cases: [{ B: 2, T: 33, S: 47, heads: 2, D: 8 }],
});

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
