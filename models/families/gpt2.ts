import type { WeightMap } from '../family/weight_map';
import { GPT, type GPTConfig } from '../gpt';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  positiveIn,
  refuse,
  type Json,
  type Names,
} from '../pretrained_config';
import type { DecoderFamily } from './decoder_parts';

/** The settings of GPT-2's config.json, whatever its layers attend to. */
export function gpt2Config(json: Json, file: Names): GPTConfig {
  refuse(json, 'scale_attn_weights', [true]);
  refuse(json, 'scale_attn_by_inverse_layer_idx', [false]);
  const width = numberIn(json, 'n_embd');
  return {
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
  };
}

/** The names of GPT-2's layers and of the norm behind them: ours behind `stack`, theirs behind `prefix`. */
export const gpt2Layers = (stack: string, prefix: string): WeightMap['tensors'] => {
  const [ours, theirs] = [`${stack}layers.*`, `${prefix}h.*`];
  return {
    [`${ours}.attentionNorm.{weight,bias}`]: `${theirs}.ln_1.{weight,bias}`,
    [`${ours}.attention.qkv.{weight,bias}`]: `${theirs}.attn.c_attn.{weight,bias}`,
    [`${ours}.attention.output.{weight,bias}`]: `${theirs}.attn.c_proj.{weight,bias}`,
    [`${ours}.feedForwardNorm.{weight,bias}`]: `${theirs}.ln_2.{weight,bias}`,
    [`${ours}.feedForward.up.{weight,bias}`]: `${theirs}.mlp.c_fc.{weight,bias}`,
    [`${ours}.feedForward.down.{weight,bias}`]: `${theirs}.mlp.c_proj.{weight,bias}`,
    [`${stack}norm.{weight,bias}`]: `${prefix}ln_f.{weight,bias}`,
  };
};

/** GPT-2 (Radford et al. 2019). */
export const gpt2: DecoderFamily<GPT> = {
  type: 'gpt2',
  title: 'GPT-2',
  architectures: ['GPT2LMHeadModel', 'GPT2Model'],
  build(json, file) {
    refuse(json, 'add_cross_attention', [false]);
    return new GPT(gpt2Config(json, file));
  },
  weights: ({ config }) => ({
    prefix: 'transformer.',
    ignored: /(^|\.)h\.\d+\.attn\.(masked_)?bias$/,
    tensors: {
      'tokens.weight': { from: 'transformer.wte.weight', copies: config.tied ? ['lm_head.weight'] : [] },
      'positions.weight': 'transformer.wpe.weight',
      ...gpt2Layers('stack.', 'transformer.'),
      'head.weight': 'lm_head.weight',
    },
  }),
};
