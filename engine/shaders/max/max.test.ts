import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { scale } from '../scale/scale';
import { argmax, max } from './max';
import { argmaxRef, maxRef, maxRefGrad } from './max.ref';

testOp('max and argmax over an axis', {
  cases: [
    { outer: 1, size: 1, inner: 1 },
    { outer: 3, size: 7, inner: 5 },
    { outer: 2, size: 5, inner: 8 },
    { outer: 5, size: 67, inner: 1 }, // the last axis
    { outer: 1, size: 130, inner: 20 }, // the first
    { outer: 2, size: 1100, inner: 3 },
  ],
  rungs: ['software', 'hardware'],
  inputs: ({ outer, size, inner }) => ({ x: normal([outer, size, inner]) }),
  // Reading x twice has its gradient added to.
  op: (g, { x }) => ({ y: max(g, x, 1), at: argmax(g, x, -2, { keepdim: true }), z: scale(g, x, 2) }),
  reference: ({ x }, { size, inner }) => ({
    y: maxRef(x, size, inner),
    at: argmaxRef(x, size, inner),
    z: x.map((v) => 2 * v),
  }),
  gradient: ({ x }, { y, z }, { size, inner }) => ({
    x: maxRefGrad(x, y, size, inner).map((d, i) => d + 2 * z[i]),
  }),
  differentiable: ['y', 'z'],
  terms: () => 2,
});

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
