import { binaryCrossEntropy, meanSquaredError } from '../../engine/shaders/elementwise_loss/elementwise_loss';
import {
  binaryCrossEntropyRef,
  binaryCrossEntropyRefGrad,
  squaredErrorRef,
  squaredErrorRefGrad,
} from '../../engine/shaders/elementwise_loss/elementwise_loss.ref';
import { describeOp, integers, normal, type TestArray } from '../op';

const cases = [
  { n: 1, c: 1 },
  { n: 3, c: 5 },
  { n: 130, c: 67 }, // several workgroups
];

/** Of rows: 0 for the second. */
const weights = (n: number): TestArray => ({
  shape: [n],
  data: Float64Array.from({ length: n }, (_, i) => (i === 1 ? 0 : 1 + (i % 3))),
  fixed: true,
});

export const ops = [
  describeOp('meanSquaredError', {
    cases,
    rungs: ['software', 'hardware'],
    inputs: ({ n, c }) => ({ x: normal([n, c]), t: normal([n, c]), w: weights(n) }),
    op: (g, { x, t, w }) => ({
      y: meanSquaredError(g, x, t),
      weighted: meanSquaredError(g, x, t, { weights: w }),
    }),
    reference: ({ x, t, w }) => ({ y: squaredErrorRef(x, t, null), weighted: squaredErrorRef(x, t, w) }),
    gradient: ({ x, t, w }, { y, weighted }) => {
      const other = squaredErrorRefGrad(x, t, w, weighted[0]);
      const dx = squaredErrorRefGrad(x, t, null, y[0]).map((d, i) => d + other[i]);
      return { x: dx, t: dx.map((d) => -d) };
    },
    terms: ({ n, c }) => n * c,
  }),
  describeOp('binaryCrossEntropy', {
    cases,
    rungs: ['software', 'hardware'],
    inputs: ({ n, c }) => ({
      x: normal([n, c], { std: 3 }),
      t: integers([n, c], 2),
      p: { shape: [n, c], data: Float64Array.from({ length: n * c }, (_, i) => (i % 5) / 4), fixed: true },
      w: weights(n),
    }),
    op: (g, { x, t, p, w }) => ({
      y: binaryCrossEntropy(g, x, t),
      weighted: binaryCrossEntropy(g, x, p, { weights: w }),
    }),
    reference: ({ x, t, p, w }) => ({
      y: binaryCrossEntropyRef(x, t, null),
      weighted: binaryCrossEntropyRef(x, p, w),
    }),
    gradient: ({ x, t, p, w }, { y, weighted }) => {
      const other = binaryCrossEntropyRefGrad(x, p, w, weighted[0]);
      return { x: binaryCrossEntropyRefGrad(x, t, null, y[0]).map((d, i) => d + other[i]) };
    },
    terms: ({ n, c }) => n * c,
  }),
];
