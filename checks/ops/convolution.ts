import { activationRef, activationRefGrad } from '../../engine/shaders/activation/activation.ref';
import { convolution } from '../../engine/shaders/convolution/convolution';
import {
  convolutionRef,
  convolutionRefGrad,
  type ConvolutionRef,
} from '../../engine/shaders/convolution/convolution.ref';
import { windowsRef } from '../../engine/shaders/unfold/unfold.ref';
import { describeOp, normal, type DescribedOp, type Where } from '../op';

/** Sizes over one axis or two, written with an x between them. */
interface Case {
  readonly c: number;
  readonly size: string;
  readonly outputs: number;
  readonly kernel: string;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
  readonly last: boolean;
  readonly [name: string]: number | boolean | string;
}

const numbers = (text: string): number[] => text.split('x').map(Number);
const of = (c: number, size: string, outputs: number, kernel: string, more: Partial<Case> = {}): Case => ({
  ...{ c, size, outputs, kernel, stride: 1, padding: 0, dilation: 1, groups: 1, last: false, ...more },
});
const sizesOf = ({ c, size, last, outputs, groups, ...one }: Case): ConvolutionRef => {
  const kernel = numbers(one.kernel);
  const each = (n: number): number[] => kernel.map(() => n);
  return {
    ...{ shape: last ? [2, ...numbers(size), c] : [2, c, ...numbers(size)], kernel, last, outputs, groups },
    ...{ stride: each(one.stride), padding: each(one.padding), dilation: each(one.dilation) },
  };
};
const optionsOf = ({ stride, padding, dilation, groups, last }: Case) => ({
  ...{ stride, padding, dilation, groups, channels: last ? ('last' as const) : ('first' as const) },
});
const weightOf = ({ c, outputs, groups, kernel }: Case): number[] => [
  outputs,
  c / groups,
  ...numbers(kernel),
];
/** Its weights are small, so that sums of products are about as large as what is added to them. */
const inputsOf = (c: Case) => ({
  x: normal(sizesOf(c).shape),
  w: normal(weightOf(c), { std: 0.3 }),
  bias: normal([c.outputs]),
});
const termsOf = ({ c, kernel, size, groups }: Case): number =>
  Math.max(...[[c / groups, ...numbers(kernel)], [2, ...numbers(size)]].map((list) => list.reduce((a, b) => a * b))); // prettier-ignore

/** Its kernels are those of `unfold` and `matmul`, which have cases of their own for each type and rung. */
export const ops = ({ slow }: Where): readonly DescribedOp[] => [
  describeOp('convolution', {
    cases: [
      of(3, '9x8', 5, '3x2', { stride: 2, padding: 1 }),
      of(3, '14x10', 6, '4x4', { stride: 4 }), // patches that do not divide
      of(4, '6x5', 7, '1x1', { last: true }), // reads x as it is
      of(4, '6x5', 4, '1x1', { last: true, padding: 1 }),
      of(5, '13', 6, '3', { padding: 1 }), // Whisper's first
      of(6, '13', 6, '3', { padding: 1, stride: 2, last: true }), // Whisper's second
      of(6, '7x6', 4, '3x3', { groups: 2, padding: 1, dilation: 2 }),
      of(5, '6x7', 5, '3x3', { groups: 5, last: true, padding: 1 }), // depthwise
    ],
    rungs: slow ? ['software'] : ['software', 'hardware'],
    dtypes: 'either',
    inputs: inputsOf,
    op: (g, { x, w, bias }, c) => convolution(g, x, w, { ...optionsOf(c), bias }),
    reference: ({ x, w, bias }, c) => ({ y: convolutionRef(x, w, bias, sizesOf(c)) }),
    gradient: ({ x, w }, { y }, c) => convolutionRefGrad(x, w, y, sizesOf(c)),
    terms: termsOf,
  }),
  describeOp('convolution with what is fused, a weight as a matrix', {
    cases: [
      of(3, '9', 5, '3', { stride: 2, padding: 1 }),
      of(4, '5x6', 6, '2x3', { groups: 2, padding: 1, last: true }),
    ],
    dtypes: 'either',
    inputs: (c) => {
      const { bias, w, ...rest } = inputsOf(c);
      const [O, ...columns] = w.shape;
      const matrix = { ...w, shape: [O, columns.reduce((a, b) => a * b)] };
      const residual = normal([2, ...windowsRef(sizesOf(c)), c.outputs]);
      return { ...rest, bias, w: matrix, residual };
    },
    op: (g, { x, w, ...fused }, c) =>
      convolution(g, x, w, { ...optionsOf(c), ...fused, activation: 'gelu', kernel: numbers(c.kernel) }),
    reference: ({ x, w, bias, residual }, c) => {
      const y = activationRef(convolutionRef(x, w, bias, sizesOf(c)), 'gelu');
      return { y: y.map((v, i) => v + residual[i]) };
    },
    gradient: ({ x, w, bias }, { y }, c) => {
      const before = convolutionRef(x, w, bias, sizesOf(c));
      return { ...convolutionRefGrad(x, w, activationRefGrad(before, y, 'gelu'), sizesOf(c)), residual: y };
    },
    terms: termsOf,
  }),
];
