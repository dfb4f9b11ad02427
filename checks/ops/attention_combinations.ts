import { attentions, INTERPRETER } from '../attentions';
import type { DescribedOp, Where } from '../op';
import type { Specimen } from '../specimen';

// What models combine: Gemma 2, T5 and LongT5, BLOOM, Longformer, Transformer-XL; each with training's dropout.
const cases: readonly Partial<Specimen>[] = [
  { B: 2, T: 18, S: 18, causal: true, left: 7, right: 0, softcap: 5, G: 2, keys: 'lengths', rope: 'halves' },
  { B: 2, T: 18, S: 18, bias: 'buckets', scale: 1, keys: 'mask', dropout: 0.1 },
  { B: 2, T: 18, S: 18, bias: 'slopes', causal: true, keys: 'lengths', dropout: 0.1 },
  { B: 2, T: 18, S: 18, D: 8, bias: 'dense ht', causal: true, rope: 'halves' },
  { B: 2, T: 18, S: 18, pattern: 'longformer', keys: 'mask', dropout: 0.1 },
  { B: 2, T: 10, S: 20, bias: 'relative', causal: true, dropout: 0.1 },
  { B: 2, T: 18, S: 18, D: 8, bias: 'dense bht', pattern: 'bigbird' },
  { B: 1, T: 18, S: 18, H: 2, G: 2, D: 3, bias: 'dense ht', causal: true, softcap: 4, dropout: 0.2 },
];
const all = cases.map((c) => ({ H: 4, G: 4, ...c }));

export const ops = (where: Where): readonly DescribedOp[] =>
  attentions({ name: 'the pairs that models use', cases: all, ...INTERPRETER }, where);
