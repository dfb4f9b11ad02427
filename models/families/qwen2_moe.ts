import { flagIn, numberIn, refuse } from '../pretrained_config';
import { llamaLike, llamaWeights, type DecoderFamily } from './decoder_parts';
import { expertsIn, expertWeights, hasExperts } from './expert_parts';

/** Qwen2-MoE (Qwen1.5-MoE): Qwen2 with experts, one of which all tokens have besides (Yang et al. 2024). */
export const qwen2Moe: DecoderFamily = {
  type: 'qwen2_moe',
  title: 'Qwen2-MoE',
  architectures: ['Qwen2MoeForCausalLM', 'Qwen2MoeModel'],
  build(json, file) {
    // Which layers it is of differs from version to version of Transformers; no checkpoint has it.
    refuse(json, 'use_sliding_window', [false]);
    return llamaLike(json, file, {
      attention: () => ({
        bias: flagIn(json, 'qkv_bias', true),
        outputBias: false,
      }),
      rowLayer: (layer) =>
        hasExperts(json, layer)
          ? expertsIn(json, file, {
              choices: 4,
              normalize: flagIn(json, 'norm_topk_prob', false),
              shared: numberIn(json, 'shared_expert_intermediate_size', 5632),
            })
          : null,
    });
  },
  weights: (model) => llamaWeights(model, expertWeights(model)),
};
