import {
  Attention,
  Embedding,
  FeedForward,
  LayerNorm,
  LearnedPositions,
  Stack,
  TransformerLayer,
} from '../../engine/index';
import { CausalLM } from '../causal_lm';
import { activationIn, flagIn, layersIn, numberIn, paddingIn, refuse } from '../pretrained_config';
import { START, type DecoderFamily } from './decoder_parts';

/** OPT (Zhang et al. 2022). */
export const opt: DecoderFamily = {
  type: 'opt',
  title: 'OPT',
  architectures: ['OPTForCausalLM', 'OPTModel'],
  build(json, file) {
    const width = numberIn(json, 'hidden_size');
    const heads = numberIn(json, 'num_attention_heads');
    const vocabulary = numberIn(json, 'vocab_size');
    const context = numberIn(json, 'max_position_embeddings', 2048);
    refuse(json, 'word_embed_proj_dim', [width], 'OPT-350m projects its embeddings, which is not done.');
    refuse(json, '_remove_final_layer_norm', [false]);
    refuse(json, 'layer_norm_elementwise_affine', [true]);
    const before = flagIn(json, 'do_layer_norm_before', true);
    const bias = flagIn(json, 'enable_bias', true);
    const dropout = numberIn(json, 'dropout', 0.1);
    const norm = (): LayerNorm => new LayerNorm(width);
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({
          ...{ width, heads, bias, dropout, causal: true, ...START },
          attentionDropout: numberIn(json, 'attention_dropout', 0),
        }),
        feedForward: new FeedForward({
          ...{ width, hidden: numberIn(json, 'ffn_dim', 4 * width), bias, dropout, ...START },
          activation: activationIn(json, 'activation_function', 'relu'),
        }),
        ...{ norm, order: before ? 'pre' : 'post' },
      });
    return new CausalLM({
      ...{ vocabulary, width, context },
      tokens: new Embedding(vocabulary, width, { ...START, padding: paddingIn(json, 1) }),
      // Positions begin at row 2, as they did behind two ids of padding in fairseq.
      positions: new LearnedPositions(context, width, { skip: 2, paddingLearns: true }),
      stack: new Stack(Array.from({ length: layersIn(json, 'num_hidden_layers', file) }, layer), {
        norm: before ? norm() : null,
        layerDrop: numberIn(json, 'layerdrop', 0),
      }),
      tied: flagIn(json, 'tie_word_embeddings', true),
    });
  },
  weights({ config }) {
    const layers = 'model.decoder.layers.*';
    return {
      prefix: 'model.',
      tensors: {
        'tokens.weight': {
          from: 'model.decoder.embed_tokens.weight',
          copies: config.tied ? ['lm_head.weight'] : [],
        },
        'positions.weight': 'model.decoder.embed_positions.weight',
        'stack.layers.*.attentionNorm.{weight,bias}': `${layers}.self_attn_layer_norm.{weight,bias}`,
        'stack.layers.*.attention.qkv.{weight,bias}': `${layers}.self_attn.{q,k,v}_proj.{weight,bias}`,
        'stack.layers.*.attention.output.{weight,bias}': `${layers}.self_attn.out_proj.{weight,bias}`,
        'stack.layers.*.feedForwardNorm.{weight,bias}': `${layers}.final_layer_norm.{weight,bias}`,
        'stack.layers.*.feedForward.up.{weight,bias}': `${layers}.fc1.{weight,bias}`,
        'stack.layers.*.feedForward.down.{weight,bias}': `${layers}.fc2.{weight,bias}`,
        'stack.norm.{weight,bias}': 'model.decoder.final_layer_norm.{weight,bias}',
        'head.weight': 'lm_head.weight',
      },
    };
  },
};
