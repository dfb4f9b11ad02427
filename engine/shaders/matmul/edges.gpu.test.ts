import { constant, testEdges, type Edge } from '../../../tests/harness/edges';
import { compilesSlowly, feature } from '../../../tests/harness/host';
import { matmul } from './matmul';

/** 0.1 as f32 has it, squared: each product's terms are this. */
const SQUARE = Math.fround(0.1) ** 2;
const rungs = feature('subgroups') ? (['software', 'hardware'] as const) : (['hardware'] as const);

/** (m, k) · (k, n) of 0.1 everywhere. */
const long = (m: number, n: number, k: number, transposeB = false): Edge => ({
  name: `a sum of ${k} products, ${m}×${n}${transposeB ? ' transposed' : ''}`,
  rungs,
  inputs: { a: constant([m, k], 0.1), b: constant(transposeB ? [n, k] : [k, n], 0.1) },
  op: (g, { a, b }) => matmul(g, a, b, { transposeB }),
  want: { y: new Float64Array(m * n).fill(k * SQUARE) },
  within: 2e-6,
});

testEdges('matmul', [
  long(1, 4, 100_003),
  long(3, 5, 100_003, true),
  long(33, 64, 100_003),
  {
    ...long(64, 128, 30_001), // more workgroups than a software adapter wants: only its length splits it
    rungs: rungs.filter((rung) => rung === 'software'),
  },
  // A bias's gradient is a sum over rows, a weight's one over as many products.
  ...[
    { rows: 100_003, c: 3 },
    { rows: 70_001, c: 4 },
  ].map(({ rows, c }): Edge => ({
    name: `gradients of weight and bias over ${rows} rows, ${c} columns`,
    rungs: compilesSlowly ? ['hardware'] : rungs,
    inputs: { x: constant([rows, 2], 0.1), w: constant([2, c], 1), b: constant([c], 0) },
    op: (g, { x, w, b }) => matmul(g, x, w, { bias: b }),
    upstream: { y: new Float64Array(rows * c).fill(0.1) },
    want: {
      'grad w': new Float64Array(2 * c).fill(rows * SQUARE),
      'grad b': new Float64Array(c).fill(rows * Math.fround(0.1)),
    },
    within: 2e-6,
  })),
]);
