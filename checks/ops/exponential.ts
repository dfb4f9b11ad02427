import { exp, log } from '../../engine/shaders/exponential/exponential';
import { expRefGrad, logRefGrad } from '../../engine/shaders/exponential/exponential.ref';
import { describeOp, grid, normal, type TestArray } from '../op';

/** Numbers above 0, about 1. */
const positive = (n: number): TestArray => {
  const { shape, data } = normal([n]);
  return { shape, data: Float64Array.from(data, Math.exp) };
};

export const ops = [
  describeOp('exp', {
    cases: grid({ n: [1, 7, 64] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }) => exp(g, x),
    reference: ({ x }) => ({ y: x.map(Math.exp) }),
    gradient: ({ x }, { y }) => ({ x: expRefGrad(x, y) }),
    terms: () => 1,
  }),
  describeOp('log', {
    cases: grid({ n: [1, 7, 64] }),
    inputs: ({ n }) => ({ x: positive(n) }),
    op: (g, { x }) => log(g, x),
    reference: ({ x }) => ({ y: x.map(Math.log) }),
    gradient: ({ x }, { y }) => ({ x: logRefGrad(x, y) }),
    terms: () => 1,
  }),
  describeOp('exp and log: two readers of one tensor', {
    cases: [{ n: 8 }],
    inputs: ({ n }) => ({ x: positive(n) }),
    op: (g, { x }) => ({ a: exp(g, x), b: log(g, x) }),
    reference: ({ x }) => ({ a: x.map(Math.exp), b: x.map(Math.log) }),
    gradient: ({ x }, { a, b }) => {
      const both = [expRefGrad(x, a), logRefGrad(x, b)];
      return { x: both[0].map((d, i) => d + both[1][i]) };
    },
    terms: () => 2,
  }),
];
