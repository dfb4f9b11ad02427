/** Heads that PEFT learns whole beside what stands before texts. */
import { SequenceClassifier } from '../text_heads';
import { copiesOf, tensorsOf } from './copies';
import type { TheirModules, TheirTensor } from './modules';
import type { PeftPlan } from './peft_tensor';

/** The modules' names there. */
const HEADS = ['classifier', 'score'];

/** What PEFT learns whole beside what stands before the texts of a classifier; nothing for other models. */
export const headsOf = (model: object, modules: TheirModules): readonly TheirTensor[] =>
  model instanceof SequenceClassifier ? tensorsOf(HEADS, modules) : [];

/** A plan with these. */
export function withHeads({ layers, tensors }: PeftPlan, modules: TheirModules, model: object): PeftPlan {
  const heads = copiesOf(headsOf(model, modules), modules, model, (name) => [name]);
  return { layers: { ...layers, ...heads.layers }, tensors: [...tensors, ...heads.tensors] };
}
