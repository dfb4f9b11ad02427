import {
  Attention,
  Embedding,
  FeedForward,
  type LayerNorm,
  Stack,
  TransformerLayer,
} from '../../engine/index';
import { CausalLM } from '../causal_lm';
import { activationIn, flagIn, layersIn, numberIn, paddingIn } from '../pretrained_config';
import { layerNormOf, llamaWeights, rotaryIn, START, type DecoderFamily } from './decoder_parts';

/** Phi-1 to Phi-2: both sublayers side by side behind one norm (Gunasekar et al. 2023; Wang and Komatsuzaki 2021). */
export const phi: DecoderFamily = {
  type: 'phi',
  title: 'Phi',
  architectures: ['PhiForCausalLM', 'PhiModel'],
  build(json, file) {
    const width = numberIn(json, 'hidden_size');
    const heads = numberIn(json, 'num_attention_heads');
    const vocabulary = numberIn(json, 'vocab_size');
    const dropout = numberIn(json, 'resid_pdrop', 0);
    const rope = rotaryIn(json, width / heads, numberIn(json, 'partial_rotary_factor', 0.5));
    const norm = layerNormOf(json, 'layer_norm_eps', width);
    const headNorm = flagIn(json, 'qk_layernorm', false) ? (size: number): LayerNorm => norm(size) : null;
    const layer = (): TransformerLayer =>
      new TransformerLayer({
        attention: new Attention({
          ...{ width, heads, rope, dropout, headNorm, causal: true, ...START },
          keyValueHeads: numberIn(json, 'num_key_value_heads', heads),
          attentionDropout: numberIn(json, 'attention_dropout', 0),
        }),
        feedForward: new FeedForward({
          ...{ width, hidden: numberIn(json, 'intermediate_size'), dropout, ...START },
          activation: activationIn(json, 'hidden_act', 'gelu_new'),
        }),
        ...{ norm: () => norm(), order: 'parallel', sharedNorm: true },
      });
    return new CausalLM({
      ...{ vocabulary, width, context: numberIn(json, 'max_position_embeddings') },
      tokens: new Embedding(vocabulary, width, { ...START, padding: paddingIn(json) }),
      embeddingDropout: numberIn(json, 'embd_pdrop', 0),
      stack: new Stack(Array.from({ length: layersIn(json, 'num_hidden_layers', file) }, layer), {
        norm: norm(),
      }),
      ...{ tied: flagIn(json, 'tie_word_embeddings', false), outputBias: true },
    });
  },
  weights: (model) =>
    llamaWeights(model, {
      'stack.layers.*.attentionNorm.{weight,bias}': 'model.layers.*.input_layernorm.{weight,bias}',
      'stack.layers.*.attention.output.{weight,bias}': 'model.layers.*.self_attn.dense.{weight,bias}',
      'stack.layers.*.attention.queryNorm.{weight,bias}':
        'model.layers.*.self_attn.q_layernorm.{weight,bias}',
      'stack.layers.*.attention.keyNorm.{weight,bias}': 'model.layers.*.self_attn.k_layernorm.{weight,bias}',
      'stack.layers.*.feedForward.up.{weight,bias}': 'model.layers.*.mlp.fc1.{weight,bias}',
      'stack.layers.*.feedForward.down.{weight,bias}': 'model.layers.*.mlp.fc2.{weight,bias}',
      'stack.norm.{weight,bias}': 'model.final_layernorm.{weight,bias}',
    }),
};
