import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/sum';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { mean, sum } from './sum';

testOps(ops);

describe('sum and mean', () => {
  const g = new Graph(fakeDevice());
  const x = g.input('x', [2, 6, 4], 'f32');
  it('leave the axis out, or keep it', () => {
    expect([0, 1, -1].map((axis) => sum(g, x, axis).shape)).toEqual([
      [6, 4],
      [2, 4],
      [2, 6],
    ]);
    expect(mean(g, x, 1, { keepdim: true }).shape).toEqual([2, 1, 4]);
    expect(mean(g, x).shape).toEqual([]);
    expect(sum(g, x, undefined, { keepdim: true }).shape).toEqual([1, 1, 1]);
  });
  it('name an axis and a type that do not fit', () => {
    expect(() => sum(g, x, 3)).toThrow('sum: x (2, 6, 4) has no axis 3. Axes count from 0, or back from -1.');
    expect(() => mean(g, x, 0.5)).toThrow('mean: x (2, 6, 4) has no axis 0.5');
    expect(() => sum(g, g.input('ids', [3], 'u32'))).toThrow('ids holds u32');
  });
});
