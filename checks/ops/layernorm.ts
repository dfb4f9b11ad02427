import { layernorm } from '../../engine/shaders/layernorm/layernorm';
import { normRef, normRefGrad } from '../../engine/shaders/layernorm/layernorm.ref';
import { describeOp, normal } from '../op';

const options = { eps: 1e-5, center: true };

export const ops = [
  describeOp('layernorm', {
    cases: [
      { n: 1, c: 8, bias: true },
      { n: 3, c: 5, bias: false }, // single numbers
      { n: 7, c: 772, bias: true }, // groups of four that do not fill the last 16
      { n: 516, c: 24, bias: true }, // four rows an invocation; blocks of rows
    ],
    inputs: ({ n, c, bias }) => ({
      x: normal([n, c], { mean: 0.5, std: 2 }),
      weight: normal([c], { mean: 1, std: 0.3 }),
      ...(bias ? { bias: normal([c]) } : {}),
    }),
    op: (g, { x, weight, bias }) => layernorm(g, x, weight, bias ?? null),
    reference: ({ x, weight, bias }) => ({ y: normRef(x, weight, bias ?? null, options) }),
    gradient: ({ x, weight }, { y }) => normRefGrad(x, weight, y, options),
    terms: ({ n, c }) => Math.max(n, c),
    rungs: ['software', 'hardware'],
  }),
  describeOp('layernorm: rows far from zero', {
    cases: [{ n: 5, c: 256 }],
    inputs: ({ n, c }) => ({
      x: normal([n, c], { mean: 1000, exact: true }),
      weight: normal([c], { mean: 1, std: 0.3 }),
      bias: normal([c]),
    }),
    op: (g, { x, weight, bias }) => layernorm(g, x, weight, bias),
    reference: ({ x, weight, bias }) => ({ y: normRef(x, weight, bias, options) }),
    gradient: ({ x, weight }, { y }) => normRefGrad(x, weight, y, options),
    terms: ({ c }) => c,
    dtypes: ['f32'],
    bound: { scale: 100 }, // the mean itself is known to half an ulp of 1000: far below E[x²] - mean², which errs by 0.1
    finiteDifferences: false, // steps of 1e-5 relative to 1000 are too coarse
    rungs: ['software', 'hardware'],
  }),
];
