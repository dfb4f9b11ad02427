import { divide } from '../../engine/shaders/divide/divide';
import { divideRef, divideRefGrad } from '../../engine/shaders/divide/divide.ref';
import { describeOp, normal } from '../op';
import { pairwise } from '../pairwise';

export const ops = [
  describeOp('divide', {
    ...pairwise({ mean: 4, std: 0.5 }), // far from 0
    op: (g, { a, b }) => divide(g, a, b),
    reference: ({ a, b }) => ({ y: divideRef(a, b) }),
    gradient: ({ a, b }, { y }) => divideRefGrad(a, b, y),
  }),
  describeOp('divide: by one number, and by itself', {
    cases: [{ n: 5 }, { n: 8 }],
    inputs: ({ n }) => ({ x: normal([n], { mean: -4, std: 0.5 }), b: normal([], { mean: 3, std: 0.1 }) }),
    op: (g, { x, b }) => ({ y: divide(g, x, b), z: divide(g, x, x) }),
    reference: ({ x, b }) => ({ y: divideRef(x, b), z: x.map(() => 1) }),
    gradient: ({ x, b }, { y }) => {
      const { a, b: db } = divideRefGrad(x, b, y);
      return { x: a, b: db };
    },
    terms: ({ n }) => n,
  }),
];
