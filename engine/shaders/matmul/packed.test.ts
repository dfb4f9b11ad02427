import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { feature, host } from '../../../tests/harness/host';
import { grid, normal, testOp } from '../../../tests/harness/op';
import { asPacked, packedNormal, unpacked } from '../../../tests/harness/packed';
import { Graph } from '../../graph/graph';
import type { Packed } from '../../graph/packed';
import { activationRef, activationRefGrad } from '../activation/activation.ref';
import { matmul } from './matmul';
import { matmulRef, matmulRefGrad } from './matmul.ref';
import { tile } from './tile';

const RUNGS = (['software', 'hardware'] as const).filter(
  (rung) => rung === 'hardware' || (host.gpu && feature('subgroups')),
);
const shared = { batch: 1, shared: true, transposeA: false, transposeB: true };

interface Case extends Record<string, number | string> {
  packed: Packed;
  m: number;
  n: number;
  k: number;
}

// Widths that groups of 32 and 64, vectors and words do not divide; one to four rows, and tiles. The gradient of x has its own
// kernels, which read the weight the other way: x (m, k) there is dy (m, n) here.
const cases: Record<(typeof RUNGS)[number], Case[]> = {
  software: [
    ...grid({ packed: ['int8', 'int4', 'int4-64'] as const, m: [1, 17], n: [37], k: [83] }),
    { packed: 'int8', m: 3, n: 16, k: 19 },
    { packed: 'int4', m: 1, n: 68, k: 160 },
    { packed: 'int4', m: 4, n: 13, k: 5 },
  ],
  hardware: [
    ...grid({ packed: ['int8', 'int4', 'int4-64'] as const, m: [1, 17], n: [37], k: [83] }),
    { packed: 'int8', m: 3, n: 16, k: 19 },
    { packed: 'int8', m: 1, n: 1, k: 1 },
    { packed: 'int4', m: 4, n: 68, k: 2100 }, // all lanes along K, and more than one turn
  ],
};

for (const rung of RUNGS) {
  testOp<Case, { x: ReturnType<typeof normal>; w: ReturnType<typeof packedNormal> }>(
    `matmul with packed weights (${rung})`,
    {
      cases: cases[rung],
      inputs: ({ packed, m, n, k }) => ({ x: normal([m, k]), w: packedNormal(packed, n, k) }),
      op: (g, { x, w }, { packed, n, k }) => matmul(g, x, asPacked(w, packed, n, k), { transposeB: true }),
      reference: ({ x, w }, c) => ({
        y: matmulRef({ ...shared, ...c }, x, unpacked(c.packed, c.n, c.k, w)),
      }),
      gradient: ({ x, w }, { y }, c) => ({
        x: matmulRefGrad({ ...shared, ...c }, x, unpacked(c.packed, c.n, c.k, w), y).a,
      }),
      terms: ({ n, k }) => Math.max(n, k),
      rungs: [rung],
      races: false, // wgsl_reflect's interpreter has no matrices, nor signed shifts of vectors
    },
  );
}

for (const rung of RUNGS) {
  testOp(`matmul with packed weights: K split, bias, activation, residual (${rung})`, {
    cases: [
      { packed: 'int8', m: 1, n: 20, k: 1040 },
      { packed: 'int4', m: 1, n: 19, k: 1031 },
      { packed: 'int4', m: 9, n: 20, k: 530 },
    ] as Case[],
    dtypes: ['f32'],
    inputs: ({ packed, m, n, k }) => ({
      x: normal([m, k], { std: 0.1 }),
      w: packedNormal(packed, n, k),
      bias: normal([n]),
      residual: normal([m, n]),
    }),
    op: (g, { x, w, bias, residual }, { packed, n, k }) =>
      matmul(g, x, asPacked(w, packed, n, k), { transposeB: true, bias, residual, activation: 'silu' }),
    reference: ({ x, w, bias, residual }, c) => {
      const z = matmulRef({ ...shared, ...c }, x, unpacked(c.packed, c.n, c.k, w), bias);
      return { y: activationRef(z, 'silu').map((v, i) => v + residual[i]) };
    },
    gradient: ({ x, w, bias }, { y }, c) => {
      const sizes = { ...shared, ...c };
      const weight = unpacked(c.packed, c.n, c.k, w);
      const z = matmulRef(sizes, x, weight, bias);
      const { a, bias: b } = matmulRefGrad(sizes, x, weight, activationRefGrad(z, y, 'silu'));
      return { x: a, bias: b, residual: y };
    },
    terms: ({ n, k }) => Math.max(n, k),
    rungs: [rung],
    races: false, // as above
  });
}

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
