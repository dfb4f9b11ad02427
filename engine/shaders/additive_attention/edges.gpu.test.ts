import { constant, given, testEdges } from '../../../tests/harness/edges';
import { additiveAttention } from './additive_attention';

const scores = [-3e38, -1e20, -90, -3, -0.5, 0, 1e-3, 2, 45, 1e10, 3e38];
const n = scores.length;

testEdges('additive attention', [
  {
    name: 'tanh over all of f32',
    // One query at 0 against keys x and 0: weights are σ(tanh x) and what is left.
    inputs: {
      q: constant([n, 1, 1], 0),
      k: given([n, 2, 1], ...scores.flatMap((x) => [x, 0])),
      vector: constant([1], 1),
      values: constant([n, 2, 4], 1),
    },
    op: (g, { q, k, vector, values }) => additiveAttention(g, { q, k, vector, values }).weights,
    want: { y: scores.flatMap((x) => [1 / (1 + Math.exp(-Math.tanh(x))), 1 / (1 + Math.exp(Math.tanh(x)))]) },
    within: 5e-7,
  },
  {
    name: 'NaN in a query, a key, a weight is seen',
    inputs: {
      q: given([3, 1, 2], NaN, 1, 1, 1, 1, 1),
      k: given([3, 2, 2], 1, 1, 1, 1, 1, 1, 1, NaN, 1, 1, 1, 1),
      vector: constant([2], 1),
      broken: given([2], NaN, 1),
      values: constant([3, 2, 4], 1),
    },
    op: (g, { q, k, vector, broken, values }) => ({
      y: additiveAttention(g, { q, k, vector, values }).out,
      z: additiveAttention(g, { q, k, vector: broken, values }).out,
    }),
    want: { y: [...new Array<number>(8).fill(NaN), 1, 1, 1, 1], z: new Array<number>(12).fill(NaN) },
  },
]);
