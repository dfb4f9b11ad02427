import { constant, testEdges } from '../../../tests/harness/edges';
import { embedding } from './embedding';

const many = 70_001;

testEdges('embedding', [
  {
    name: 'a row met 65,535 times gets 65,535 × 0.1',
    inputs: { ids: { shape: [65_535], data: new Uint32Array(65_535) }, table: constant([1, 4], 0) },
    op: (g, { ids, table }) => embedding(g, ids, table),
    upstream: { y: new Float64Array(4 * 65_535).fill(0.1) },
    want: { 'grad table': [6553.5, 6553.5, 6553.5, 6553.5] },
    within: 1e-6,
  },
  {
    name: `${many} positions, rows in turn`,
    inputs: {
      ids: { shape: [many], data: Uint32Array.from({ length: many }, (_, i) => i % 3) },
      table: constant([4, 1], 0),
    },
    op: (g, { ids, table }) => embedding(g, ids, table),
    upstream: { y: Float64Array.from({ length: many }, (_, i) => (i === many - 1 ? 5 : i % 3) / 8) },
    // The last position holds id 1.
    want: { 'grad table': [0, (23_333 + 5) / 8, (2 * 23_333) / 8, 0] },
  },
]);
