import { ropeScalingFromConfig, ropeThetaFromConfig } from '../../engine/index';
import { GPT } from '../gpt';
import {
  activationIn,
  flagIn,
  layersIn,
  numberIn,
  paddingIn,
  positiveIn,
  refuse,
} from '../pretrained_config';
import type { DecoderFamily } from './decoder_parts';

/** Llama 1 to 3, and what has its shape (Touvron et al. 2023). */
export const llama: DecoderFamily<GPT> = {
  type: 'llama',
  title: 'Llama',
  architectures: ['LlamaForCausalLM', 'LlamaModel'],
  build(json, file) {
    refuse(json, 'attention_bias', [false]);
    refuse(json, 'mlp_bias', [false]);
    refuse(json, 'partial_rotary_factor', [1]);
    refuse(json, 'original_max_position_embeddings', []);
    const heads = numberIn(json, 'num_attention_heads');
    const width = numberIn(json, 'hidden_size');
    refuse(json, 'head_dim', [width / heads]);
    return new GPT({
      vocabulary: numberIn(json, 'vocab_size'),
      context: numberIn(json, 'max_position_embeddings'),
      layers: layersIn(json, 'num_hidden_layers', file),
      heads,
      width,
      hidden: numberIn(json, 'intermediate_size'),
      keyValueHeads: numberIn(json, 'num_key_value_heads', heads),
      attentionDropout: numberIn(json, 'attention_dropout', 0),
      epsilon: positiveIn(json, 'rms_norm_eps', 1e-6),
      ropeTheta: ropeThetaFromConfig(json),
      ropeScaling: ropeScalingFromConfig(json),
      activation: activationIn(json, 'hidden_act', 'silu'),
      positions: 'rope',
      norm: 'rms',
      gated: true,
      bias: false,
      padding: paddingIn(json),
      tied: flagIn(json, 'tie_word_embeddings', false),
      layout: 'out_in',
    });
  },
  weights: ({ config }) => ({
    prefix: 'model.',
    ignored: /rotary_emb\.inv_freq$/,
    tensors: {
      'tokens.weight': { from: 'model.embed_tokens.weight', copies: config.tied ? ['lm_head.weight'] : [] },
      'stack.layers.*.attentionNorm.weight': 'model.layers.*.input_layernorm.weight',
      'stack.layers.*.attention.qkv.weight': 'model.layers.*.self_attn.{q,k,v}_proj.weight',
      'stack.layers.*.attention.output.weight': 'model.layers.*.self_attn.o_proj.weight',
      'stack.layers.*.feedForwardNorm.weight': 'model.layers.*.post_attention_layernorm.weight',
      'stack.layers.*.feedForward.up.weight': 'model.layers.*.mlp.{gate,up}_proj.weight',
      'stack.layers.*.feedForward.down.weight': 'model.layers.*.mlp.down_proj.weight',
      'stack.norm.weight': 'model.norm.weight',
      'head.weight': 'lm_head.weight',
    },
  }),
};
