import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/multiply';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { multiply } from './multiply';

testOps(ops);

describe('multiply', () => {
  it('names operands that do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [2, 3], 'f32');
    expect(() => multiply(g, a, g.input('b', [2], 'f32'))).toThrow('multiply: b (2) does not fit a (2, 3).');
  });
});
