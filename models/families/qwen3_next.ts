import { GatedDeltaNet, sigmoidGate } from '../../engine/attention';
import { DataError, RMSNorm } from '../../engine/index';
import { flagIn, numberIn, positiveIn, refuse, type Json } from '../pretrained_config';
import { llamaLike, llamaWeights, START, type DecoderFamily } from './decoder_parts';
import { expertsIn, expertWeights, hasExperts } from './expert_parts';
import { QWEN3_NORMS } from './qwen3';

/** Whether a layer has linear attention: by `layer_types`, or all but every `full_attention_interval`-th. */
function isLinear(json: Json, layer: number): boolean {
  if (!Array.isArray(json.layer_types))
    return (layer + 1) % numberIn(json, 'full_attention_interval', 4) !== 0;
  const type: unknown = json.layer_types[layer];
  if (type === 'linear_attention' || type === 'full_attention') return type === 'linear_attention';
  const what = `layer_types has ${JSON.stringify(type)} for layer ${layer}`;
  throw new DataError('config.json', what, 'Known are full_attention and linear_attention.');
}

function deltaNet(json: Json): GatedDeltaNet {
  return new GatedDeltaNet({
    width: numberIn(json, 'hidden_size'),
    keyHeads: numberIn(json, 'linear_num_key_heads', 16),
    valueHeads: numberIn(json, 'linear_num_value_heads', 32),
    keyWidth: numberIn(json, 'linear_key_head_dim', 128),
    valueWidth: numberIn(json, 'linear_value_head_dim', 128),
    taps: numberIn(json, 'linear_conv_kernel_dim', 4),
    epsilon: positiveIn(json, 'rms_norm_eps', 1e-6),
    ...START,
  });
}

const OURS = 'stack.layers.*.attention';
const THEIRS = 'model.layers.*.linear_attn';

/** Qwen3-Next: Gated DeltaNet in most layers, gated attention in the others, and many experts (Qwen 2025). */
export const qwen3Next: DecoderFamily = {
  type: 'qwen3_next',
  title: 'Qwen3-Next',
  architectures: ['Qwen3NextForCausalLM', 'Qwen3NextModel'],
  build(json, file) {
    refuse(json, 'hidden_act', ['silu']);
    const epsilon = positiveIn(json, 'rms_norm_eps', 1e-6);
    return llamaLike(json, file, {
      mixer: (layer) => (isLinear(json, layer) ? deltaNet(json) : null),
      attention: () => ({
        bias: flagIn(json, 'attention_bias', false),
        headNorm: (width) => new RMSNorm(width, { epsilon, fromOne: true }),
        outputGate: sigmoidGate,
      }),
      rowLayer: (layer) =>
        hasExperts(json, layer)
          ? expertsIn(json, file, {
              choices: 10,
              normalize: flagIn(json, 'norm_topk_prob', true),
              shared: numberIn(json, 'shared_expert_intermediate_size', 512),
            })
          : null,
      fromOne: true,
      rotaryShare: numberIn(json, 'partial_rotary_factor', 0.25),
      defaults: { headWidth: 256 },
    });
  },
  weights(model) {
    const linear = model.stack.layers.flatMap(({ attention }, i) =>
      attention instanceof GatedDeltaNet ? [{ i, groups: attention.keyHeads }] : [],
    );
    const layers = `{${linear.map(({ i }) => i).join(',')}}`;
    const groups = linear[0]?.groups ?? 1;
    return {
      ...llamaWeights(model, {
        [`stack.layers.${layers}.attention.output.weight`]: `model.layers.${layers}.linear_attn.out_proj.weight`,
        // A key head's rows follow each other there.
        [`${OURS}.input.weight`]: { from: `${THEIRS}.in_proj_qkvz.weight`, groups },
        [`${OURS}.rates.weight`]: { from: `${THEIRS}.in_proj_ba.weight`, groups },
        [`${OURS}.convolution`]: { from: `${THEIRS}.conv1d.weight`, shape: ([c, taps]) => [c, 1, taps] },
        [`${OURS}.decayRate`]: `${THEIRS}.A_log`,
        [`${OURS}.decayBias`]: `${THEIRS}.dt_bias`,
        [`${OURS}.norm.weight`]: `${THEIRS}.norm.weight`,
        ...QWEN3_NORMS,
        ...expertWeights(model),
      }),
      // Another head, which guesses several tokens at once.
      kept: /^mtp\./,
    };
  },
};
