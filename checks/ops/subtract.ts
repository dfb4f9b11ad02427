import { subtract } from '../../engine/shaders/subtract/subtract';
import { subtractRef, subtractRefGrad } from '../../engine/shaders/subtract/subtract.ref';
import { describeOp, normal } from '../op';
import { pairwise } from '../pairwise';

export const ops = [
  describeOp('subtract', {
    ...pairwise(),
    op: (g, { a, b }) => subtract(g, a, b),
    reference: ({ a, b }) => ({ y: subtractRef(a, b) }),
    gradient: ({ b }, { y }) => subtractRefGrad(y, b.length),
  }),
  describeOp('subtract: a number from all, and a tensor from itself', {
    cases: [{ n: 5 }, { n: 8 }],
    inputs: ({ n }) => ({ x: normal([n]), b: normal([]) }),
    op: (g, { x, b }) => ({ y: subtract(g, x, b), z: subtract(g, x, x) }),
    reference: ({ x, b }) => ({ y: subtractRef(x, b), z: x.map(() => 0) }),
    gradient: ({ b }, { y }) => {
      const { a, b: db } = subtractRefGrad(y, b.length);
      return { x: a, b: db };
    },
    terms: ({ n }) => n,
  }),
];
