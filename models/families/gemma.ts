import type { CausalLM } from '../causal_lm';
import { flagIn, numberIn, numberOrNullIn, type Json, type Names } from '../pretrained_config';
import { llamaLike, llamaWeights, type LlamaLikeOptions, type DecoderFamily } from './decoder_parts';

/** What both Gemmas do otherwise than Llama: scaled embeddings, norms from one, heads of their own width. */
const gemmaLike = (json: Json, file: Names, options: LlamaLikeOptions): CausalLM =>
  llamaLike(json, file, {
    ...{
      fromOne: true,
      defaults: { activation: 'gelu_pytorch_tanh', padding: 0, tied: true, headWidth: 256 },
    },
    ...options,
    attention: (layer, headWidth) => ({
      bias: flagIn(json, 'attention_bias', false),
      ...options.attention?.(layer, headWidth),
    }),
    parts: { embeddingScale: Math.fround(Math.sqrt(numberIn(json, 'hidden_size'))), ...options.parts },
  });

/** Gemma (Mesnard et al. 2024). */
export const gemma: DecoderFamily = {
  type: 'gemma',
  title: 'Gemma',
  architectures: ['GemmaForCausalLM', 'GemmaModel'],
  build: (json, file) => gemmaLike(json, file, {}),
  weights: (model) => llamaWeights(model),
};

/** Gemma 2: norms on both sides, bounded logits, every other layer with a window (Riviere et al. 2024). */
export const gemma2: DecoderFamily = {
  type: 'gemma2',
  title: 'Gemma 2',
  architectures: ['Gemma2ForCausalLM', 'Gemma2Model'],
  build: (json, file) =>
    gemmaLike(json, file, {
      ...{ order: 'sandwich', activationKey: 'hidden_activation' },
      attention: (layer) => ({
        window: layer % 2 === 0 ? numberOrNullIn(json, 'sliding_window', 4096) : null,
        scale: 1 / Math.sqrt(numberIn(json, 'query_pre_attn_scalar', 256)),
        softcap: numberOrNullIn(json, 'attn_logit_softcapping', 50),
      }),
      parts: { softcap: numberOrNullIn(json, 'final_logit_softcapping', 30) },
    }),
  weights: (model) =>
    llamaWeights(model, {
      'stack.layers.*.attentionOutputNorm.weight': 'model.layers.*.post_attention_layernorm.weight',
      'stack.layers.*.feedForwardNorm.weight': 'model.layers.*.pre_feedforward_layernorm.weight',
      'stack.layers.*.feedForwardOutputNorm.weight': 'model.layers.*.post_feedforward_layernorm.weight',
    }),
};
