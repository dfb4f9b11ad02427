import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { normal, testOp } from '../../../tests/harness/op';
import { pairwise } from '../../../tests/harness/pairwise';
import { Graph } from '../../graph/graph';
import { subtract } from './subtract';
import { subtractRef, subtractRefGrad } from './subtract.ref';

testOp('subtract', {
  ...pairwise(),
  op: (g, { a, b }) => subtract(g, a, b),
  reference: ({ a, b }) => ({ y: subtractRef(a, b) }),
  gradient: ({ b }, { y }) => subtractRefGrad(y, b.length),
});

testOp('subtract: a number from all, and a tensor from itself', {
  cases: [{ n: 5 }, { n: 8 }],
  inputs: ({ n }) => ({ x: normal([n]), b: normal([]) }),
  op: (g, { x, b }) => ({ y: subtract(g, x, b), z: subtract(g, x, x) }),
  reference: ({ x, b }) => ({ y: subtractRef(x, b), z: x.map(() => 0) }),
  gradient: ({ b }, { y }) => {
    const { a, b: db } = subtractRefGrad(y, b.length);
    return { x: a, b: db };
  },
  terms: ({ n }) => n,
});

describe('subtract', () => {
  it('names operands that do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [2, 3], 'f32');
    expect(() => subtract(g, a, g.input('b', [3, 2], 'f32'))).toThrow(
      /^subtract: b \(3, 2\) does not fit a \(2, 3\)\./,
    );
  });
});
