import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { grid, normal, testOp } from '../../../tests/harness/op';
import { pairwise } from '../../../tests/harness/pairwise';
import { Graph } from '../../graph/graph';
import { multiply } from './multiply';
import { multiplyRef, multiplyRefGrad } from './multiply.ref';

testOp('multiply', {
  ...pairwise(),
  op: (g, { a, b }) => multiply(g, a, b),
  reference: ({ a, b }) => ({ y: multiplyRef(a, b) }),
  gradient: ({ a, b }, { y }) => multiplyRefGrad(a, b, y),
});

testOp('multiply: a square', {
  cases: grid({ n: [8, 5] }),
  inputs: ({ n }) => ({ x: normal([n]) }),
  op: (g, { x }) => multiply(g, x, x),
  reference: ({ x }) => ({ y: multiplyRef(x, x) }),
  gradient: ({ x }, { y }) => ({ x: x.map((v, i) => 2 * v * y[i]) }),
  terms: () => 2,
});

describe('multiply', () => {
  it('names operands that do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [2, 3], 'f32');
    expect(() => multiply(g, a, g.input('b', [2], 'f32'))).toThrow('multiply: b (2) does not fit a (2, 3).');
  });
});
