import { sample } from '../../engine/shaders/sampling/sampling';
import { describeOp, normal } from '../op';

export const rungs = ['software', 'hardware'] as const;
const argmax = (x: Float64Array): number => x.reduce((best, v, i) => (v > x[best] ? i : best), 0);

export const ops = [
  describeOp('greedy sampling', {
    cases: [
      { n: 3, v: 1 },
      { n: 2, v: 5 },
      { n: 70, v: 65 },
      { n: 3, v: 1000 },
      { n: 2, v: 50_257 },
    ],
    rungs,
    inputs: ({ n, v }) => ({ logits: normal([n, v]) }),
    op: (g, { logits }) => sample(g, logits),
    reference: ({ logits }, { n, v }) => ({
      y: Float64Array.from({ length: n }, (_, i) => argmax(logits.subarray(i * v, (i + 1) * v))),
    }),
    step: { temperature: 0 },
    terms: () => 1,
  }),
];
