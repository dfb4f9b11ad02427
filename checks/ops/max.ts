import { argmax, max } from '../../engine/shaders/max/max';
import { argmaxRef, maxRef, maxRefGrad } from '../../engine/shaders/max/max.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('max and argmax over an axis', {
    cases: [
      { outer: 1, size: 1, inner: 1 },
      { outer: 3, size: 7, inner: 5 },
      { outer: 2, size: 5, inner: 8 },
      { outer: 5, size: 67, inner: 1 }, // the last axis
      { outer: 1, size: 130, inner: 20 }, // the first
      { outer: 2, size: 1100, inner: 3 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ outer, size, inner }) => ({ x: normal([outer, size, inner]) }),
    // Reading x twice has its gradient added to.
    op: (g, { x }) => ({ y: max(g, x, 1), at: argmax(g, x, -2, { keepdim: true }), z: scale(g, x, 2) }),
    reference: ({ x }, { size, inner }) => ({
      y: maxRef(x, size, inner),
      at: argmaxRef(x, size, inner),
      z: x.map((v) => 2 * v),
    }),
    gradient: ({ x }, { y, z }, { size, inner }) => ({
      x: maxRefGrad(x, y, size, inner).map((d, i) => d + 2 * z[i]),
    }),
    differentiable: ['y', 'z'],
    terms: () => 2,
  }),
];
