import { add } from '../../engine/shaders/add/add';
import { addRef, addRefGrad } from '../../engine/shaders/add/add.ref';
import { describeOp, grid, normal } from '../op';
import { pairwise } from '../pairwise';

export const ops = [
  describeOp('add', {
    ...pairwise(),
    op: (g, { a, b }) => add(g, a, b),
    reference: ({ a, b }) => ({ y: addRef(a, b) }),
    gradient: ({ b }, { y }) => addRefGrad(y, b.length),
  }),
  describeOp('add: a tensor to itself, and again', {
    cases: grid({ n: [8, 5] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }) => add(g, add(g, x, x), x),
    reference: ({ x }) => ({ y: x.map((v) => 3 * v) }),
    gradient: (_, { y }) => ({ x: y.map((d) => 3 * d) }),
    terms: () => 3,
  }),
];
