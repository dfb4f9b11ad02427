import { GPT } from '../gpt';
import { activationIn, flagIn, layersIn, numberIn, positiveIn, refuse } from '../pretrained_config';
import type { DecoderFamily } from './decoder_parts';

/** GPT-2 (Radford et al. 2019). */
export const gpt2: DecoderFamily<GPT> = {
  type: 'gpt2',
  title: 'GPT-2',
  architectures: ['GPT2LMHeadModel', 'GPT2Model'],
  build(json, file) {
    refuse(json, 'scale_attn_weights', [true]);
    refuse(json, 'scale_attn_by_inverse_layer_idx', [false]);
    refuse(json, 'add_cross_attention', [false]);
    const width = numberIn(json, 'n_embd');
    return new GPT({
      vocabulary: numberIn(json, 'vocab_size'),
      context: numberIn(json, 'n_positions'),
      layers: layersIn(json, 'n_layer', file),
      heads: numberIn(json, 'n_head'),
      width,
      hidden: numberIn(json, 'n_inner', 4 * width),
      epsilon: positiveIn(json, 'layer_norm_epsilon', 1e-5),
      activation: activationIn(json, 'activation_function', 'gelu_new'),
      dropout: numberIn(json, 'resid_pdrop', 0),
      embeddingDropout: numberIn(json, 'embd_pdrop', 0),
      attentionDropout: numberIn(json, 'attn_pdrop', 0),
      tied: flagIn(json, 'tie_word_embeddings', true),
    });
  },
  weights: ({ config }) => ({
    prefix: 'transformer.',
    ignored: /(^|\.)h\.\d+\.attn\.(masked_)?bias$/,
    tensors: {
      'tokens.weight': { from: 'transformer.wte.weight', copies: config.tied ? ['lm_head.weight'] : [] },
      'positions.weight': 'transformer.wpe.weight',
      'stack.layers.*.attentionNorm.{weight,bias}': 'transformer.h.*.ln_1.{weight,bias}',
      'stack.layers.*.attention.qkv.{weight,bias}': 'transformer.h.*.attn.c_attn.{weight,bias}',
      'stack.layers.*.attention.output.{weight,bias}': 'transformer.h.*.attn.c_proj.{weight,bias}',
      'stack.layers.*.feedForwardNorm.{weight,bias}': 'transformer.h.*.ln_2.{weight,bias}',
      'stack.layers.*.feedForward.up.{weight,bias}': 'transformer.h.*.mlp.c_fc.{weight,bias}',
      'stack.layers.*.feedForward.down.{weight,bias}': 'transformer.h.*.mlp.c_proj.{weight,bias}',
      'stack.norm.{weight,bias}': 'transformer.ln_f.{weight,bias}',
      'head.weight': 'lm_head.weight',
    },
  }),
};
