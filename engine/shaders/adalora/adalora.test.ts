import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/adalora';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { identityDistance, keepLargest } from './adalora';

testOps(ops);

describe('adalora', () => {
  it('refuses what does not fit', () => {
    const g = new Graph(fakeDevice());
    const x = (...shape: number[]) => g.input(`x${shape.join()}`, shape, 'f32');
    expect(() => identityDistance(g, x(2, 3))).toThrow('identityDistance: x2,3 is (2, 3)');
    expect(() => keepLargest(g, x(4), x(1))).toThrow('keepLargest');
  });
});
