import { numberIn, numberOrNullIn } from '../pretrained_config';
import { llamaLike, llamaWeights, type DecoderFamily } from './decoder_parts';

/** Phi-3 and Phi-4: Llama in fused matrices (Abdin et al. 2024). */
export const phi3: DecoderFamily = {
  type: 'phi3',
  title: 'Phi-3',
  architectures: ['Phi3ForCausalLM', 'Phi3Model'],
  build(json, file) {
    const dropout = numberIn(json, 'resid_pdrop', 0);
    const window = numberOrNullIn(json, 'sliding_window', null);
    return llamaLike(json, file, {
      attention: () => ({ window, dropout }),
      feedForward: { dropout },
      defaults: { padding: 32_000, epsilon: 1e-5 },
      parts: { embeddingDropout: numberIn(json, 'embd_pdrop', 0) },
      rotaryShare: numberIn(json, 'partial_rotary_factor', 1),
    });
  },
  weights: (model) =>
    llamaWeights(model, {
      'stack.layers.*.attention.qkv.weight': 'model.layers.*.self_attn.qkv_proj.weight',
      'stack.layers.*.feedForward.up.weight': 'model.layers.*.mlp.gate_up_proj.weight',
    }),
};
