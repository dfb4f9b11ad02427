import { attentions, INTERPRETER, type Attentions } from '../attentions';
import type { DescribedOp, Where } from '../op';

// Workgroups of software adapters take four heads or one, by kernels of their own. Here one, in attention_combinations.ts four.
const GROUPS: readonly Attentions[] = [
  {
    name: 'windows',
    cases: [
      { B: 2, T: 37, S: 37, causal: true, left: 17, right: 0 },
      { T: 5, S: 5, causal: true, left: 2, right: 0 },
      { T: 67, S: 67, left: 16, right: 5 },
      { T: 9, S: 40, left: 3, right: 20 },
      { B: 3, T: 35, S: 7, causal: true, left: 3, right: 0, keys: 'lengths' },
    ],
  },
  {
    name: 'key masks',
    cases: [
      { B: 2, T: 19, S: 33, causal: true, keys: 'mask', G: 1 },
      { B: 2, T: 4, S: 6, keys: 'mask' },
    ],
  },
  {
    name: 'soft-capped logits and a scale',
    cases: [
      { T: 35, S: 35, causal: true, softcap: 5, scale: 1.5, H: 3, G: 1 },
      { T: 5, S: 5, softcap: 2, scale: 0.8 },
    ],
  },
  {
    name: 'dropout',
    cases: [
      { B: 2, T: 34, S: 34, causal: true, dropout: 0.1, H: 6, G: 3 },
      { T: 5, S: 7, dropout: 0.4 },
    ],
  },
  {
    name: 'dense biases',
    cases: [
      { B: 2, T: 18, S: 21, bias: 'dense bht', causal: true, H: 6, G: 3 },
      { B: 3, T: 18, S: 35, bias: 'dense ht', keys: 'lengths' },
      { T: 3, S: 4, bias: 'dense bht' },
      { B: 2, T: 33, S: 17, bias: 'dense bh' },
      { B: 2, T: 17, S: 34, bias: 'dense h' },
      { B: 2, T: 5, S: 6, bias: 'dense' },
    ],
    ...INTERPRETER,
  },
  {
    name: 'biases by buckets',
    cases: [
      { B: 2, T: 7, S: 20, bias: 'buckets', H: 3, G: 1, left: 9, right: 4 },
      { T: 4, S: 4, bias: 'buckets' },
      { B: 2, T: 35, S: 35, bias: 'buckets', causal: true, scale: 1 },
    ],
  },
  {
    name: 'buckets beside a pattern',
    cases: [
      { B: 2, T: 19, S: 19, bias: 'buckets', pattern: 'longformer' },
      { T: 37, S: 37, bias: 'buckets', pattern: 'bigbird', H: 3, G: 1, causal: true },
    ],
  },
  {
    name: 'slopes',
    cases: [
      { T: 19, S: 21, bias: 'slopes', causal: true },
      { T: 35, S: 37, bias: 'slopes', causal: true, H: 6, G: 3 },
      { T: 5, S: 5, bias: 'slopes' },
    ],
  },
  {
    name: 'relative terms',
    cases: [
      { B: 2, T: 9, S: 20, bias: 'relative', causal: true },
      { T: 3, S: 5, bias: 'relative', causal: true },
      { B: 2, T: 18, S: 20, bias: 'relative', keys: 'lengths' },
    ],
  },

  // On the hardware rung the first two of each of these turn as the tiles load,
  {
    name: 'rotary positions',
    cases: [
      { B: 2, T: 37, S: 37, D: 8, G: 1, rope: 'halves', causal: true },
      { B: 2, T: 5, S: 12, D: 5, G: 1, rope: 'adjacent', rotary: 4, keys: 'lengths' },
      { T: 9, S: 4, D: 12, rope: 'halves', rotary: 4 },
    ],
  },
  {
    name: 'rotary positions beside others',
    cases: [
      { T: 40, S: 40, D: 8, pattern: 'sparse transformer', causal: true, rope: 'halves', dropout: 0.1 },
      { T: 9, S: 11, D: 8, bias: 'slopes', causal: true, rope: 'halves', softcap: 4 },
    ],
  },
  // the first of these for the pairing, the second for its length by the op `rope`.
  {
    name: 'rotary positions turned before',
    cases: [
      { T: 9, S: 9, D: 8, rope: 'adjacent', softcap: 4 },
      { T: 130, S: 130, rope: 'halves', H: 1, G: 1, causal: true },
    ],
  },
  {
    name: 'sparse patterns',
    cases: [
      { B: 2, T: 67, S: 67, pattern: 'sparse transformer', causal: true },
      { T: 9, S: 9, pattern: 'sparse transformer' },
      { T: 11, S: 11, pattern: 'fixed', causal: true },
      { T: 35, S: 35, pattern: 'fixed', causal: true },
      { B: 2, T: 12, S: 12, pattern: 'longformer', keys: 'lengths' },
      { B: 2, T: 70, S: 70, pattern: 'longformer', keys: 'lengths' },
      { T: 13, S: 13, pattern: 'bigbird' },
      { T: 70, S: 70, pattern: 'bigbird', H: 6, G: 3 },
    ],
  },
];

export const ops = (where: Where): readonly DescribedOp[] =>
  GROUPS.flatMap((group) => attentions(group, where));
