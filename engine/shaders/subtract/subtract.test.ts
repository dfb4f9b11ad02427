import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/subtract';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { subtract } from './subtract';

testOps(ops);

describe('subtract', () => {
  it('names operands that do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [2, 3], 'f32');
    expect(() => subtract(g, a, g.input('b', [3, 2], 'f32'))).toThrow(
      /^subtract: b \(3, 2\) does not fit a \(2, 3\)\./,
    );
  });
});
