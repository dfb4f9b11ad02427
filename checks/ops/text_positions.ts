import { textPositions } from '../../engine/shaders/text_positions/text_positions';
import { textPositionsRef } from '../../engine/shaders/text_positions/text_positions.ref';
import { describeOp } from '../op';

export const ops = [
  describeOp('textPositions', {
    cases: [
      { B: 1, T: 1 },
      { B: 3, T: 7 },
      { B: 2, T: 130 },
    ],
    inputs: ({ B }) => ({ lengths: { shape: [B], data: Uint32Array.of(1, 0, 7).subarray(0, B) } }),
    op: (g, { lengths }, { T }) => textPositions(g, lengths, { rows: T, first: 2, padding: 1 }),
    reference: ({ lengths }, { T }) => ({ y: textPositionsRef(lengths, T, 2, 1) }),
    terms: () => 1,
  }),
  describeOp('textPositions back', {
    cases: [
      { B: 1, T: 1 },
      { B: 3, T: 7 },
      { B: 2, T: 130 },
    ],
    inputs: ({ B }) => ({ lengths: { shape: [B], data: Uint32Array.of(1, 0, 7).subarray(0, B) } }),
    op: (g, { lengths }, { T }) => textPositions(g, lengths, { rows: T, first: 140, padding: 3, back: true }),
    reference: ({ lengths }, { T }) => ({ y: textPositionsRef(lengths, T, 140, 3, true) }),
    terms: () => 1,
  }),
];
