import { describe, expect, it } from 'vitest';
import { tile, type ProductSizes } from './tile';

const swiftshader = { software: true, subgroups: { min: 4, max: 4 }, manyRegisters: false };
const lavapipe = { software: true, subgroups: { min: 8, max: 8 }, manyRegisters: false };
const gpu = { software: false, subgroups: { min: 32, max: 32 }, manyRegisters: true };
const sizes = (m: number, n: number, k: number, batch = 1): ProductSizes => ({
  batch,
  m,
  n,
  k,
  transposeB: false,
});

describe('matmul tile', () => {
  it('climbs the software ladder with the number of rows', () => {
    expect(tile(sizes(1, 3072, 768), swiftshader).rung).toBe('row_1x64');
    expect(tile(sizes(4, 3072, 768), swiftshader).rung).toBe('quad_4x64');
    expect(tile(sizes(16, 3072, 768), swiftshader).rung).toBe('quad_16x16');
    expect(tile(sizes(128, 3072, 768), swiftshader).rung).toBe('quad_32x64');
  });

  it('wastes no wide tile on a narrow product', () => {
    expect(tile(sizes(512, 8, 512), swiftshader).rung).toBe('quad_16x16');
    expect(tile(sizes(33, 65, 512), swiftshader).rung).toBe('quad_16x16');
  });

  it('spares lavapipe the wide tile', () => {
    expect(tile(sizes(512, 512, 512), lavapipe)).toMatchObject({ rung: 'quad_16x16', lanes: 8, width: 32 });
    expect(tile(sizes(512, 512, 512), { ...lavapipe, subgroups: null, manyRegisters: true }).rung).toBe(
      'tile_64x64',
    );
  });

  it('takes GPU tiles by the number of workgroups they give', () => {
    expect(tile(sizes(1, 768, 768), gpu).rung).toBe('gemv');
    expect(tile(sizes(256, 256, 256), gpu).rung).toBe('tile_32x32');
    expect(tile(sizes(1024, 1024, 1024), gpu).rung).toBe('tile_64x64');
    expect(tile(sizes(1024, 1024, 1024), { ...gpu, manyRegisters: false }).rung).toBe('tile_32x32');
  });

  it('gives a row of GPU workgroups to themselves, larger and narrower where they are few', () => {
    const splits = 1;
    expect(tile(sizes(1, 3072, 768), gpu)).toMatchObject({ rung: 'gemv', width: 32, lanes: 256, splits });
    expect(tile(sizes(1, 768, 768), gpu)).toMatchObject({ rung: 'gemv', width: 16, lanes: 256, splits });
    expect(tile(sizes(1, 50_257, 768), gpu)).toMatchObject({ rung: 'gemv', width: 32, lanes: 64, splits });
    expect(tile(sizes(1, 768, 100_003), gpu).splits).toBeGreaterThan(8);
  });

  it('splits K where the outputs alone give too few workgroups, into parts of whole steps', () => {
    for (const can of [swiftshader, lavapipe, gpu]) {
      for (const [m, n, k] of [
        [16, 16, 4096],
        [64, 64, 768],
        [1, 8, 3000],
        [2, 8, 9000],
        [768, 768, 768],
        [5, 5, 5],
      ] as const) {
        const { splits, chunk, step } = tile(sizes(m, n, k), can);
        expect(chunk % step).toBe(0);
        expect(splits * chunk).toBeGreaterThanOrEqual(k);
        expect((splits - 1) * chunk).toBeLessThan(k);
      }
    }
    expect(tile(sizes(64, 64, 4096), gpu).splits).toBeGreaterThan(8);
    expect(tile(sizes(1024, 1024, 4096), gpu).splits).toBe(1);
    // However many outputs there are, no part is a sum of tens of thousands.
    for (const can of [swiftshader, lavapipe, gpu]) {
      expect(tile(sizes(1024, 1024, 8192), can).splits).toBe(1);
      for (const k of [8193, 100_003, 1_000_000])
        for (const m of [1, 4, 33]) expect(tile(sizes(m, 256, k), can).chunk).toBeLessThanOrEqual(2048);
      expect(tile(sizes(4096, 4096, 100_003), can).splits).toBe(1); // parts of 64 MiB each
    }
  });
});
