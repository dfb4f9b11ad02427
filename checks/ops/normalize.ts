import { normalize } from '../../engine/shaders/normalize/normalize';
import { normalizeRef, normalizeRefGrad } from '../../engine/shaders/normalize/normalize.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal } from '../op';

export const ops = [
  describeOp('normalize', {
    cases: [
      { n: 1, c: 1, eps: 1e-12 },
      { n: 3, c: 7, eps: 1e-12 },
      { n: 17, c: 8, eps: 1e-12 },
      { n: 2, c: 65, eps: 1e-12 },
      { n: 3, c: 4, eps: 2 }, // rows about as long as eps
      { n: 2, c: 1100, eps: 1e-12 },
    ],
    rungs: ['software', 'hardware'],
    inputs: ({ n, c }) => ({ x: normal([n, c]) }),
    // Reading x twice has its gradient added to.
    op: (g, { x }, { eps }) => ({ y: normalize(g, x, eps), z: scale(g, x, 2) }),
    reference: ({ x }, { c, eps }) => ({ y: normalizeRef(x, c, eps), z: x.map((v) => 2 * v) }),
    gradient: ({ x }, { y, z }, { c, eps }) => ({
      x: normalizeRefGrad(x, y, c, eps).map((d, i) => d + 2 * z[i]),
    }),
    terms: ({ c }) => c,
    bound: { scale: 4 }, // dy - y Σ y dy cancels where a row has one number
  }),
];
