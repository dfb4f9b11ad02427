import { describe, expect, it } from 'vitest';
import { asPacked } from '../../../checks/packed';
import { ops } from '../../../checks/ops/matmul_packed';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { matmul } from './matmul';
import { tile } from './tile';

testOps(ops);

describe('packed weights', () => {
  it('have kernels of their own for few rows, on both rungs, and the steps of whole groups', () => {
    const sizes = { batch: 1, n: 768, k: 768, transposeB: true, packed: 'int4' } as const;
    const gpu = { software: false, subgroups: { min: 32, max: 32 }, manyRegisters: true };
    const cpu = { software: true, subgroups: { min: 8, max: 8 }, manyRegisters: false };
    expect(tile({ ...sizes, m: 1 }, gpu)).toMatchObject({
      rung: 'gemv_packed',
      along: 32,
      width: 8,
      step: 32,
    });
    expect(tile({ ...sizes, m: 1, packed: 'int8' }, gpu)).toMatchObject({ along: 64, width: 4, step: 16 });
    expect(tile({ ...sizes, m: 1 }, cpu)).toMatchObject({ rung: 'row_packed', step: 32 });
    expect(tile({ ...sizes, m: 64 }, gpu).rung).toBe('tile_32x32');
    expect(tile({ ...sizes, m: 1, transposeB: false }, gpu).rung).toBe('gemv');
  });

  it('go nowhere else', () => {
    const g = new Graph(fakeDevice());
    const w = asPacked(g.input('w', [8 * 36], 'u32'), 'int8', 8, 128);
    const x = g.input('x', [4, 128], 'f32');
    expect(() => matmul(g, w, x, { transposeB: true })).toThrow(
      'matmul: w holds int8. It must hold f32 or f16.',
    );
    expect(() => matmul(g, g.input('t', [128, 4], 'f32'), w, { transposeA: true, transposeB: true })).toThrow(
      'matmul: a transposed a does not go with w (8, 128) int8',
    );
    expect(() => g.view(w, [128, 8])).toThrow('view: w (8, 128) int8 is packed. It has no other shape.');
  });
});
