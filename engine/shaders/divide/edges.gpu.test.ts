import { given, testEdges } from '../../../tests/harness/edges';
import { subtract } from '../subtract/subtract';
import { divide } from './divide';

testEdges('subtract and divide', [
  {
    name: 'infinities, NaN and divisors of 0',
    inputs: {
      a: given([8], 1, -1, 0, Infinity, Infinity, NaN, 8e37, 1e30),
      b: given([8], 0, 0, 0, 2, Infinity, 1, 8e37, 1e30),
    },
    op: (g, { a, b }) => ({ difference: subtract(g, a, b), quotient: divide(g, a, b) }),
    want: {
      difference: [1, -1, 0, Infinity, NaN, NaN, 0, 0],
      quotient: [Infinity, -Infinity, NaN, Infinity, NaN, NaN, 1, 1],
    },
  },
  {
    name: 'divisors whose squares overflow or vanish',
    inputs: { a: given([4], 1e30, 1e-30, 1e30, 1), b: given([4], 1e30, 1e-30, 1e25, 1) },
    op: (g, { a, b }) => divide(g, a, b),
    upstream: { y: [1e30, 1e-30, 1, 1] },
    want: { y: [1, 1, 1e5, 1], 'grad a': [1, 1, 1e-25, 1], 'grad b': [-1, -1, -1e-20, -1] },
    unit: 1e-30,
  },
]);
