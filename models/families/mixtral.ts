import { numberOrNullIn } from '../pretrained_config';
import { llamaLike, llamaWeights, type DecoderFamily } from './decoder_parts';
import { expertsIn, expertWeights } from './expert_parts';

/** Mixtral: Mistral with eight experts, of which a token has two (Jiang et al. 2024). */
export const mixtral: DecoderFamily = {
  type: 'mixtral',
  title: 'Mixtral',
  architectures: ['MixtralForCausalLM', 'MixtralModel'],
  build: (json, file) =>
    llamaLike(json, file, {
      attention: () => ({ window: numberOrNullIn(json, 'sliding_window', null) }),
      rowLayer: () =>
        expertsIn(json, file, {
          ...{ countKey: 'num_local_experts', hiddenKey: 'intermediate_size', choices: 2, normalize: true },
        }),
      defaults: { epsilon: 1e-5 },
    }),
  weights: (model) =>
    llamaWeights(model, expertWeights(model, { mixture: 'block_sparse_moe', matrices: ['w1', 'w3', 'w2'] })),
};
