import { elu, leakyRelu } from '../../engine/shaders/elu/elu';
import { eluRef, eluRefGrad } from '../../engine/shaders/elu/elu.ref';
import { describeOp, grid, normal } from '../op';

export const ops = [
  describeOp('elu and leakyRelu', {
    cases: grid({ n: [1, 7, 64] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }) => ({ a: elu(g, x, { alpha: 0.7 }), b: leakyRelu(g, x, { slope: 0.2 }) }),
    reference: ({ x }) => ({ a: eluRef(x, 0.7, true), b: eluRef(x, 0.2, false) }),
    gradient: ({ x }, { a, b }) => {
      const both = [eluRefGrad(x, a, 0.7, true), eluRefGrad(x, b, 0.2, false)];
      return { x: both[0].map((d, i) => d + both[1][i]) };
    },
    terms: () => 2,
  }),
];
