import type { Packed } from '../../engine/graph/packed';
import { activationRef, activationRefGrad } from '../../engine/shaders/activation/activation.ref';
import { matmul } from '../../engine/shaders/matmul/matmul';
import { matmulRef, matmulRefGrad } from '../../engine/shaders/matmul/matmul.ref';
import { type DescribedOp, describeOp, grid, normal, type Where } from '../op';
import { asPacked, packedNormal, unpacked } from '../packed';

const RUNGS = ['software', 'hardware'] as const;
type OfGpu = (typeof RUNGS)[number];
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

const plain = (rung: OfGpu): DescribedOp =>
  describeOp<Case, { x: ReturnType<typeof normal>; w: ReturnType<typeof packedNormal> }>(
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

const fused = (rung: OfGpu): DescribedOp =>
  describeOp(`matmul with packed weights: K split, bias, activation, residual (${rung})`, {
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

export const ops = ({ gpu, subgroups }: Where): readonly DescribedOp[] => {
  const rungs = RUNGS.filter((rung) => rung === 'hardware' || (gpu && subgroups));
  return [...rungs.map(plain), ...rungs.map(fused)];
};
