import { llamaLike, llamaWeights, windowIn, type DecoderFamily } from './decoder_parts';

/** Qwen2 and Qwen2.5: Llama with biases on queries, keys and values (Yang et al. 2024). */
export const qwen2: DecoderFamily = {
  type: 'qwen2',
  title: 'Qwen2',
  architectures: ['Qwen2ForCausalLM', 'Qwen2Model'],
  build: (json, file) =>
    llamaLike(json, file, {
      attention: (layer) => ({ window: windowIn(json, layer), bias: true, outputBias: false }),
    }),
  weights: (model) => llamaWeights(model),
};
