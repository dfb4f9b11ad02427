import { numberOrNullIn } from '../pretrained_config';
import { llamaLike, llamaWeights, type DecoderFamily } from './decoder_parts';

/** Mistral: Llama with a sliding window (Jiang et al. 2023). */
export const mistral: DecoderFamily = {
  type: 'mistral',
  title: 'Mistral',
  architectures: ['MistralForCausalLM', 'MistralModel'],
  build(json, file) {
    const window = numberOrNullIn(json, 'sliding_window', 4096);
    return llamaLike(json, file, { attention: () => ({ window }) });
  },
  weights: (model) => llamaWeights(model),
};
