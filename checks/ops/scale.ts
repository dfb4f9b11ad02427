import { scale } from '../../engine/shaders/scale/scale';
import { scaleRef } from '../../engine/shaders/scale/scale.ref';
import { describeOp, grid, normal } from '../op';

export const ops = [
  describeOp('scale', {
    cases: grid({ n: [1, 8, 7, 4096], factor: [-0.125] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }, { factor }) => scale(g, x, factor),
    reference: ({ x }, { factor }) => ({ y: scaleRef(x, factor) }),
    gradient: (_, { y }, { factor }) => ({ x: scaleRef(y, factor) }),
    terms: () => 1,
  }),
  describeOp('scale: two readers of one tensor', {
    cases: grid({ n: [8, 7] }),
    inputs: ({ n }) => ({ x: normal([n]) }),
    op: (g, { x }) => ({ a: scale(g, x, 2), b: scale(g, x, -3) }),
    reference: ({ x }) => ({ a: scaleRef(x, 2), b: scaleRef(x, -3) }),
    gradient: ({ x }, { a, b }) => ({ x: x.map((_, i) => 2 * a[i] - 3 * b[i]) }),
    terms: () => 2,
  }),
];
