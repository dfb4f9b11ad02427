import { scale } from '../../engine/shaders/scale/scale';
import { transpose } from '../../engine/shaders/transpose/transpose';
import { transposeRef } from '../../engine/shaders/transpose/transpose.ref';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('transpose', {
    cases: [
      { p: 1, i: 1, q: 1, j: 1, r: 1 },
      { p: 1, i: 5, q: 1, j: 7, r: 1 },
      { p: 2, i: 17, q: 1, j: 32, r: 1 },
      { p: 2, i: 33, q: 3, j: 20, r: 1 },
      { p: 2, i: 5, q: 1, j: 3, r: 8 }, // heads before rows
      { p: 2, i: 3, q: 2, j: 4, r: 5 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ p, i, q, j, r }) => ({ x: normal([p, i, q, j, r]) }),
    // Reading x twice has its gradient added to.
    op: (g, { x }) => ({ y: transpose(g, x, 1, 3), z: scale(g, x, 2) }),
    reference: ({ x }, sizes) => ({ y: transposeRef(x, sizes), z: x.map((v) => 2 * v) }),
    gradient: (_, { y, z }, { i, q, j, r }) => ({
      x: transposeRef(y, { i: j, q, j: i, r }).map((d, at) => d + 2 * z[at]),
    }),
    terms: () => 2,
  }),
];
