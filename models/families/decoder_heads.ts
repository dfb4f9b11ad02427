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

/** GPT-2 with a head for classes of texts, or numbers: `GPT2ForSequenceClassification`. */
export const gpt2ForSequenceClassification = sequence(gpt2, 'GPT2');
/** Llama with a head for classes of texts, or numbers: `LlamaForSequenceClassification`. */
export const llamaForSequenceClassification = sequence(llama, 'Llama');
/** Mistral with a head for classes of texts, or numbers: `MistralForSequenceClassification`. */
export const mistralForSequenceClassification = sequence(mistral, 'Mistral');
/** Qwen2 with a head for classes of texts, or numbers: `Qwen2ForSequenceClassification`. */
export const qwen2ForSequenceClassification = sequence(qwen2, 'Qwen2');
/** Qwen3 with a head for classes of texts, or numbers: `Qwen3ForSequenceClassification`. */
export const qwen3ForSequenceClassification = sequence(qwen3, 'Qwen3');
/** Gemma with a head for classes of texts, or numbers: `GemmaForSequenceClassification`. */
export const gemmaForSequenceClassification = sequence(gemma, 'Gemma', 0);
/** Gemma 2 with a head for classes of texts, or numbers: `Gemma2ForSequenceClassification`. */
export const gemma2ForSequenceClassification = sequence(gemma2, 'Gemma2', 0);
/** Phi with a head for classes of texts, or numbers: `PhiForSequenceClassification`. */
export const phiForSequenceClassification = sequence(phi, 'Phi');
/** Phi-3 with a head for classes of texts, or numbers: `Phi3ForSequenceClassification`. */
export const phi3ForSequenceClassification = sequence(phi3, 'Phi3', 32000);
/** OPT with a head for classes of texts, or numbers: `OPTForSequenceClassification`. */
export const optForSequenceClassification = sequence(opt, 'OPT', 1);
/** GPT-NeoX with a head for classes of texts, or numbers: `GPTNeoXForSequenceClassification`. */
export const gptNeoxForSequenceClassification = sequence(gptNeox, 'GPTNeoX');
/** BLOOM with a head for classes of texts, or numbers: `BloomForSequenceClassification`. */
export const bloomForSequenceClassification = sequence(bloom, 'Bloom', 3);

/** GPT-2 with a head for classes of tokens, such as names: `GPT2ForTokenClassification`. */
export const gpt2ForTokenClassification = token(gpt2, 'GPT2', 'classifier');
/** Llama with a head for classes of tokens, such as names: `LlamaForTokenClassification`. */
export const llamaForTokenClassification = token(llama, 'Llama');
/** Mistral with a head for classes of tokens, such as names: `MistralForTokenClassification`. */
export const mistralForTokenClassification = token(mistral, 'Mistral');
/** Qwen2 with a head for classes of tokens, such as names: `Qwen2ForTokenClassification`. */
export const qwen2ForTokenClassification = token(qwen2, 'Qwen2');
/** Qwen3 with a head for classes of tokens, such as names: `Qwen3ForTokenClassification`. */
export const qwen3ForTokenClassification = token(qwen3, 'Qwen3');
/** Gemma with a head for classes of tokens, such as names: `GemmaForTokenClassification`. */
export const gemmaForTokenClassification = token(gemma, 'Gemma');
/** Gemma 2 with a head for classes of tokens, such as names: `Gemma2ForTokenClassification`. */
export const gemma2ForTokenClassification = token(gemma2, 'Gemma2');
/** Phi with a head for classes of tokens, such as names: `PhiForTokenClassification`. */
export const phiForTokenClassification = token(phi, 'Phi');
/** Phi-3 with a head for classes of tokens, such as names: `Phi3ForTokenClassification`. */
export const phi3ForTokenClassification = token(phi3, 'Phi3');
/** GPT-NeoX with a head for classes of tokens, such as names: `GPTNeoXForTokenClassification`. */
export const gptNeoxForTokenClassification = token(gptNeox, 'GPTNeoX', 'classifier', (json) =>
  numberIn(json, 'classifier_dropout', 0.1),
);
/** BLOOM with a head for classes of tokens, such as names: `BloomForTokenClassification`. */
export const bloomForTokenClassification = token(bloom, 'Bloom', 'classifier', (json) =>
  usualDropout({ hidden_dropout: 0, ...json }),
);

/** GPT-2 with a head for the place of an answer: `GPT2ForQuestionAnswering`. */
export const gpt2ForQuestionAnswering = question(gpt2, 'GPT2');
/** Llama with a head for the place of an answer: `LlamaForQuestionAnswering`. */
export const llamaForQuestionAnswering = question(llama, 'Llama', 'transformer.');
/** Mistral with a head for the place of an answer: `MistralForQuestionAnswering`. */
export const mistralForQuestionAnswering = question(mistral, 'Mistral');
/** Qwen2 with a head for the place of an answer: `Qwen2ForQuestionAnswering`. */
export const qwen2ForQuestionAnswering = question(qwen2, 'Qwen2', 'transformer.');
/** Qwen3 with a head for the place of an answer: `Qwen3ForQuestionAnswering`. */
export const qwen3ForQuestionAnswering = question(qwen3, 'Qwen3', 'transformer.');
/** OPT with a head for the place of an answer: `OPTForQuestionAnswering`. */
export const optForQuestionAnswering = question(opt, 'OPT');
/** GPT-NeoX with a head for the place of an answer: `GPTNeoXForQuestionAnswering`. */
export const gptNeoxForQuestionAnswering = question(gptNeox, 'GPTNeoX');
/** BLOOM with a head for the place of an answer: `BloomForQuestionAnswering`. */
export const bloomForQuestionAnswering = question(bloom, 'Bloom');
