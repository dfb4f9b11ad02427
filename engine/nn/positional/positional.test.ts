import { describe, expect, it } from 'vitest';
import ops from '../../../tests/fixtures/ops.json';
import fixture from '../../../tests/fixtures/positions.json';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { Graph } from '../../graph/graph';
import { parameters } from '../parameter';
import {
  alibiSlopes,
  bucketTable,
  DistanceBuckets,
  LearnedPositions,
  relativeSinusoidalTable,
  ropeFrequencies,
  ropeScalingFromConfig,
  ropeThetaFromConfig,
  sinusoidalTable,
  t5Bucket,
} from './index';

describe('sinusoidal', () => {
  it("equals the formula as torch's float64 gives it", () => {
    const { shape, data } = ops.sinusoidal.out;
    const table = sinusoidalTable(shape[0], shape[1]);
    data.forEach((want, i) => expect(table[i]).toBeCloseTo(want, 6));
  });

  it.each(fixture.transformerXL)('equals Transformer-XL: $length × $width, clamp $clamp', (f) => {
    const table = relativeSinusoidalTable(f.length, f.width, { clamp: f.clamp ?? undefined });
    expect(table.length).toBe(f.out.data.length);
    f.out.data.forEach((want, i) => expect(table[i]).toBeCloseTo(want, 6));
  });

  it('refuses tables that cannot be', () => {
    expect(() => sinusoidalTable(0, 4)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: sinusoidal: a table of 0 rows of 4 columns. Give two positive integers.]`,
    );
    expect(() => relativeSinusoidalTable(4, 5)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: relativeSinusoidal: 5 columns do not divide into sines and cosines. Give an even C.]`,
    );
    expect(() => relativeSinusoidalTable(4, 6, { clamp: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: relativeSinusoidal: clamp is 0. Give a positive distance, or leave it out.]`,
    );
  });
});

describe('LearnedPositions', () => {
  it('has one named table and refuses longer input', () => {
    const positions = new LearnedPositions(8, 6);
    expect([...parameters({ wpe: positions }).keys()]).toEqual(['wpe.weight']);
    expect(positions.weight.shape).toEqual([8, 6]);
    positions.weight.name = 'wpe.weight'; // as a store does
    const g = new Graph(fakeDevice());
    expect(positions.forward(g, g.input('x', [2, 8, 6], 'f32')).shape).toEqual([2, 8, 6]);
    const long = g.input('long', [2, 9, 6], 'f32');
    expect(() => positions.forward(g, long)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: addPositions: 9 positions exceed the 8 of wpe.weight. Shorten the input.]`,
    );
  });
});

describe('ropeFrequencies', () => {
  it.each(fixture.rope.scaled)('equals transformers: $name', (f) => {
    const { rope_scaling } = f.json;
    const read =
      rope_scaling.rope_type === 'ntk'
        ? ({ type: 'ntk', factor: rope_scaling.factor } as const)
        : ropeScalingFromConfig(f.json)!;
    const scaling = read.type === 'dynamic' && f.context ? { ...read, context: f.context } : read;
    const theta = ropeThetaFromConfig(f.json);
    const { frequencies, attentionFactor } = ropeFrequencies({ width: f.width, theta, scaling });
    expect(frequencies.length).toBe(f.frequencies.length);
    f.frequencies.forEach((want, j) => expect(frequencies[j] / want - 1).toBeCloseTo(0, 12));
    expect(attentionFactor).toBeCloseTo(f.attentionFactor, 12);
  });

  it('reads older and newer spellings of config.json', () => {
    const yarn = { factor: 4, original_max_position_embeddings: 1024 };
    const want = { type: 'yarn', factor: 4, originalContext: 1024 };
    expect(ropeScalingFromConfig({ rope_scaling: { ...yarn, type: 'yarn' } })).toEqual(want);
    expect(ropeScalingFromConfig({ rope_parameters: { ...yarn, rope_type: 'yarn' } })).toEqual(want);
    const plain = { rope_parameters: { rope_type: 'default', rope_theta: 5e5 } };
    expect(ropeScalingFromConfig(plain)).toBe(null);
    expect(ropeThetaFromConfig(plain)).toBe(5e5);
    expect(ropeScalingFromConfig({ rope_scaling: null })).toBe(null);
    expect(ropeThetaFromConfig({})).toBe(10_000);
    const scales = { ...yarn, type: 'yarn', mscale: 1, mscale_all_dim: 0.5 };
    const grown = ropeScalingFromConfig({ rope_scaling: scales });
    expect(grown).toMatchObject({ attentionFactor: (0.1 * Math.log(4) + 1) / (0.05 * Math.log(4) + 1) });
  });

  it('refuses what it cannot scale', () => {
    expect(() => ropeFrequencies({ width: 7 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: RoPE: 7 columns cannot rotate in pairs. Give an even number.]`,
    );
    expect(() => ropeFrequencies({ width: 8, theta: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: RoPE: theta is 1. It must be finite and above 1.]`,
    );
    const scale = (scaling: Parameters<typeof ropeFrequencies>[0]['scaling']) => () =>
      ropeFrequencies({ width: 8, scaling });
    expect(scale({ type: 'linear', factor: 0.5 })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: RoPE: factor of linear scaling is 0.5. Give at least 1.]`,
    );
    expect(scale({ type: 'yarn', factor: 2, originalContext: NaN })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: RoPE: originalContext of yarn scaling is NaN. It must be positive and finite.]`,
    );
    expect(
      scale({ type: 'yarn', factor: 2, originalContext: 64, betaSlow: 40 }),
    ).toThrowErrorMatchingInlineSnapshot(`[EngineError: RoPE: betaFast 32 is below betaSlow 40.]`);
    const llama = { type: 'llama3', factor: 8, originalContext: 64 } as const;
    expect(
      scale({ ...llama, lowFrequencyFactor: 4, highFrequencyFactor: 4 }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: RoPE: highFrequencyFactor 4 is not above lowFrequencyFactor 4. Take both from config.json as they are.]`,
    );
    const config = (rope_scaling: unknown) => () => ropeScalingFromConfig({ rope_scaling });
    expect(config('linear')).toThrowErrorMatchingInlineSnapshot(
      `[DataError: config.json: rope_scaling is "linear". It must be an object.]`,
    );
    expect(config({ type: 'longrope', factor: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: config.json: rope_scaling is of type "longrope". Known are default, linear, dynamic, yarn and llama3.]`,
    );
    // Layers that differ, heads that turn in part, kinds of other families: not silently plain.
    expect(config({ full_attention: { rope_type: 'linear', factor: 2 } })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: config.json: rope_scaling of type "default" has full_attention: {"rope_type":"linear","factor":2}. The frequencies that this makes are not known here.]`,
    );
    expect(config({ type: 'dynamic', factor: 2, alpha: 1000 })).toThrow('has alpha: 1000');
    expect(config({ rope_type: 'default', partial_rotary_factor: 0.5 })).toThrow(
      'has partial_rotary_factor: 0.5',
    );
    expect(config({ rope_type: 'default', mrope_section: [2, 3, 3] })).toThrow('has mrope_section');
    expect(config({ rope_type: 'default', partial_rotary_factor: 1, alpha: null })()).toBe(null);
    expect(config({ type: 'linear' })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: config.json: rope_scaling of type "linear" has no factor.]`,
    );
    expect(config({ type: 'linear', factor: '2' })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: config.json: factor of rope_scaling is "2". It must be a number.]`,
    );
    expect(config({ type: 'dynamic', factor: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[DataError: config.json: max_position_embeddings is missing, which rope_scaling needs.]`,
    );
  });
});

describe('t5Bucket', () => {
  it.each(fixture.t5)(
    'equals transformers from -2000 to 2000: $buckets buckets to $maxDistance, bidirectional $bidirectional',
    ({ runs, ...options }) => {
      const want = runs.flatMap(([bucket, count]) => new Array<number>(count).fill(bucket));
      expect(want.length).toBe(4001);
      expect(want.map((_, at) => t5Bucket(at - 2000, options))).toEqual(want);
      expect([...bucketTable(2001, 2001, options)]).toEqual(want);
    },
  );

  it('lays the table out by j - i + T - 1', () => {
    const [T, S] = [3, 5];
    const table = bucketTable(T, S, { buckets: 8, maxDistance: 20 });
    expect(table.length).toBe(T + S - 1);
    for (let i = 0; i < T; i++)
      for (let j = 0; j < S; j++)
        expect(table[j - i + T - 1]).toBe(t5Bucket(j - i, { buckets: 8, maxDistance: 20 }));
  });

  it('refuses buckets that do not divide', () => {
    expect(() => t5Bucket(1, { buckets: 7 })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: t5Bucket: 7 buckets in two directions. Give an even number of at least 4.]`,
    );
    expect(() => t5Bucket(1, { buckets: 1, bidirectional: false })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: t5Bucket: 1 buckets. Give at least 2.]`,
    );
    expect(() => new DistanceBuckets({ heads: 2, buckets: 7 })).toThrow('7 buckets in two directions');
    expect(() => t5Bucket(1, { maxDistance: 8 })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: t5Bucket: maxDistance is 8, but 8 distances have a bucket each. Give more than 8.]`,
    );
    expect(() => bucketTable(0, 4)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: bucketTable: 0 queries and 4 keys. Give two positive integers.]`,
    );
  });
});

describe('alibiSlopes', () => {
  it.each(fixture.alibi)("equals the paper's code: $heads heads", ({ heads, slopes }) => {
    const got = alibiSlopes(heads);
    expect(got.length).toBe(heads);
    slopes.forEach((want, h) => expect(got[h] / want - 1).toBeCloseTo(0, 12));
  });

  it('refuses no heads', () => {
    expect(() => alibiSlopes(0)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: alibiSlopes: 0 heads. Give a whole number from 1 to 65536.]`,
    );
  });
});
