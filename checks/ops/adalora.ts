import { identityDistance, keepLargest, smoothImportance } from '../../engine/shaders/adalora/adalora';
import {
  identityDistanceRef,
  identityDistanceRefGrad,
  importanceRef,
  keepLargestRef,
} from '../../engine/shaders/adalora/adalora.ref';
import { scale } from '../../engine/shaders/scale/scale';
import { describeOp, normal } from '../op';

const BETAS = { beta1: 0.85, beta2: 0.8 };
const STEP = 6;

export const ops = [
  describeOp('smoothImportance', {
    cases: [
      { n: 7, clip: 1, last: 100 },
      { n: 1028, clip: 0.5, last: 100 },
      { n: 12, clip: 0, last: 100 }, // gradients that blew up
      { n: 12, clip: 1, last: STEP + 1 },
    ],
    inputs: ({ n, clip }) => {
      const positive = (std: number) => {
        const { shape, data } = normal([n], { std });
        return { shape, data: Float64Array.from(data, Math.abs) };
      };
      return {
        ...{ weights: normal([n]), gradients: normal([n]) },
        ...{ importance: positive(1), uncertainty: positive(0.3) },
        clip: { shape: [2], data: Float64Array.of(3, clip), exact: true },
      };
    },
    op(g, { weights, gradients, importance, uncertainty, clip }, { last }) {
      smoothImportance(g, { weights, gradients, importance, uncertainty }, { ...BETAS, clip, last });
      return { importance, uncertainty };
    },
    reference: ({ weights, gradients, importance, uncertainty }, { clip, last }) => ({
      ...(clip === 0 || STEP + 1 >= last
        ? { importance, uncertainty }
        : importanceRef(weights, gradients, { importance, uncertainty }, clip, BETAS)),
    }),
    step: { index: STEP },
    terms: () => 3,
    dtypes: ['f32'],
    rungs: ['software', 'hardware'],
  }),
  describeOp('keepLargest', {
    cases: [
      { n: 1, drop: 0 },
      { n: 9, drop: 4 },
      { n: 130, drop: 77 },
    ],
    inputs: ({ n, drop }) => ({
      scores: normal([n], { exact: true }),
      drop: { shape: [1], data: Uint32Array.of(drop) },
    }),
    op: (g, { scores, drop }) => keepLargest(g, scores, drop),
    reference: ({ scores, drop }) => ({ y: keepLargestRef(scores, drop[0]) }),
    terms: () => 1,
    dtypes: ['f32'],
    rungs: ['software', 'hardware'],
  }),
  describeOp('identityDistance', {
    cases: [{ r: 1 }, { r: 5 }, { r: 13 }],
    inputs: ({ r }) => ({ m: normal([r, r]) }),
    // Reading m twice has its gradient added to.
    op: (g, { m }) => ({ y: identityDistance(g, m), z: scale(g, m, 2) }),
    reference: ({ m }, { r }) => ({ y: identityDistanceRef(m, r), z: m.map((x) => 2 * x) }),
    gradient: ({ m }, { y, z }, { r }) => ({
      m: identityDistanceRefGrad(m, r, y[0]).map((d, i) => d + 2 * z[i]),
    }),
    terms: ({ r }) => r * r,
    rungs: ['software', 'hardware'],
  }),
];
