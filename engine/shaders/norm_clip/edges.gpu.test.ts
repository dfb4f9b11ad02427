import { constant, testEdges } from '../../../tests/harness/edges';
import { globalNorm } from './norm_clip';

const n = 3_000_001;

testEdges('globalNorm', [
  {
    name: `${n} × 0.1, and four times as many by fours`,
    inputs: { a: constant([n], 0.1), b: constant([4 * n], 0.1) },
    op: (g, { a, b }) => globalNorm(g, [a, b]),
    want: { y: [Math.fround(0.1) * Math.sqrt(5 * n), 1] },
    within: 5e-7,
  },
]);
