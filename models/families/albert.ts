import { DataError, Linear, Stack } from '../../engine/index';
import { bertEmbeddings, bertLayer, bertParts } from '../bert';
import type { WeightMap } from '../family/weight_map';
import { numberIn, refuse, type Json } from '../pretrained_config';
import { PreTraining } from '../sentence_heads';
import { BERT_INIT, type TextEncoder } from '../text_encoder';
import type { Summary } from '../text_heads';
import { bertConfig, bertWeights, tiedTo } from './bert_map';
import {
  dropoutIn,
  headOf,
  maskedLM,
  multipleChoice,
  pooledBody,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
  type EncoderKind,
} from './encoder_heads';

/** Which group of weights each layer has: as many layers share one. */
function groupsIn(json: Json): readonly number[] {
  refuse(json, 'inner_group_num', [1]);
  const layers = numberIn(json, 'num_hidden_layers', 12);
  const groups = numberIn(json, 'num_hidden_groups', 1);
  const whole = [layers, groups].every((n) => Number.isInteger(n) && n >= 1);
  if (!whole || groups > layers || layers > 1000) {
    const what = `num_hidden_layers is ${layers} and num_hidden_groups ${groups}`;
    throw new DataError('config.json', what, 'Give up to 1000 layers, in at most as many groups.');
  }
  return Array.from({ length: layers }, (_, i) => Math.floor(i / (layers / groups)));
}

/** Names of the layers' weights, each of which is called by the first of those that share it. */
function layersOf({ stack: { layers } }: TextEncoder): WeightMap['tensors'] {
  const own = [...new Set(layers)].map((layer) => layers.indexOf(layer));
  return Object.assign(
    {},
    ...own.map((first, group) => {
      const [ours, there] = [
        `stack.layers.${first}`,
        `albert.encoder.albert_layer_groups.${group}.albert_layers.0`,
      ];
      return {
        [`${ours}.attention.qkv.{weight,bias}`]: `${there}.attention.{query,key,value}.{weight,bias}`,
        [`${ours}.attention.output.{weight,bias}`]: `${there}.attention.dense.{weight,bias}`,
        [`${ours}.attentionNorm.{weight,bias}`]: `${there}.attention.LayerNorm.{weight,bias}`,
        [`${ours}.feedForward.up.{weight,bias}`]: `${there}.ffn.{weight,bias}`,
        [`${ours}.feedForward.down.{weight,bias}`]: `${there}.ffn_output.{weight,bias}`,
        [`${ours}.feedForwardNorm.{weight,bias}`]: `${there}.full_layer_layer_norm.{weight,bias}`,
      };
    }),
  ) as WeightMap['tensors'];
}

const summary = (json: Json): Summary => ({ dropout: numberIn(json, 'classifier_dropout_prob', 0.1) });

/** ALBERT: BERT with narrower rows of tokens, whose layers share their weights (Lan et al. 2020). */
const ALBERT: EncoderKind = {
  ...{ type: 'albert', title: 'ALBERT', classes: 'Albert', pooler: /^(albert\.)?pooler\./ },
  parts(json, file) {
    const own = { hidden_act: 'gelu_new', hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 };
    const groups = groupsIn(json);
    const { stack: _, ...parts } = bertParts({
      ...bertConfig({ ...own, ...json, num_hidden_layers: 1 }, file),
      layers: groups.length,
    });
    const c = parts.config;
    const embedded = numberIn(json, 'embedding_size', 128);
    // What the feed-forward layer gives is not dropped from.
    const shared = Array.from({ length: groups.at(-1)! + 1 }, () => bertLayer(c, 0));
    return {
      ...{ ...parts, ...bertEmbeddings(c, embedded) },
      projection: new Linear(embedded, c.width, { init: BERT_INIT }),
      stack: new Stack(
        groups.map((group) => shared[group]),
        { recompute: c.recompute },
      ),
    };
  },
  weights(model) {
    const { tensors, ...map } = bertWeights(model, 'albert.');
    return {
      ...map,
      heads: /^((albert\.)?pooler|predictions|sop_classifier|classifier|qa_outputs)\./,
      tensors: {
        ...layersOf(model),
        ...tensors,
        'tokens.weight': {
          from: 'albert.embeddings.word_embeddings.weight',
          copies: tiedTo(model, 'predictions.decoder.weight'),
        },
        'projection.{weight,bias}': 'albert.encoder.embedding_hidden_mapping_in.{weight,bias}',
        'pooler.dense.{weight,bias}': 'albert.pooler.{weight,bias}',
        'head.transform.{weight,bias}': 'predictions.dense.{weight,bias}',
        'head.norm.{weight,bias}': 'predictions.LayerNorm.{weight,bias}',
        'next.{weight,bias}': 'sop_classifier.classifier.{weight,bias}',
        'head.weight': 'predictions.decoder.weight',
        'head.bias': { from: 'predictions.bias', copies: ['predictions.decoder.bias'] },
      },
    };
  },
  sequence: summary,
  choice: summary,
  token: (json) => dropoutIn({ classifier_dropout_prob: 0.1, ...json }, 'classifier_dropout_prob'),
  question: () => ({}),
};

/** ALBERT with its head for masked tokens; what it has for the order of sentences is kept as it came. */
export const albert = maskedLM(ALBERT, {
  more: ['AlbertForPreTraining'],
  kept: /^(albert\.)?pooler\.|^sop_classifier\./,
});
/** ALBERT with a head for classes of texts, or numbers: `AlbertForSequenceClassification`. */
export const albertForSequenceClassification = sequenceClassification(ALBERT);
/** ALBERT with a head for classes of tokens, such as names: `AlbertForTokenClassification`. */
export const albertForTokenClassification = tokenClassification(ALBERT);
/** ALBERT with a head for the place of an answer: `AlbertForQuestionAnswering`. */
export const albertForQuestionAnswering = questionAnswering(ALBERT);
/** ALBERT with a head for the text that fits best of several: `AlbertForMultipleChoice`. */
export const albertForMultipleChoice = multipleChoice(ALBERT);
/** ALBERT without a head: Transformers' `AlbertModel`. */
export const albertModel = pooledBody(ALBERT);

/** Masked tokens and the order of two sentences, as in the paper's pre-training. */
export const albertForPreTraining = headOf(
  ALBERT,
  'ForPreTraining',
  (parts, json) => new PreTraining(parts, summary(json)),
);
