/** What families with a mixture of experts have in common: how their config.json and their files speak of it. */
import { DataError, MixtureOfExperts, type MixtureOfExpertsConfig } from '../../engine/index';
import type { CausalBody } from '../causal_body';
import type { WeightMap } from '../family/weight_map';
import { activationIn, layersIn, numberIn, refuse, type Json, type Names } from '../pretrained_config';
import { START } from './decoder_parts';

/** Where a family says how many experts there are, and what it says nothing of. */
export interface ExpertsIn extends Partial<Pick<MixtureOfExpertsConfig, 'shared' | 'normalize'>> {
  /** Default num_experts. */
  readonly countKey?: string;
  /** The key of an expert's width in between. Default moe_intermediate_size. */
  readonly hiddenKey?: string;
  /** num_experts_per_tok where the file says nothing. */
  readonly choices: number;
}

/** The mixture of experts of a config.json. Throws `DataError` for settings that change numbers and are not done. */
export function expertsIn(json: Json, file: Names, own: ExpertsIn): MixtureOfExperts {
  const { countKey = 'num_experts', hiddenKey = 'moe_intermediate_size', choices, ...rest } = own;
  const balanced =
    'Its loss would add router_aux_loss_coef times a term that balances experts, which is not done: say false to do without.';
  refuse(json, 'output_router_logits', [false], balanced);
  refuse(json, 'router_jitter_noise', [0]);
  return new MixtureOfExperts({
    ...{ width: numberIn(json, 'hidden_size'), hidden: numberIn(json, hiddenKey) },
    ...{ experts: layersIn(json, countKey, file), choices: numberIn(json, 'num_experts_per_tok', choices) },
    activation: activationIn(json, 'hidden_act', 'silu'),
    ...{ ...rest, ...START },
  });
}

/**
 * Which layers have experts in Qwen's kin: every `decoder_sparse_step`-th, unless `mlp_only_layers` names it. Throws `DataError`
 * for steps and lists that are none.
 */
export function hasExperts(json: Json, layer: number): boolean {
  const step = numberIn(json, 'decoder_sparse_step', 1);
  const dense: unknown = json.mlp_only_layers ?? [];
  if (!Number.isInteger(step) || step < 1) {
    throw new DataError(
      'config.json',
      `decoder_sparse_step is ${step}`,
      'It must be a whole number from 1 on.',
    );
  }
  if (!Array.isArray(dense) || !dense.every(Number.isInteger)) {
    const what = `mlp_only_layers is ${JSON.stringify(dense)}`;
    throw new DataError('config.json', what, 'It must be a list of numbers of layers.');
  }
  return json.num_experts !== 0 && (layer + 1) % step === 0 && !dense.includes(layer);
}

/** How a family calls the parts of a mixture. */
export interface ExpertNames {
  /** Of the mixture, within a layer. Default mlp. */
  readonly mixture?: string;
  /** Of the matrices of an expert: gate, up, down. */
  readonly matrices?: readonly [gate: string, up: string, down: string];
}

/** Tensors of experts: one by one in files, one below another in memory. */
export function expertWeights({ stack }: CausalBody, names: ExpertNames = {}): WeightMap['tensors'] {
  const { mixture = 'mlp', matrices: [gate, up, down] = ['gate_proj', 'up_proj', 'down_proj'] } = names;
  const one = stack.layers.map(({ feedForward }) => feedForward).find((f) => f instanceof MixtureOfExperts);
  if (!one) return {};
  const ours = 'stack.layers.*.feedForward';
  const theirs = `model.layers.*.${mixture}`;
  const each = `${theirs}.experts.{${Array.from({ length: one.router.outputs }, (_, e) => e).join(',')}}`;
  return {
    [`${ours}.router.weight`]: `${theirs}.gate.weight`,
    [`${ours}.experts.up`]: `${each}.{${gate},${up}}.weight`,
    [`${ours}.experts.down`]: `${each}.${down}.weight`,
    ...(one.shared && {
      [`${ours}.shared.up.weight`]: `${theirs}.shared_expert.{${gate},${up}}.weight`,
      [`${ours}.shared.down.weight`]: `${theirs}.shared_expert.${down}.weight`,
      [`${ours}.sharedGate.weight`]: `${theirs}.shared_expert_gate.weight`,
    }),
  };
}
