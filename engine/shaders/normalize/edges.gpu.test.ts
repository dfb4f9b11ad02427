import { given, testEdges } from '../../../tests/harness/edges';
import { normalize } from './normalize';

const half = Math.SQRT1_2;

testEdges('normalize', [
  {
    name: 'rows of zeros, of nearly nothing, and as long as eps',
    inputs: { x: given([3, 3], 0, 0, 0, 3e-13, 4e-13, 0, 0, 0, 2) },
    op: (g, { x }) => normalize(g, x),
    upstream: { y: [1e-12, 0, 1e-12, 1e-12, 0, 0, 1, 1, 1] },
    want: { y: [0, 0, 0, 0.3, 0.4, 0, 0, 0, 1], 'grad x': [1, 0, 1, 1, 0, 0, 0.5, 0.5, 0] },
  },
  {
    name: 'rows whose squares overflow',
    inputs: { x: given([2, 4], 3e38, 3e38, 0, 0, 1e25, 0, 0, -1e25) },
    op: (g, { x }) => normalize(g, x),
    upstream: { y: [0, 0, 1e38, 0, 0, 1e25, 0, 0] },
    want: { y: [half, half, 0, 0, half, 0, 0, -half], 'grad x': [0, 0, half / 3, 0, 0, half, 0, 0] },
  },
  {
    name: 'NaN spoils its row, ∞ is NaN and the rest of its row 0',
    inputs: { x: given([3, 3], NaN, 1, 2, Infinity, 1, 0, 3, 4, 0) },
    op: (g, { x }) => normalize(g, x),
    want: { y: [NaN, NaN, NaN, NaN, 0, 0, 0.6, 0.8, 0] },
  },
]);
