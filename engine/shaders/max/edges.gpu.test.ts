import { constant, given, testEdges } from '../../../tests/harness/edges';
import { mean, sum } from '../sum/sum';
import { argmax, max } from './max';

const rows = [
  [-Infinity, -Infinity, -Infinity],
  [2, 7, 7],
  [-0, 0, -1],
  [1, NaN, Infinity],
  [-5, -3, -4],
  [-6e4, 6e4, Infinity],
].flat();

testEdges('reductions', [
  {
    name: 'ties go to the first, NaN is the largest',
    dtypes: ['f32', 'f16'],
    inputs: { x: given([6, 3], ...rows) },
    op: (g, { x }) => ({ y: max(g, x, 1), at: argmax(g, x, 1) }),
    upstream: { y: [1, 2, 3, 4, 5, 6] },
    want: {
      y: [-Infinity, 7, 0, NaN, -3, Infinity],
      at: [0, 1, 0, 1, 1, 2],
      'grad x': [[1, 0, 0], [0, 2, 0], [3, 0, 0], [0, 4, 0], [0, 5, 0], [0, 0, 6]].flat(), // prettier-ignore
    },
  },
  {
    name: 'of all numbers at once',
    inputs: { x: given([6, 3], ...rows) },
    op: (g, { x }) => ({ y: max(g, x), at: argmax(g, x), sum: sum(g, x), mean: mean(g, x) }),
    want: { y: [NaN], at: [10], sum: [NaN], mean: [NaN] },
  },
  {
    name: 'sums of 200,003 numbers lose no digits',
    inputs: { x: constant([200_003], 0.1) },
    op: (g, { x }) => ({ sum: sum(g, x, 0), mean: mean(g, x) }),
    want: { sum: [200_003 * Math.fround(0.1)], mean: [Math.fround(0.1)] },
  },
  {
    name: 'sums that overflow f16 are exact in f32',
    dtypes: ['f16'],
    inputs: { x: constant([2, 1000], 1000) },
    op: (g, { x }) => ({ half: sum(g, x, 1), full: sum(g, x, 1, { dtype: 'f32' }), mean: mean(g, x, 1) }),
    want: { half: [Infinity, Infinity], full: [1e6, 1e6], mean: [1000, 1000] },
  },
]);
