import { RMSNorm } from '../../engine/index';
import type { WeightMap } from '../family/weight_map';
import { flagIn, positiveIn, type Json } from '../pretrained_config';
import {
  llamaLike,
  llamaWeights,
  windowIn,
  type DecoderFamily,
  type LlamaLikeOptions,
} from './decoder_parts';

/** Attention with norms of each head's queries and keys. */
export const qwen3Attention =
  (json: Json): NonNullable<LlamaLikeOptions['attention']> =>
  (layer) => ({
    window: windowIn(json, layer),
    bias: flagIn(json, 'attention_bias', false),
    headNorm: (width) => new RMSNorm(width, { epsilon: positiveIn(json, 'rms_norm_eps', 1e-6) }),
  });

/** Tensors of those norms. */
export const QWEN3_NORMS: WeightMap['tensors'] = {
  'stack.layers.*.attention.queryNorm.weight': 'model.layers.*.self_attn.q_norm.weight',
  'stack.layers.*.attention.keyNorm.weight': 'model.layers.*.self_attn.k_norm.weight',
};

/** Qwen3: Llama with norms of each head's queries and keys (Yang et al. 2025). */
export const qwen3: DecoderFamily = {
  type: 'qwen3',
  title: 'Qwen3',
  architectures: ['Qwen3ForCausalLM', 'Qwen3Model'],
  build: (json, file) =>
    llamaLike(json, file, { attention: qwen3Attention(json), defaults: { headWidth: 128 } }),
  weights: (model) => llamaWeights(model, QWEN3_NORMS),
};
