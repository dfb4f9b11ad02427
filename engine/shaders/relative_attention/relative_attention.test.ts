import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { feature } from '../../../tests/harness/host';
import { normal, testOp, type OpTest, type TestArray } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import type { Shape } from '../../graph/tensor';
import { relativeAttention } from './relative_attention';
import {
  relativeAttentionRef,
  relativeAttentionRefGrad,
  type RelativeInputs,
  type RelativeSizes,
} from './relative_attention.ref';

interface Sizes extends RelativeSizes {
  readonly [key: string]: number;
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
  op: (g, { q, kv, r, u, v }, { heads }) =>
    relativeAttention(g, { q, kv, distances: r, contentBias: u, positionBias: v }, { heads }),
  reference: (x, sizes) => ({ y: relativeAttentionRef(x, sizes) }),
  gradient: (x, { y }, sizes) => relativeAttentionRefGrad(x, y, sizes),
  terms: ({ B, T, S, D }) => B * T + S + 2 * D,
} satisfies Omit<OpTest<Sizes, Record<keyof RelativeInputs, TestArray>>, 'cases'>;

testOp('relativeAttention', {
  ...spec,
  cases: [
    { B: 1, T: 1, S: 1, heads: 1, D: 3 },
    { B: 2, T: 5, S: 5, heads: 2, D: 3 }, // no memory
    { B: 2, T: 3, S: 79, heads: 3, D: 3 },
    { B: 2, T: 33, S: 40, heads: 3, D: 8 },
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
  const record = (shapes: Partial<Record<'q' | 'kv' | 'r' | 'u' | 'v', Shape>>, heads = 2) => {
    const g = new Graph(fakeDevice());
    const all = { q: [2, 3, 8], kv: [2, 5, 16], r: [5, 8], u: [2, 4], v: [2, 4], ...shapes };
    const make = (name: keyof typeof all) => g.input(name, all[name], 'f32');
    const [q, kv, distances, contentBias, positionBias] = (['q', 'kv', 'r', 'u', 'v'] as const).map(make);
    return () => relativeAttention(g, { q, kv, distances, contentBias, positionBias }, { heads });
  };
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
  });
});
