import { activationRef, activationRefGrad } from '../../engine/shaders/activation/activation.ref';
import { matmul } from '../../engine/shaders/matmul/matmul';
import { matmulRef, matmulRefGrad, type MatmulSizes } from '../../engine/shaders/matmul/matmul.ref';
import { type DescribedOp, describeOp, grid, normal, type TestArray, type Where } from '../op';

// The software rungs share no memory between invocations and have no barrier, and the interpreter that looks for races
// cannot multiply their matrices.
const RUNGS = [
  { rung: 'software', rungs: ['software'], races: false, finiteDifferences: false },
  { rung: 'hardware', rungs: ['hardware'] },
] as const;

/** The software rungs need subgroups; without a GPU there is nothing to do for them. */
const rungsOf = ({ gpu, subgroups }: Where) =>
  RUNGS.filter(({ rung }) => rung === 'hardware' || (gpu && subgroups));

/** The arrays of a case: batch of 1 and shared b lose their axis. */
function operands(s: MatmulSizes): { a: TestArray; b: TestArray } {
  const leading = s.batch > 1 ? [s.batch] : [];
  return {
    a: normal([...leading, ...(s.transposeA ? [s.k, s.m] : [s.m, s.k])]),
    b: normal([...(s.shared ? [] : leading), ...(s.transposeB ? [s.n, s.k] : [s.k, s.n])]),
  };
}

interface Products {
  readonly name: string;
  readonly cases: Readonly<Record<'both' | 'software' | 'hardware', MatmulSizes[]>>;
  readonly options?: { dtypes?: ('f32' | 'f16')[]; races?: boolean; finiteDifferences?: boolean };
}

/** Every case costs a software adapter seconds of compiling, so the GPU's rungs get their own, shorter list. */
function onRungs({ name, cases, options = {} }: Products, where: Where): DescribedOp[] {
  return rungsOf(where).flatMap(({ rung, ...flags }) => {
    const list = [...cases.both, ...cases[rung]];
    // Nothing would be left for the cpu host of cases that are too large for both of its checks.
    const empty = !where.gpu && options.races === false && options.finiteDifferences === false;
    return list.length > 0 && !empty ? [product(`${name} (${rung})`, list, { ...options, ...flags })] : [];
  });
}

function product(
  name: string,
  cases: MatmulSizes[],
  options: { rungs: readonly ('software' | 'hardware')[]; dtypes?: ('f32' | 'f16')[]; races?: boolean },
): DescribedOp {
  return describeOp<MatmulSizes & Record<string, number | boolean>, { a: TestArray; b: TestArray }>(name, {
    cases: cases.map((c) => ({ ...c })),
    inputs: operands,
    op: (g, { a, b }, { transposeA, transposeB }) => matmul(g, a, b, { transposeA, transposeB }),
    reference: ({ a, b }, s) => ({ y: matmulRef(s, a, b) }),
    gradient: ({ a, b }, { y }, s) => matmulRefGrad(s, a, b, y),
    terms: (s) => s.batch * Math.max(s.m, s.n, s.k),
    ...options,
  });
}

const plain = { batch: 1, shared: true, transposeA: false, transposeB: false };
const transposes = grid({ transposeA: [false, true], transposeB: [false, true] });

const PRODUCTS: readonly Products[] = [
  {
    name: 'matmul: every transpose, rows of any length and of fours',
    cases: {
      both: [
        ...transposes.map((t) => ({ ...plain, ...t, m: 17, n: 13, k: 19 })),
        { ...plain, m: 36, n: 68, k: 40 },
      ],
      software: [{ ...plain, transposeA: true, transposeB: true, m: 36, n: 68, k: 40 }],
      hardware: [],
    },
  },
  {
    name: 'matmul: around the tiles',
    cases: {
      both: [
        { ...plain, m: 1, n: 1, k: 1 },
        { ...plain, m: 33, n: 65, k: 33 },
      ],
      software: [
        { ...plain, m: 5, n: 1, k: 7 },
        { ...plain, m: 31, n: 63, k: 3 },
        { ...plain, m: 64, n: 128, k: 32 },
        { ...plain, m: 130, n: 140, k: 68 },
      ],
      hardware: [],
    },
    options: { dtypes: ['f32'] },
  },
  {
    name: 'matmul: one to four rows',
    cases: {
      both: [
        { ...plain, m: 1, n: 67, k: 131 },
        { ...plain, m: 3, n: 66, k: 130, transposeB: true },
      ],
      software: [
        { ...plain, m: 1, n: 132, k: 64, transposeB: true },
        { ...plain, m: 4, n: 132, k: 64 },
      ],
      hardware: [{ ...plain, m: 1, n: 132, k: 64, transposeB: true }],
    },
    options: { dtypes: ['f32'] },
  },
  {
    name: 'matmul: K split among workgroups',
    cases: {
      both: [
        { ...plain, m: 9, n: 7, k: 1031 },
        { ...plain, m: 1, n: 8, k: 1040 },
      ],
      software: [],
      hardware: [],
    },
    options: { dtypes: ['f32'], races: false }, // the interpreter takes minutes; splitting adds no shared memory
  },
  {
    name: 'matmul: batches',
    cases: {
      both: [
        { ...plain, shared: true, batch: 3, m: 5, n: 9, k: 7 },
        { ...plain, shared: true, batch: 3, m: 8, n: 12, k: 4, transposeA: true },
        { ...plain, shared: false, batch: 2, m: 7, n: 20, k: 8, transposeB: true },
      ],
      software: [],
      hardware: [],
    },
    options: { dtypes: ['f32'] },
  },
  {
    name: 'matmul: enough workgroups for the 64 × 64 tile, in the product and in both gradients',
    cases: {
      both: [],
      software: [],
      hardware: [{ ...plain, shared: false, batch: 32, m: 65, n: 68, k: 66 }],
    },
    options: { dtypes: ['f32'], races: false, finiteDifferences: false }, // too large for either
  },
];

// Each rung in decoding and in training; every activation; with and without what can be left out.
const fused = [
  { m: 1, n: 37, activation: 'gelu', residual: true },
  { m: 21, n: 37, activation: 'none', residual: false },
  { m: 21, n: 40, activation: 'none', residual: true },
  { m: 21, n: 40, activation: 'gelu', residual: false },
  { m: 21, n: 40, activation: 'gelu_tanh', residual: false },
  { m: 21, n: 40, activation: 'relu', residual: true },
  { m: 21, n: 40, activation: 'silu', residual: false },
] as const;

const fusedOn = ({ rung, ...flags }: (typeof RUNGS)[number]): DescribedOp =>
  describeOp(`matmul with bias, activation and residual (${rung})`, {
    cases: rung === 'software' ? fused.slice() : fused.slice(0, 4),
    dtypes: rung === 'software' ? ['f32'] : ['f32', 'f16'],
    inputs: ({ m, n, residual }) => ({
      a: normal([m, 24]),
      b: normal([24, n], { std: 0.2 }),
      bias: normal([n]),
      // An unused residual is no input of the op, so it must not ask for a gradient.
      residual: normal([m, n], { fixed: !residual }),
    }),
    op: (g, { a, b, bias, residual }, c) =>
      matmul(g, a, b, {
        bias,
        activation: c.activation === 'none' ? null : c.activation,
        residual: c.residual ? residual : null,
      }),
    reference: ({ a, b, bias, residual }, c) => {
      const z = matmulRef({ ...plain, ...c, k: 24 }, a, b, bias);
      const y = c.activation === 'none' ? z : activationRef(z, c.activation);
      return { y: c.residual ? y.map((v, i) => v + residual[i]) : y };
    },
    gradient: ({ a, b, bias }, { y }, c) => {
      const sizes = { ...plain, ...c, k: 24 };
      const z = matmulRef(sizes, a, b, bias);
      const dz = c.activation === 'none' ? y : activationRefGrad(z, y, c.activation);
      return { ...matmulRefGrad(sizes, a, b, dz), residual: y };
    },
    // In f16 storage the activation's argument is kept rounded, which its slope sees.
    bound: { c0: 8 },
    terms: ({ m, n }) => Math.max(m, n, 24),
    ...flags,
    finiteDifferences: false, // relu has a corner; activation.test.ts and the plain products have theirs
  });

const itself = describeOp('matmul of a tensor with itself, gradients added', {
  cases: grid({ n: [6, 8] }),
  inputs: ({ n }) => ({ x: normal([n, n]) }),
  op: (g, { x }) => matmul(g, x, x, { transposeB: true }),
  reference: ({ x }, { n }) => ({ y: matmulRef({ ...plain, m: n, n, k: n, transposeB: true }, x, x) }),
  gradient: ({ x }, { y }, { n }) => {
    const d = matmulRefGrad({ ...plain, m: n, n, k: n, transposeB: true }, x, x, y);
    return { x: d.a.map((v, i) => v + d.b[i]) };
  },
  terms: ({ n }) => 2 * n,
});

export const ops = (where: Where): readonly DescribedOp[] => [
  ...PRODUCTS.flatMap((products) => onRungs(products, where)),
  ...rungsOf(where).map(fusedOn),
  itself,
];
