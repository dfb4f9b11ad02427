import { lengthsAfter } from '../../engine/shaders/lengths_after/lengths_after';
import { lengthsAfterRef } from '../../engine/shaders/lengths_after/lengths_after.ref';
import { describeOp } from '../op';

export const ops = [
  describeOp('lengthsAfter', {
    cases: [
      { B: 1, P: 3 },
      { B: 3, P: 20 },
      { B: 130, P: 0 },
    ],
    inputs: ({ B }) => ({
      lengths: { shape: [B], data: Uint32Array.from({ length: B }, (_, b) => (7 * b) % 41) },
    }),
    op: (g, { lengths }, { P }) => lengthsAfter(g, lengths, { rows: P, most: 40 }),
    reference: ({ lengths }, { P }) => ({ y: lengthsAfterRef(lengths, P) }),
    terms: () => 1,
  }),
];
