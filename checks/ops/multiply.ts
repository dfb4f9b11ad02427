import { multiply } from '../../engine/shaders/multiply/multiply';
import { multiplyRef, multiplyRefGrad } from '../../engine/shaders/multiply/multiply.ref';
import { describeOp, grid, normal } from '../op';
import { pairwise } from '../pairwise';

export const ops = [
  describeOp('multiply', {
    ...pairwise(),
    op: (g, { a, b }) => multiply(g, a, b),
    reference: ({ a, b }) => ({ y: multiplyRef(a, b) }),
    gradient: ({ a, b }, { y }) => multiplyRefGrad(a, b, y),
  }),
  describeOp('multiply: a square', {
    cases: grid({ n: [8, 5] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }) => multiply(g, x, x),
    reference: ({ x }) => ({ y: multiplyRef(x, x) }),
    gradient: ({ x }, { y }) => ({ x: x.map((v, i) => 2 * v * y[i]) }),
    terms: () => 2,
  }),
];
