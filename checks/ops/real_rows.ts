import { realRows } from '../../engine/shaders/real_rows/real_rows';
import { realRowsRef } from '../../engine/shaders/real_rows/real_rows.ref';
import { describeOp } from '../op';

const LENGTH = 5;

export const ops = [
  describeOp('realRows', {
    cases: [
      { B: 1, T: 3 },
      { B: 3, T: 5 },
      { B: 130, T: 20 },
    ],
    step: { length: LENGTH },
    inputs: () => ({}),
    op: (g, _, { B, T }) => realRows(g, B, T),
    reference: (_, { B, T }) => ({ y: realRowsRef(B, T, LENGTH) }),
    terms: () => 1,
  }),
];
