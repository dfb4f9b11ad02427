import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { scale } from '../scale/scale';
import { transpose } from './transpose';
import { transposeRef } from './transpose.ref';

testOp('transpose', {
  cases: [
    { p: 1, i: 1, q: 1, j: 1, r: 1 },
    { p: 1, i: 5, q: 1, j: 7, r: 1 },
    { p: 2, i: 17, q: 1, j: 32, r: 1 },
    { p: 2, i: 33, q: 3, j: 20, r: 1 },
    { p: 2, i: 5, q: 1, j: 3, r: 8 }, // heads before rows
    { p: 2, i: 3, q: 2, j: 4, r: 5 },
  ],
  rungs: ['software', 'hardware'],
  inputs: ({ p, i, q, j, r }) => ({ x: normal([p, i, q, j, r]) }),
  // Reading x twice has its gradient added to.
  op: (g, { x }) => ({ y: transpose(g, x, 1, 3), z: scale(g, x, 2) }),
  reference: ({ x }, sizes) => ({ y: transposeRef(x, sizes), z: x.map((v) => 2 * v) }),
  gradient: (_, { y, z }, { i, q, j, r }) => ({
    x: transposeRef(y, { i: j, q, j: i, r }).map((d, at) => d + 2 * z[at]),
  }),
  terms: () => 2,
});

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
