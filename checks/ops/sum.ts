import { mean, sum } from '../../engine/shaders/sum/sum';
import { sumRef, sumRefGrad } from '../../engine/shaders/sum/sum.ref';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('sum and mean over an axis', {
    cases: [
      { outer: 1, size: 1, inner: 1 },
      { outer: 3, size: 7, inner: 5 },
      { outer: 2, size: 5, inner: 8 },
      { outer: 5, size: 67, inner: 1 }, // the last axis
      { outer: 4, size: 68, inner: 1 },
      { outer: 1, size: 130, inner: 24 }, // the first
      { outer: 1, size: 1101, inner: 3 }, // in stretches
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ outer, size, inner }) => ({ x: normal([outer, size, inner]) }),
    op: (g, { x }) => ({ total: sum(g, x, 1), average: mean(g, x, -2, { keepdim: true, dtype: 'f32' }) }),
    reference: ({ x }, { size, inner }) => ({
      total: sumRef(x, size, inner),
      average: sumRef(x, size, inner, 1 / size),
    }),
    gradient: (_, { total, average }, { size, inner }) => {
      const other = sumRefGrad(average, size, inner, 1 / size);
      return { x: sumRefGrad(total, size, inner).map((d, i) => d + other[i]) };
    },
    terms: ({ size }) => size,
    bound: { scale: 4 }, // terms as large as this; what they add up to may be less
  }),
];
