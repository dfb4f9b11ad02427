import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { pairwise } from '../../../tests/harness/pairwise';
import { Graph } from '../../graph/graph';
import { divide } from './divide';
import { divideRef, divideRefGrad } from './divide.ref';

testOp('divide', {
  ...pairwise({ mean: 4, std: 0.5 }), // far from 0
  op: (g, { a, b }) => divide(g, a, b),
  reference: ({ a, b }) => ({ y: divideRef(a, b) }),
  gradient: ({ a, b }, { y }) => divideRefGrad(a, b, y),
});

testOp('divide: by one number, and by itself', {
  cases: [{ n: 5 }, { n: 8 }],
  inputs: ({ n }) => ({ x: normal([n], { mean: -4, std: 0.5 }), b: normal([], { mean: 3, std: 0.1 }) }),
  op: (g, { x, b }) => ({ y: divide(g, x, b), z: divide(g, x, x) }),
  reference: ({ x, b }) => ({ y: divideRef(x, b), z: x.map(() => 1) }),
  gradient: ({ x, b }, { y }) => {
    const { a, b: db } = divideRefGrad(x, b, y);
    return { x: a, b: db };
  },
  terms: ({ n }) => n,
});

describe('divide', () => {
  it('names operands that do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [2, 3], 'f32');
    expect(() => divide(g, a, g.input('b', [2], 'f32'))).toThrow('divide: b (2) does not fit a (2, 3).');
  });
});
