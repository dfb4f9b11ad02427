/** Heads of families that read from left to right: each is made over the body of the family's language model. */
import type { CausalBody, CausalLMConfig, CausalLMParts } from '../causal_body';
import { CausalQuestionAnswering, CausalSequenceClassifier, CausalTokenClassifier } from '../causal_heads';
import type { CausalLM } from '../causal_lm';
import type { Family } from '../family/family';
import type { WeightMap } from '../family/weight_map';
import { labelsIn, numberIn, numberOrNullIn, type Json } from '../pretrained_config';
import { bloom } from './bloom';
import type { DecoderFamily } from './decoder_parts';
import { problemIn } from './encoder_heads';
import { gemma, gemma2 } from './gemma';
import { gpt2 } from './gpt2';
import { gptNeox } from './gpt_neox';
import { llama } from './llama';
import { mistral } from './mistral';
import { opt } from './opt';
import { phi } from './phi';
import { phi3 } from './phi3';
import { qwen2 } from './qwen2';
import { qwen3 } from './qwen3';

type Own = { readonly where: string; readonly config: CausalLMConfig };

/** A class of Transformers over the body that `family` builds, without its head; `tensors` are those of the new one. */
const headOf = <M extends CausalBody>(
  family: DecoderFamily,
  architecture: string,
  make: (parts: CausalLMParts, json: Json, own: Own) => M,
  tensors: WeightMap['tensors'],
): Family<M> => ({
  ...{ type: family.type, title: family.title, architectures: [architecture] },
  build(json, file) {
    const { parts, config, where }: CausalLM = family.build(json, file);
    return make({ ...parts, tied: false }, json, { where, config: { ...config, tied: false } });
  },
  weights(model) {
    const map = family.weights(model);
    return {
      ...map,
      heads: /^(lm_head|embed_out|score|classifier|qa_outputs)\./,
      tensors: { ...map.tensors, ...tensors },
    };
  },
});

/** The class of a text; `padding`: pad_token_id where config.json says none. */
const sequence = (family: DecoderFamily, classes: string, padding: number | null = null) =>
  headOf(
    family,
    `${classes}ForSequenceClassification`,
    (parts, json, own) => {
      const id = numberOrNullIn(json, 'pad_token_id', padding);
      // An id that no token has, such as -1, ends no text.
      const known = id !== null && id >= 0 && id < parts.vocabulary;
      const head = { labels: labelsIn(json), problem: problemIn(json), padding: known ? id : null };
      return new CausalSequenceClassifier(parts, head, own);
    },
    { 'score.weight': 'score.weight' },
  );

/** How likely the head of tokens drops what it reads, as most of Transformers' classes say it. */
const usualDropout = (json: Json): number =>
  numberOrNullIn(json, 'classifier_dropout', null) ?? numberOrNullIn(json, 'hidden_dropout', null) ?? 0.1;

/** Classes of tokens; `name`: what the head is called there. */
const token = (
  family: DecoderFamily,
  classes: string,
  name: 'score' | 'classifier' = 'score',
  dropoutIn = usualDropout,
) =>
  headOf(
    family,
    `${classes}ForTokenClassification`,
    (parts, json, own) =>
      new CausalTokenClassifier(parts, { labels: labelsIn(json), dropout: dropoutIn(json) }, own),
    { 'classifier.output.{weight,bias}': `${name}.{weight,bias}` },
  );

/** Where an answer is; `other`: what the body is called there and nowhere else. */
const question = (family: DecoderFamily, classes: string, other: string | null = null) => {
  const plain = headOf(
    family,
    `${classes}ForQuestionAnswering`,
    (parts, _, own) => new CausalQuestionAnswering(parts, own),
    { 'output.{weight,bias}': 'qa_outputs.{weight,bias}' },
  );
  if (other === null) return plain;
  return { ...plain, weights: (model: CausalQuestionAnswering) => renamed(plain.weights(model), other) };
};

/** The map of a family whose body is called otherwise; files of its other classes are still read. */
function renamed({ prefix = '', tensors, ...map }: WeightMap, other: string): WeightMap {
  const there = (name: string): string =>
    name.startsWith(prefix) ? other + name.slice(prefix.length) : name;
  return {
    ...map,
    prefix: other,
    beginnings: { [prefix]: other },
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([ours, rule]) => [
        ours,
        typeof rule === 'string' ? there(rule) : { ...rule, from: there(rule.from) },
      ]),
    ),
  };
}

export const gpt2ForSequenceClassification = sequence(gpt2, 'GPT2');
export const llamaForSequenceClassification = sequence(llama, 'Llama');
export const mistralForSequenceClassification = sequence(mistral, 'Mistral');
export const qwen2ForSequenceClassification = sequence(qwen2, 'Qwen2');
export const qwen3ForSequenceClassification = sequence(qwen3, 'Qwen3');
export const gemmaForSequenceClassification = sequence(gemma, 'Gemma', 0);
export const gemma2ForSequenceClassification = sequence(gemma2, 'Gemma2', 0);
export const phiForSequenceClassification = sequence(phi, 'Phi');
export const phi3ForSequenceClassification = sequence(phi3, 'Phi3', 32000);
export const optForSequenceClassification = sequence(opt, 'OPT', 1);
export const gptNeoxForSequenceClassification = sequence(gptNeox, 'GPTNeoX');
export const bloomForSequenceClassification = sequence(bloom, 'Bloom', 3);

export const gpt2ForTokenClassification = token(gpt2, 'GPT2', 'classifier');
export const llamaForTokenClassification = token(llama, 'Llama');
export const mistralForTokenClassification = token(mistral, 'Mistral');
export const qwen2ForTokenClassification = token(qwen2, 'Qwen2');
export const qwen3ForTokenClassification = token(qwen3, 'Qwen3');
export const gemmaForTokenClassification = token(gemma, 'Gemma');
export const gemma2ForTokenClassification = token(gemma2, 'Gemma2');
export const phiForTokenClassification = token(phi, 'Phi');
export const phi3ForTokenClassification = token(phi3, 'Phi3');
export const gptNeoxForTokenClassification = token(gptNeox, 'GPTNeoX', 'classifier', (json) =>
  numberIn(json, 'classifier_dropout', 0.1),
);
export const bloomForTokenClassification = token(bloom, 'Bloom', 'classifier', (json) =>
  usualDropout({ hidden_dropout: 0, ...json }),
);

export const gpt2ForQuestionAnswering = question(gpt2, 'GPT2');
export const llamaForQuestionAnswering = question(llama, 'Llama', 'transformer.');
export const mistralForQuestionAnswering = question(mistral, 'Mistral');
export const qwen2ForQuestionAnswering = question(qwen2, 'Qwen2', 'transformer.');
export const qwen3ForQuestionAnswering = question(qwen3, 'Qwen3', 'transformer.');
export const optForQuestionAnswering = question(opt, 'OPT');
export const gptNeoxForQuestionAnswering = question(gptNeox, 'GPTNeoX');
export const bloomForQuestionAnswering = question(bloom, 'Bloom');
