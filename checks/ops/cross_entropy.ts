import { IGNORE_INDEX } from '../../engine/graph/plan';
import {
  crossEntropy,
  crossEntropyRows,
  type CrossEntropyOptions,
} from '../../engine/shaders/cross_entropy/cross_entropy';
import { crossEntropyRef, crossEntropyRefGrad } from '../../engine/shaders/cross_entropy/cross_entropy.ref';
import { describeOp, grid, integers, normal } from '../op';

type Case = { n: number; v: number; labelSmoothing: number; ignoreIndex: number };
export const rungs = ['software', 'hardware'] as const;
const cases: Case[] = [
  { n: 3, v: 5, labelSmoothing: 0.1, ignoreIndex: IGNORE_INDEX },
  ...grid({ n: [1, 17], v: [1, 7, 65, 260], labelSmoothing: [0, 0.1], ignoreIndex: [IGNORE_INDEX] }),
  { n: 300, v: 67, labelSmoothing: 0, ignoreIndex: 2 },
  { n: 5, v: 2049, labelSmoothing: 0, ignoreIndex: IGNORE_INDEX },
];

/** Those of a case that are the op's. */
export const optionsOf = ({
  labelSmoothing,
  ignoreIndex,
}: Omit<CrossEntropyOptions, 'weights'>): CrossEntropyOptions => ({
  ...(labelSmoothing !== undefined && { labelSmoothing }),
  ...(ignoreIndex !== undefined && { ignoreIndex }),
});

export const ops = [
  describeOp('crossEntropy', {
    cases,
    rungs,
    inputs: ({ n, v, ignoreIndex }) => {
      const targets = integers([n], v);
      if (n > 2) (targets.data as Uint32Array)[1] = ignoreIndex;
      return { logits: normal([n, v], { std: 3 }), targets };
    },
    op: (g, { logits, targets }, c) => ({ ...crossEntropyRows(g, logits, targets, optionsOf(c)) }),
    reference: ({ logits, targets }, c) => crossEntropyRef(logits, targets, c),
    gradient: ({ logits, targets }, { loss }, c) => ({
      logits: crossEntropyRefGrad(logits, targets, loss[0], c),
    }),
    differentiable: ['loss'],
    terms: ({ v }) => v,
    bound: { c1: 1, scale: 10 }, // the loss is a difference of numbers as large as the largest logit
  }),
  describeOp('crossEntropy of weighted classes', {
    cases: [
      { n: 5, v: 3, labelSmoothing: 0, ignoreIndex: IGNORE_INDEX },
      { n: 17, v: 37, labelSmoothing: 0.2, ignoreIndex: IGNORE_INDEX },
    ],
    rungs,
    inputs: ({ n, v, ignoreIndex }) => {
      const targets = integers([n], v);
      (targets.data as Uint32Array)[1] = ignoreIndex;
      const weights = Float64Array.from({ length: v }, (_, c) => (c % 4) / 8); // some of 0
      return {
        logits: normal([n, v], { std: 3 }),
        targets,
        weights: { shape: [v], data: weights, exact: true, fixed: true },
      };
    },
    op: (g, { logits, targets, weights }, c) => ({
      ...crossEntropyRows(g, logits, targets, { ...optionsOf(c), weights }),
    }),
    reference: ({ logits, targets, weights }, c) => crossEntropyRef(logits, targets, { ...c, weights }),
    gradient: ({ logits, targets, weights }, { loss }, c) => ({
      logits: crossEntropyRefGrad(logits, targets, loss[0], { ...c, weights }),
    }),
    differentiable: ['loss'],
    terms: ({ v }) => v,
    bound: { c1: 1, scale: 10 },
  }),
  describeOp('crossEntropy of logits that overflow exp', {
    cases: [{ v: 4, labelSmoothing: 0, ignoreIndex: IGNORE_INDEX }],
    rungs,
    inputs: () => ({
      logits: { shape: [2, 4], data: Float64Array.of(3e4, -3e4, 29952, 3e4, -3e4, -3e4, -3e4, -3e4) },
      targets: { shape: [2], data: Uint32Array.of(0, 1) },
    }),
    op: (g, { logits, targets }, c) => crossEntropy(g, logits, targets, optionsOf(c)),
    reference: ({ logits, targets }, c) => ({ y: crossEntropyRef(logits, targets, c).loss }),
    gradient: ({ logits, targets }, { y }, c) => ({ logits: crossEntropyRefGrad(logits, targets, y[0], c) }),
    finiteDifferences: false,
    terms: () => 4,
  }),
  describeOp('crossEntropy without any target', {
    cases: [{ v: 6, labelSmoothing: 0.1, ignoreIndex: 3 }],
    rungs,
    inputs: () => ({
      logits: normal([2, 6]),
      targets: { shape: [2], data: Uint32Array.of(IGNORE_INDEX, 3) },
    }),
    op: (g, { logits, targets }, c) => crossEntropy(g, logits, targets, optionsOf(c)),
    reference: () => ({ y: Float64Array.of(0) }),
    gradient: () => ({ logits: new Float64Array(12) }),
    terms: () => 1,
  }),
];
