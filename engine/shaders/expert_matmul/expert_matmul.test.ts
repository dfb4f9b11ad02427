// The ops of a mixture of experts are described in one place, and tested here.
import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/experts';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host, openTestGpu } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { expertRows, mostTiles } from '../expert_rows/expert_rows';
import { expertSum } from '../expert_sum/expert_sum';
import { topExperts } from '../top_experts/top_experts';
import { expertMatmul } from './expert_matmul';

testOps(ops);

/** SwiftShader's. */
const QUADS = { min: 4, max: 4 };

describe('ops of experts', () => {
  it('have room for the worst case, and for no more', () => {
    // By trying all ways to share pairs out.
    const worst = (pairs: number, experts: number, height: number): number =>
      experts === 1
        ? Math.ceil(pairs / height)
        : Math.max(
            ...Array.from(
              { length: pairs + 1 },
              (_, own) => Math.ceil(own / height) + worst(pairs - own, experts - 1, height),
            ),
          );
    for (const height of [1, 2, 3, 5])
      for (const experts of [1, 2, 3, 4])
        for (const pairs of [1, 2, 5, 9, 12])
          expect(mostTiles(pairs, experts, height), `${pairs} ${experts} ${height}`).toBe(
            worst(pairs, experts, height),
          );
  });

  it('take few tokens as they come, and sort those of a graph that trains', () => {
    const of = (train: boolean, tokens: number) => {
      const g = new Graph(fakeDevice(), { train });
      const rows = expertRows(g, g.input('ids', [tokens, 2], 'u32'), { experts: 8 });
      return { height: rows.height, tiles: rows.tiles, sorts: g.dispatches.length };
    };
    expect(of(false, 1)).toEqual({ height: 1, tiles: 2, sorts: 0 });
    expect(of(false, 4)).toMatchObject({ height: 1, tiles: 8 });
    expect(of(true, 1).sorts).toBe(2);
    expect(of(false, 5).sorts).toBe(2);
  });

  it('refuse what does not fit', () => {
    const g = new Graph(fakeDevice(), { train: true });
    const logits = g.input('logits', [6, 4], 'f32');
    expect(() => topExperts(g, logits, { count: 5 })).toThrow('5 experts of 4 a token. Ask for 1 to 4.');
    expect(() => topExperts(g, logits, { count: 0 })).toThrow('0 experts');
    const ids = g.input('ids', [6, 2], 'u32');
    expect(() => expertRows(g, logits, { experts: 4 })).toThrow('logits holds f32');
    expect(() => expertRows(g, ids, { experts: 0 })).toThrow('experts is 0');
    expect(() => expertRows(g, ids, { experts: 4, height: 1.5 })).toThrow('height is 1.5');
    const rows = expertRows(g, ids, { experts: 4, height: 16 });
    const x = g.input('x', [6, 8], 'f32');
    const w = g.input('w', [4 * 3, 8], 'f32');
    expect(() => expertMatmul(g, x, w, rows)).toThrow('x is (6, 8)');
    expect(() => expertMatmul(g, x, g.input('w2', [10, 8], 'f32'), rows, { tokens: true })).toThrow(
      'w2 is (10, 8) for 4 experts',
    );
    const y = expertMatmul(g, x, w, rows, { tokens: true });
    expect(y.shape).toEqual([64, 3]);
    expect(() => expertSum(g, y, g.input('weights', [6, 3], 'f32'), rows)).toThrow('weights is (6, 3)');
  });

  it('say that rows in no order have no gradients', () => {
    const g = new Graph(fakeDevice(), { train: true });
    const ids = g.input('ids', [2, 1], 'u32');
    const rows = { ...expertRows(g, ids, { experts: 2, height: 1 }), starts: null };
    const w = g.input('w', [2, 4], 'f32', { differentiable: true });
    const y = expertMatmul(g, g.input('x', [2, 4], 'f32'), w, rows, { tokens: true });
    const dy = g.input('dy', y.shape, 'f32');
    expect(() => g.backpropFrom(new Map([[y, dy]]))).toThrow('rows are in no order');
  });

  it('refuse gradients of weights over tiles that products step across', () => {
    for (const [software, unit] of [
      [true, 16],
      [false, 32],
    ] as const) {
      const g = new Graph(fakeDevice({ software, subgroups: QUADS }), { train: true });
      const rows = expertRows(g, g.input('ids', [8, 2], 'u32'), { experts: 4, height: 8 });
      const w = g.input('w', [16, 4], 'f32', { differentiable: true });
      const y = expertMatmul(g, g.input('x', [8, 4], 'f32'), w, rows, { tokens: true });
      const dy = g.input('dy', y.shape, 'f32');
      expect(() => g.backpropFrom(new Map([[y, dy]]))).toThrow(
        `w over tiles of 8 rows. Leave out the height, or use a multiple of ${unit}.`,
      );
    }
  });

  it('are in larger tiles where experts fill them', () => {
    const height = (tokens: number, experts: number, can: object): number => {
      const g = new Graph(fakeDevice(can), { train: true });
      return expertRows(g, g.input('ids', [tokens, 2], 'u32'), { experts }).height;
    };
    expect(height(64, 8, { software: true, subgroups: QUADS })).toBe(16);
    expect(height(512, 8, { software: true, subgroups: QUADS })).toBe(32);
    expect(height(64, 8, { software: false, manyRegisters: true })).toBe(32);
    expect(height(512, 8, { software: false, manyRegisters: true })).toBe(64);
    expect(height(512, 8, { software: false, manyRegisters: false })).toBe(32);
  });
});

if (host.gpu)
  it('keep a token whose logits are not finite to itself, and tell of it', async () => {
    using device = await Device.open({ gpu: openTestGpu() });
    const [T, E, C] = [7, 3, 4];
    for (const train of [false, true]) {
      for (const odd of [NaN, Infinity]) {
        const g = new Graph(device, { train });
        const { ids, weights } = topExperts(g, g.input('logits', [T, E], 'f32'), { count: 2 });
        const rows = expertRows(g, ids, { experts: E, height: 16 });
        const w = g.constant('w', [E * C, C], new Float32Array(E * C * C).fill(1));
        const x = g.constant('x', [T, C], new Float32Array(T * C).fill(1));
        const y = expertSum(g, expertMatmul(g, x, w, rows, { tokens: true }), weights, rows);
        using plan = await g.compile({ y });
        plan.run({ logits: new Float32Array(T * E).fill(0).fill(odd, 3 * E, 3 * E + 1) });
        const read = await plan.read('y');
        read.forEach((v, i) => {
          if (Math.floor(i / C) === 3) expect(Number.isFinite(v)).toBe(false);
          else expect(v).toBeCloseTo((C * 2) / 3, 5);
        });
      }
    }
  });
