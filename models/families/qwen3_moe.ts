import { flagIn, numberOrNullIn } from '../pretrained_config';
import { llamaLike, llamaWeights, type DecoderFamily } from './decoder_parts';
import { expertsIn, expertWeights, hasExperts } from './expert_parts';
import { qwen3Attention, QWEN3_NORMS } from './qwen3';

/** Qwen3-MoE: Qwen3 with experts (Yang et al. 2025). */
export const qwen3Moe: DecoderFamily = {
  type: 'qwen3_moe',
  title: 'Qwen3-MoE',
  architectures: ['Qwen3MoeForCausalLM', 'Qwen3MoeModel'],
  build: (json, file) =>
    llamaLike(json, file, {
      attention: (layer, headWidth) => ({
        ...qwen3Attention(json)(layer, headWidth),
        // Of all layers alike, other than in Qwen3.
        window: flagIn(json, 'use_sliding_window', false)
          ? numberOrNullIn(json, 'sliding_window', 4096)
          : null,
      }),
      rowLayer: (layer) =>
        hasExperts(json, layer)
          ? expertsIn(json, file, { choices: 8, normalize: flagIn(json, 'norm_topk_prob', false) })
          : null,
    }),
  weights: (model) => llamaWeights(model, { ...QWEN3_NORMS, ...expertWeights(model) }),
};
