import { Bert } from '../bert';
import type { Family } from '../family/family';
import { activationIn, flagIn, layersIn, numberIn, paddingIn, refuse } from '../pretrained_config';

/** DistilBERT with its head for masked tokens: half of BERT's layers, no segments (Sanh et al. 2019). */
export const distilbert: Family<Bert> = {
  type: 'distilbert',
  title: 'DistilBERT',
  architectures: ['DistilBertForMaskedLM'],
  build(json, file) {
    refuse(json, 'sinusoidal_pos_embds', [false]);
    return new Bert({
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
  weights({ config }) {
    const layers = 'distilbert.transformer.layer.*';
    return {
      prefix: 'distilbert.',
      ignored: /embeddings\.position_ids$/,
      tensors: {
        'tokens.weight': {
          from: 'distilbert.embeddings.word_embeddings.weight',
          copies: config.tied ? ['vocab_projector.weight'] : [],
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
      },
    };
  },
};
