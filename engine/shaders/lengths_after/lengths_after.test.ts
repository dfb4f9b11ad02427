import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/lengths_after';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { lengthsAfter } from './lengths_after';

testOps(ops);

describe('lengthsAfter', () => {
  it('refuses what cannot be', () => {
    const g = new Graph(fakeDevice());
    const lengths = g.constant('lengths', [2], Uint32Array.of(3, 4));
    expect(() => lengthsAfter(g, lengths, { rows: 2, most: 3 })).toThrow(
      'lengthsAfter: lengths[1] is 4, but there are 3 tokens.',
    );
    expect(() => lengthsAfter(g, lengths, { rows: 0.5, most: 4 })).toThrow(
      'lengthsAfter: 0.5 rows before 4 tokens. Give whole numbers.',
    );
  });
});
