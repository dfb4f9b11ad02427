import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { scale } from '../scale/scale';
import { normalize } from './normalize';
import { normalizeRef, normalizeRefGrad } from './normalize.ref';

testOp('normalize', {
  cases: [
    { n: 1, c: 1, eps: 1e-12 },
    { n: 3, c: 7, eps: 1e-12 },
    { n: 17, c: 8, eps: 1e-12 },
    { n: 2, c: 65, eps: 1e-12 },
    { n: 3, c: 4, eps: 2 }, // rows about as long as eps
    { n: 2, c: 1100, eps: 1e-12 },
  ],
  rungs: ['software', 'hardware'],
  inputs: ({ n, c }) => ({ x: normal([n, c]) }),
  // Reading x twice has its gradient added to.
  op: (g, { x }, { eps }) => ({ y: normalize(g, x, eps), z: scale(g, x, 2) }),
  reference: ({ x }, { c, eps }) => ({ y: normalizeRef(x, c, eps), z: x.map((v) => 2 * v) }),
  gradient: ({ x }, { y, z }, { c, eps }) => ({
    x: normalizeRefGrad(x, y, c, eps).map((d, i) => d + 2 * z[i]),
  }),
  terms: ({ c }) => c,
  bound: { scale: 4 }, // dy - y Σ y dy cancels where a row has one number
});

describe('normalize', () => {
  it('refuses an eps that is none', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [2, 3], 'f32');
    expect(() => normalize(g, x, -1)).toThrow('normalize: eps is -1.');
    expect(() => normalize(g, x, NaN)).toThrow('eps is NaN');
  });
});
