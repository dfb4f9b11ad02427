import { scale } from '../../engine/shaders/scale/scale';
import { fold, unfold } from '../../engine/shaders/unfold/unfold';
import { foldRef, unfoldRef, windowsRef, type WindowsRef } from '../../engine/shaders/unfold/unfold.ref';
import { describeOp, normal } from '../op';

/** Sizes over one axis or two, written with an x between them. */
interface Case {
  readonly c: number;
  readonly size: string;
  readonly kernel: string;
  readonly stride: string;
  readonly padding: string;
  readonly dilation: string;
  readonly last: boolean;
  readonly [name: string]: number | boolean | string;
}

const numbers = (text: string): number[] => text.split('x').map(Number);
const of = (c: number, size: string, kernel: string, more: Partial<Case> = {}): Case => {
  const all = (n: number): string => numbers(kernel).map(() => n).join('x'); // prettier-ignore
  return {
    ...{ c, size, kernel, stride: all(1), padding: all(0), dilation: all(1), last: false, ...more },
  };
};
const shapeOf = ({ c, size, last }: Case): number[] =>
  last ? [2, ...numbers(size), c] : [2, c, ...numbers(size)];
const sizesOf = (c: Case): WindowsRef => ({
  ...{ shape: shapeOf(c), kernel: numbers(c.kernel), stride: numbers(c.stride), last: c.last },
  ...{ padding: numbers(c.padding), dilation: numbers(c.dilation) },
});
const optionsOf = (c: Case) => {
  const { kernel, stride, padding, dilation } = sizesOf(c);
  return { kernel, stride, padding, dilation, channels: c.last ? ('last' as const) : ('first' as const) };
};
const rowsOf = (c: Case): number[] => [
  2,
  ...windowsRef(sizesOf(c)),
  c.c * numbers(c.kernel).reduce((a, b) => a * b, 1),
];

const cases = [
  of(1, '1', '1'),
  of(3, '7x5', '3x2'),
  of(3, '7x5', '3x2', { stride: '2x3', padding: '2x1', dilation: '2x1' }),
  of(2, '9x6', '2x3', { stride: '3x4' }), // some of x is in no window
  of(3, '13x11', '4x4', { stride: '4x4' }), // patches that do not divide
  of(3, '12x16', '4x8', { stride: '4x8' }), // by fours
  of(2, '7x12', '3x8', { stride: '2x4', padding: '1x4' }), // by fours, overlapping
  of(5, '17', '3', { padding: '1' }),
  of(5, '17', '3', { stride: '2', padding: '1', last: true }), // Whisper's second
  of(4, '6x5', '3x3', { stride: '2x1', padding: '1x2', dilation: '1x2', last: true }),
];

export const ops = [
  describeOp('unfold', {
    cases,
    inputs: (c) => ({ x: normal(shapeOf(c)) }),
    // Reading x twice has its gradient added to.
    op: (g, { x }, c) => ({ y: unfold(g, x, optionsOf(c)), z: scale(g, x, 2) }),
    reference: ({ x }, c) => ({ y: unfoldRef(x, sizesOf(c)), z: x.map((v) => 2 * v) }),
    gradient: (_, { y, z }, c) => ({ x: foldRef(y, sizesOf(c)).map((d, i) => d + 2 * z[i]) }),
    terms: (c) => numbers(c.kernel).reduce((a, b) => a * b, 2),
  }),
  describeOp('fold', {
    cases,
    inputs: (c) => ({ y: normal(rowsOf(c)) }),
    op: (g, { y }, c) => ({ x: fold(g, y, { ...optionsOf(c), size: numbers(c.size) }), z: scale(g, y, 2) }),
    reference: ({ y }, c) => ({ x: foldRef(y, sizesOf(c)), z: y.map((v) => 2 * v) }),
    gradient: (_, { x, z }, c) => ({ y: unfoldRef(x, sizesOf(c)).map((d, i) => d + 2 * z[i]) }),
    terms: (c) => numbers(c.kernel).reduce((a, b) => a * b, 2),
  }),
];
