import { rmsnorm } from '../../engine/shaders/rmsnorm/rmsnorm';
import { rmsnormRef, rmsnormRefGrad } from '../../engine/shaders/rmsnorm/rmsnorm.ref';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('rmsnorm', {
    cases: [
      { n: 1, c: 8 },
      { n: 3, c: 5 }, // single numbers
      { n: 7, c: 260 }, // groups of four that do not fill the last 16
      { n: 516, c: 24 }, // four rows an invocation; blocks of rows
    ],
    inputs: ({ n, c }) => ({
      x: normal([n, c], { mean: 0.5, std: 2 }),
      weight: normal([c], { mean: 1, std: 0.3 }),
    }),
    op: (g, { x, weight }) => rmsnorm(g, x, weight),
    reference: ({ x, weight }) => ({ y: rmsnormRef(x, weight, 1e-6) }),
    gradient: ({ x, weight }, { y }) => rmsnormRefGrad(x, weight, y, 1e-6),
    terms: ({ n, c }) => Math.max(n, c),
    rungs: ['software', 'hardware'],
  }),
];
