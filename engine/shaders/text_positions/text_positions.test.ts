import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/text_positions';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { textPositions } from './text_positions';

testOps(ops);

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
    expect(() => textPositions(g, lengths, { rows: 4, first: 2, padding: 0, back: true })).toThrow(
      'textPositions: 4 rows that end at position 2. Use at most 3.',
    );
    expect(() => textPositions(g, lengths, { rows: 4, first: 2, padding: 0, back: 1 as never })).toThrow(
      'back',
    );
  });
});
