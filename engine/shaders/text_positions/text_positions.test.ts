import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { textPositions } from './text_positions';
import { textPositionsRef } from './text_positions.ref';

testOp('textPositions', {
  cases: [
    { B: 1, T: 1 },
    { B: 3, T: 7 },
    { B: 2, T: 130 },
  ],
  inputs: ({ B }) => ({ lengths: { shape: [B], data: Uint32Array.of(1, 0, 7).subarray(0, B) } }),
  op: (g, { lengths }, { T }) => textPositions(g, lengths, { rows: T, first: 2, padding: 1 }),
  reference: ({ lengths }, { T }) => ({ y: textPositionsRef(lengths, T, 2, 1) }),
  terms: () => 1,
});

describe('textPositions', () => {
  it('refuses what cannot be', () => {
    const g = new Graph(fakeDevice());
    const lengths = g.constant('lengths', [2], Uint32Array.of(3, 4));
    expect(() => textPositions(g, lengths, { rows: 3, first: 2, padding: 1 })).toThrow(
      'textPositions: lengths[1] is 4, but there are 3 rows.',
    );
    expect(() => textPositions(g, lengths, { rows: 4, first: -1, padding: 1 })).toThrow(
      'textPositions: 4 rows from -1 on, padding at 1. Give whole numbers, and at least one row.',
    );
  });
});
