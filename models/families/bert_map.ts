/** How config.json and checkpoints speak of BERT, and of what was made after it. */
import type { BertConfig } from '../bert';
import type { WeightMap } from '../family/weight_map';
import { MaskedLM } from '../masked_lm';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  paddingIn,
  positiveIn,
  refuse,
  type Json,
  type Names,
} from '../pretrained_config';
import type { TextEncoder } from '../text_encoder';
import { SequenceClassifier } from '../text_heads';

/** The settings of a config.json that all of BERT's heads have. */
export function bertConfig(json: Json, file: Names): BertConfig {
  refuse(json, 'position_embedding_type', ['absolute']);
  refuse(json, 'is_decoder', [false]);
  refuse(json, 'add_cross_attention', [false]);
  return {
    vocabulary: numberIn(json, 'vocab_size'),
    context: numberIn(json, 'max_position_embeddings'),
    layers: layersIn(json, 'num_hidden_layers', file),
    heads: numberIn(json, 'num_attention_heads'),
    width: numberIn(json, 'hidden_size'),
    hidden: numberIn(json, 'intermediate_size'),
    segments: numberIn(json, 'type_vocab_size', 2),
    padding: paddingIn(json, 0),
    activation: activationIn(json, 'hidden_act', 'gelu'),
    dropout: numberIn(json, 'hidden_dropout_prob', 0.1),
    attentionDropout: numberIn(json, 'attention_probs_dropout_prob', 0.1),
    tied: flagIn(json, 'tie_word_embeddings', true),
    epsilon: positiveIn(json, 'layer_norm_eps', 1e-12),
  };
}

/** Names of a tied output matrix, which a file may have besides the table's. */
export function tiedTo(model: TextEncoder, name: string): readonly string[] {
  const { tied } = model.config;
  return tied && model instanceof MaskedLM ? [name] : [];
}

/** The names of all of BERT's parts, those of the body behind `prefix`; a model has some of them. */
export const bertWeights = (model: TextEncoder, prefix = 'bert.'): WeightMap => ({
  prefix,
  spellings: { '.gamma': '.weight', '.beta': '.bias' },
  ignored: /embeddings\.position_ids$/,
  heads: /^((bert\.)?pooler|cls|classifier|qa_outputs)\./,
  tensors: {
    'tokens.weight': {
      from: `${prefix}embeddings.word_embeddings.weight`,
      copies: tiedTo(model, 'cls.predictions.decoder.weight'),
    },
    'positions.weight': `${prefix}embeddings.position_embeddings.weight`,
    'segments.weight': `${prefix}embeddings.token_type_embeddings.weight`,
    'norm.{weight,bias}': `${prefix}embeddings.LayerNorm.{weight,bias}`,
    'stack.layers.*.attention.qkv.{weight,bias}': `${prefix}encoder.layer.*.attention.self.{query,key,value}.{weight,bias}`,
    'stack.layers.*.attention.output.{weight,bias}': `${prefix}encoder.layer.*.attention.output.dense.{weight,bias}`,
    'stack.layers.*.attentionNorm.{weight,bias}': `${prefix}encoder.layer.*.attention.output.LayerNorm.{weight,bias}`,
    'stack.layers.*.feedForward.up.{weight,bias}': `${prefix}encoder.layer.*.intermediate.dense.{weight,bias}`,
    'stack.layers.*.feedForward.down.{weight,bias}': `${prefix}encoder.layer.*.output.dense.{weight,bias}`,
    'stack.layers.*.feedForwardNorm.{weight,bias}': `${prefix}encoder.layer.*.output.LayerNorm.{weight,bias}`,
    'head.transform.{weight,bias}': 'cls.predictions.transform.dense.{weight,bias}',
    'head.norm.{weight,bias}': 'cls.predictions.transform.LayerNorm.{weight,bias}',
    'head.weight': 'cls.predictions.decoder.weight',
    'head.bias': { from: 'cls.predictions.bias', copies: ['cls.predictions.decoder.bias'] },
    'pooler.dense.{weight,bias}': `${prefix}pooler.dense.{weight,bias}`,
    'next.{weight,bias}': 'cls.seq_relationship.{weight,bias}',
    'classifier.output.{weight,bias}': 'classifier.{weight,bias}',
    'output.{weight,bias}': 'qa_outputs.{weight,bias}',
  },
});

/** RoBERTa's heads, which MPNet has, too: a layer of the first row instead of a pooler's. */
export const robertaHeads = (model: TextEncoder, words: string): WeightMap['tensors'] => ({
  'tokens.weight': { from: words, copies: tiedTo(model, 'lm_head.decoder.weight') },
  'head.transform.{weight,bias}': 'lm_head.dense.{weight,bias}',
  'head.norm.{weight,bias}': 'lm_head.layer_norm.{weight,bias}',
  'head.weight': 'lm_head.decoder.weight',
  'head.bias': { from: 'lm_head.bias', copies: ['lm_head.decoder.bias'] },
  ...(model instanceof SequenceClassifier && {
    'classifier.dense.{weight,bias}': 'classifier.dense.{weight,bias}',
    'classifier.output.{weight,bias}': 'classifier.out_proj.{weight,bias}',
  }),
});
