import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/max';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { argmax, max } from './max';

testOps(ops);

describe('max and argmax', () => {
  const g = new Graph(fakeDevice());
  const x = g.input('x', [2, 6, 4], 'f32');
  it('leave the axis out, or keep it', () => {
    expect(max(g, x, 0, { keepdim: true }).shape).toEqual([1, 6, 4]);
    expect(argmax(g, x, -1).shape).toEqual([2, 6]);
    expect(argmax(g, x).shape).toEqual([]);
    expect(argmax(g, x).dtype).toBe('u32');
  });
  it('name an axis that is not there', () => {
    expect(() => max(g, x, -4)).toThrow('max: x (2, 6, 4) has no axis -4.');
    expect(() => argmax(g, x, 3)).toThrow('argmax: x (2, 6, 4) has no axis 3.');
  });
});
