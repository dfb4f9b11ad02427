import { decayGate } from '../../engine/shaders/decay_gate/decay_gate';
import { decayGateRef, decayGateRefGrad } from '../../engine/shaders/decay_gate/decay_gate.ref';
import { describeOp, normal, type TestArray } from '../op';

/** Far out on both sides, where softplus is 0 or its argument. */
const wide = (shape: readonly number[]): TestArray => {
  const x = normal(shape, { std: 8 });
  x.data.set([-40, 40, 0].slice(0, x.data.length));
  return x;
};

export const ops = [
  describeOp('decayGate', {
    cases: [
      { rows: 1, heads: 1 },
      { rows: 5, heads: 3 },
      { rows: 130, heads: 8 },
    ],
    inputs: ({ rows, heads }) => ({ x: wide([rows, heads]), rate: normal([heads]), bias: normal([heads]) }),
    op: (g, { x, rate, bias }) => decayGate(g, x, { rate, bias }),
    reference: ({ x, rate, bias }) => ({ y: decayGateRef(x, rate, bias) }),
    gradient: ({ x, rate, bias }, { y }) => decayGateRefGrad(x, rate, bias, y),
    terms: ({ rows }) => rows,
    bound: { scale: 60 }, // as large as the decays that are added up
  }),
];
