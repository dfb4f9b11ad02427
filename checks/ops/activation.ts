import { activation, type Activation } from '../../engine/shaders/activation/activation';
import { activationRef, activationRefGrad } from '../../engine/shaders/activation/activation.ref';
import { describeOp, grid, normal } from '../op';

const kinds = [
  'gelu',
  'gelu_tanh',
  'gelu_sigmoid',
  'relu',
  'silu',
  'tanh',
  'sigmoid',
] as const satisfies readonly Activation[];

export const ops = [
  describeOp('activation', {
    cases: grid({ n: [1, 7, 64, 257, 4096], kind: kinds }),
    inputs: ({ n }) => ({ x: normal([n], { std: 3 }) }),
    op: (g, { x }, { kind }) => activation(g, x, kind),
    reference: ({ x }, { kind }) => ({ y: activationRef(x, kind) }),
    gradient: ({ x }, { y }, { kind }) => ({ x: activationRefGrad(x, y, kind) }),
    terms: () => 1,
    bound: { scale: 3 }, // x (1 + tanh) cancels for negative x: the error is that of |x|, of which 3 is the spread
  }),
  describeOp('activation at the ends of the range', {
    cases: grid({ kind: kinds }),
    inputs: () => ({ x: { shape: [8], data: Float64Array.of(-1e4, -100, -12, -1e-6, 1e-6, 12, 100, 1e4) } }),
    op: (g, { x }, { kind }) => activation(g, x, kind),
    reference: ({ x }, { kind }) => ({ y: activationRef(x, kind) }),
    gradient: ({ x }, { y }, { kind }) => ({ x: activationRefGrad(x, y, kind) }),
    terms: () => 1,
    finiteDifferences: false,
  }),
];
