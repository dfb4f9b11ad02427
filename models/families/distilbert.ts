import { bertParts } from '../bert';
import { activationIn, flagIn, layersIn, numberIn, paddingIn, refuse, type Json } from '../pretrained_config';
import type { Summary } from '../text_heads';
import { tiedTo } from './bert_map';
import {
  body,
  maskedLM,
  multipleChoice,
  questionAnswering,
  sequenceClassification,
  tokenClassification,
  type EncoderKind,
} from './encoder_heads';

/** A layer of the first row, dropped from after it alone. */
const summary = (json: Json): Summary => ({
  ...{ pooled: false, activation: 'relu', dropoutBefore: false },
  dropout: numberIn(json, 'seq_classif_dropout', 0.2),
});

/** DistilBERT: half of BERT's layers, no segments, no pooler (Sanh et al. 2019). */
const DISTILBERT: EncoderKind = {
  ...{ type: 'distilbert', title: 'DistilBERT', classes: 'DistilBert', pooler: null },
  parts(json, file) {
    refuse(json, 'sinusoidal_pos_embds', [false]);
    return bertParts({
      vocabulary: numberIn(json, 'vocab_size'),
      context: numberIn(json, 'max_position_embeddings', 512),
      layers: layersIn(json, 'n_layers', file),
      heads: numberIn(json, 'n_heads'),
      width: numberIn(json, 'dim'),
      hidden: numberIn(json, 'hidden_dim'),
      segments: 0,
      padding: paddingIn(json, 0),
      activation: activationIn(json, 'activation', 'gelu'),
      dropout: numberIn(json, 'dropout', 0.1),
      attentionOutputDropout: 0,
      attentionDropout: numberIn(json, 'attention_dropout', 0.1),
      tied: flagIn(json, 'tie_word_embeddings', true),
    });
  },
  weights(model) {
    const layers = 'distilbert.transformer.layer.*';
    return {
      prefix: 'distilbert.',
      ignored: /embeddings\.position_ids$/,
      heads: /^(vocab_(transform|layer_norm|projector)|pre_classifier|classifier|qa_outputs)\./,
      tensors: {
        'tokens.weight': {
          from: 'distilbert.embeddings.word_embeddings.weight',
          copies: tiedTo(model, 'vocab_projector.weight'),
        },
        'positions.weight': 'distilbert.embeddings.position_embeddings.weight',
        'norm.{weight,bias}': 'distilbert.embeddings.LayerNorm.{weight,bias}',
        'stack.layers.*.attention.qkv.{weight,bias}': `${layers}.attention.{q,k,v}_lin.{weight,bias}`,
        'stack.layers.*.attention.output.{weight,bias}': `${layers}.attention.out_lin.{weight,bias}`,
        'stack.layers.*.attentionNorm.{weight,bias}': `${layers}.sa_layer_norm.{weight,bias}`,
        'stack.layers.*.feedForward.up.{weight,bias}': `${layers}.ffn.lin1.{weight,bias}`,
        'stack.layers.*.feedForward.down.{weight,bias}': `${layers}.ffn.lin2.{weight,bias}`,
        'stack.layers.*.feedForwardNorm.{weight,bias}': `${layers}.output_layer_norm.{weight,bias}`,
        'head.transform.{weight,bias}': 'vocab_transform.{weight,bias}',
        'head.norm.{weight,bias}': 'vocab_layer_norm.{weight,bias}',
        'head.weight': 'vocab_projector.weight',
        'head.bias': 'vocab_projector.bias',
        'classifier.dense.{weight,bias}': 'pre_classifier.{weight,bias}',
        'classifier.output.{weight,bias}': 'classifier.{weight,bias}',
        'output.{weight,bias}': 'qa_outputs.{weight,bias}',
      },
    };
  },
  sequence: summary,
  choice: summary,
  token: () => ({}),
  question: (json) => ({ dropout: numberIn(json, 'qa_dropout', 0.1) }),
};

/** DistilBERT with its head for masked tokens. */
export const distilbert = maskedLM(DISTILBERT);
/** DistilBERT with a head for classes of texts, or numbers: `DistilBertForSequenceClassification`. */
export const distilbertForSequenceClassification = sequenceClassification(DISTILBERT);
/** DistilBERT with a head for classes of tokens, such as names: `DistilBertForTokenClassification`. */
export const distilbertForTokenClassification = tokenClassification(DISTILBERT);
/** DistilBERT with a head for the place of an answer: `DistilBertForQuestionAnswering`. */
export const distilbertForQuestionAnswering = questionAnswering(DISTILBERT);
/** DistilBERT with a head for the text that fits best of several: `DistilBertForMultipleChoice`. */
export const distilbertForMultipleChoice = multipleChoice(DISTILBERT);
/** DistilBERT without a head: Transformers' `DistilBertModel`. */
export const distilbertModel = body(DISTILBERT);
