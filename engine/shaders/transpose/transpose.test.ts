import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/transpose';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { transpose } from './transpose';

testOps(ops);

describe('transpose', () => {
  const g = new Graph(fakeDevice());
  const x = g.input('x', [2, 6, 4], 'f32');
  it('takes any two axes, in any order', () => {
    expect(transpose(g, x).shape).toEqual([2, 4, 6]);
    expect(transpose(g, x, -1, 0).shape).toEqual([4, 6, 2]);
    expect(transpose(g, x, 1, 1)).toBe(x);
  });
  it('names an axis that is not there', () => {
    expect(() => transpose(g, x, 0, 3)).toThrow('transpose: x (2, 6, 4) has no axis 3.');
    expect(() => transpose(g, g.input('row', [3], 'f32'))).toThrow('row (3) has no axis -2');
  });
});
