import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { mean, sum } from './sum';
import { sumRef, sumRefGrad } from './sum.ref';

testOp('sum and mean over an axis', {
  cases: [
    { outer: 1, size: 1, inner: 1 },
    { outer: 3, size: 7, inner: 5 },
    { outer: 2, size: 5, inner: 8 },
    { outer: 5, size: 67, inner: 1 }, // the last axis
    { outer: 4, size: 68, inner: 1 },
    { outer: 1, size: 130, inner: 24 }, // the first
    { outer: 1, size: 1101, inner: 3 }, // in stretches
  ],
  rungs: ['software', 'hardware'],
  inputs: ({ outer, size, inner }) => ({ x: normal([outer, size, inner]) }),
  op: (g, { x }) => ({ total: sum(g, x, 1), average: mean(g, x, -2, { keepdim: true, dtype: 'f32' }) }),
  reference: ({ x }, { size, inner }) => ({
    total: sumRef(x, size, inner),
    average: sumRef(x, size, inner, 1 / size),
  }),
  gradient: (_, { total, average }, { size, inner }) => {
    const other = sumRefGrad(average, size, inner, 1 / size);
    return { x: sumRefGrad(total, size, inner).map((d, i) => d + other[i]) };
  },
  terms: ({ size }) => size,
  bound: { scale: 4 }, // terms as large as this; what they add up to may be less
});

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
