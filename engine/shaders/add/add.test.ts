import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { grid, normal, testOp } from '../../../tests/harness/op';
import { pairwise } from '../../../tests/harness/pairwise';
import { Graph } from '../../graph/graph';
import { add } from './add';
import { addRef, addRefGrad } from './add.ref';

testOp('add', {
  ...pairwise(),
  op: (g, { a, b }) => add(g, a, b),
  reference: ({ a, b }) => ({ y: addRef(a, b) }),
  gradient: ({ b }, { y }) => addRefGrad(y, b.length),
});

testOp('add: a tensor to itself, and again', {
  cases: grid({ n: [8, 5] }),
  inputs: ({ n }) => ({ x: normal([n]) }),
  op: (g, { x }) => add(g, add(g, x, x), x),
  reference: ({ x }) => ({ y: x.map((v) => 3 * v) }),
  gradient: (_, { y }) => ({ x: y.map((d) => 3 * d) }),
  terms: () => 3,
});

describe('add', () => {
  it('names operands that do not fit', () => {
    const g = new Graph(fakeDevice());
    const a = g.input('a', [2, 3], 'f32');
    expect(() => add(g, a, g.input('b', [3, 2], 'f32'))).toThrow(
      /^add: b \(3, 2\) does not fit a \(2, 3\)\./,
    );
  });
});
