/** What a model is for: told by the class of Transformers that it was saved as. */
import type { Use } from './protocol';

const USES: readonly (readonly [classes: RegExp, use: Use])[] = [
  [/ForMaskedLM$/, 'fill'],
  [/ForSequenceClassification$/, 'classify'],
  [/ForTokenClassification$/, 'tag'],
  [/ForQuestionAnswering$/, 'answer'],
  [/(ForCausalLM|LMHeadModel)$|^GPT2Model$/, 'write'],
  [/For(Conditional|Seq2Seq)\w+$|^MarianMTModel$/, 'rewrite'],
  [/^(Bert|Roberta|XLMRoberta|Camembert|DistilBert|Albert|Electra|MPNet)Model$/, 'compare'],
];

export function useOf(architecture: string | null): Use | null {
  return USES.find(([classes]) => classes.test(architecture ?? ''))?.[1] ?? null;
}
