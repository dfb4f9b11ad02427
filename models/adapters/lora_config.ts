/** PEFT's adapter_config.json of LoRA: what it says, and what it says that is not done. */
import { DataError } from '../../engine/index';
import type { Json } from '../pretrained_config';
import type { Targets } from './targets';

const FILE = 'adapter_config.json';

/** Which biases are learnt beside LoRA, the fewest first. */
export const BIASES = ['none', 'lora_only', 'all'] as const;
export type Bias = (typeof BIASES)[number];

/** Settings of LoRA. */
interface LoraSettings extends Targets {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly rankStabilized: boolean;
  readonly dora: boolean;
  /** Ranks and alphas by expressions of the ends of names. */
  readonly ranks: Readonly<Record<string, number>>;
  readonly alphas: Readonly<Record<string, number>>;
  readonly bias: Bias;
  readonly modulesToSave: readonly string[];
}

/** Settings that say what something is, or what it was made by: no number depends on them. */
const SAID = [
  ...['peft_type', 'auto_mapping', 'base_model_name_or_path', 'revision', 'task_type', 'inference_mode'],
  ...['peft_version', 'megatron_core', 'qalora_group_size', 'fan_in_fan_out', 'init_lora_weights'],
];
const READ = [
  ...['r', 'lora_alpha', 'lora_dropout', 'use_rslora', 'use_dora', 'rank_pattern', 'alpha_pattern', 'bias'],
  ...['modules_to_save', 'target_modules', 'exclude_modules', 'layers_to_transform', 'layers_pattern'],
];

/** Whether a setting says that something is not used: null, false, an empty list or object. */
const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0);

/** Throws `DataError` for settings that are unknown or not done, unless they say that they are not used. */
export function expectSettings(config: Json, known: readonly string[]): void {
  for (const [key, value] of Object.entries(config)) {
    if (known.includes(key) || SAID.includes(key) || isNothing(value)) continue;
    throw new DataError(
      FILE,
      `${key} is ${JSON.stringify(value)}`,
      'It is not done, or not known, and may change numbers: merge the adapter into its base model in PEFT.',
    );
  }
}

const refuse = (key: string, value: unknown, todo: string): never => {
  throw new DataError(FILE, `${key} is ${JSON.stringify(value)}`, todo);
};

/** `adapter_config.json` of LoRA. Throws `DataError` for settings that cannot be, are unknown or not done. */
export function loraSettings(config: Json): LoraSettings {
  expectSettings(config, READ);
  const { init_lora_weights: first = true, bias: given = 'none' } = config;
  if (![true, false, 'gaussian'].includes(first as boolean)) {
    refuse(
      'init_lora_weights',
      first,
      'It changes the weights of the base, too: save the adapter in PEFT as LoRA of the plain base.',
    );
  }
  const bias =
    BIASES.find((one) => one === given) ?? refuse('bias', given, 'It must be none, all or lora_only.');
  flag(config, 'fan_in_fan_out');
  flag(config, 'inference_mode');
  const rank = wholeNumber('r', config.r ?? 8);
  const dropout = number('lora_dropout', config.lora_dropout ?? 0);
  if (!(dropout >= 0 && dropout < 1)) refuse('lora_dropout', dropout, 'It must be at least 0 and below 1.');
  const patterns = (key: string, check: (key: string, value: unknown) => number) => {
    const given = config[key] ?? {};
    if (typeof given !== 'object' || Array.isArray(given))
      return refuse(key, given, 'It must be an object of numbers by expressions.');
    return Object.fromEntries(Object.entries(given).map(([k, v]) => [k, check(`${key} of ${k}`, v)]));
  };
  return {
    ...targetsOf(config),
    ...{ rank, dropout, bias },
    alpha: positive('lora_alpha', config.lora_alpha ?? 8),
    rankStabilized: flag(config, 'use_rslora'),
    dora: flag(config, 'use_dora'),
    ranks: patterns('rank_pattern', wholeNumber),
    alphas: patterns('alpha_pattern', positive),
    modulesToSave: savedModules(config),
  };
}

/** Settings of (IA)³. */
interface IA3Settings extends Targets {
  /** Ends of names of layers whose inputs have factors; or an expression of whole names. */
  readonly feedForward: readonly string[] | string;
  readonly modulesToSave: readonly string[];
}

/** adapter_config.json of (IA)³. Throws `DataError` as `loraSettings`. */
export function ia3Settings(config: Json): IA3Settings {
  expectSettings(config, [
    ...['target_modules', 'exclude_modules', 'feedforward_modules', 'modules_to_save', 'init_ia3_weights'],
  ]);
  flag(config, 'fan_in_fan_out');
  const { feedforward_modules: given } = config;
  return {
    ...targetsOf(config),
    feedForward: typeof given === 'string' ? given : (words('feedforward_modules', given) ?? []),
    modulesToSave: savedModules(config),
  };
}

/** What is adapted, of any kind on layers. */
function targetsOf(config: Json): Targets {
  const { target_modules: targets, layers_to_transform: layers, task_type: task } = config;
  if (isNothing(targets)) refuse('target_modules', targets ?? null, "Name modules, or say 'all-linear'.");
  const numbers = isNothing(layers) ? null : [layers].flat();
  if (numbers && !numbers.every((n) => Number.isInteger(n)))
    refuse('layers_to_transform', layers, 'It must be a number of a layer, or a list of them.');
  if (typeof targets === 'string' && targets !== 'all-linear' && numbers)
    refuse('layers_to_transform', layers, 'It goes with a list of target_modules, not with an expression.');
  return {
    targets: typeof targets === 'string' ? targets : words('target_modules', targets)!,
    exclude:
      typeof config.exclude_modules === 'string'
        ? config.exclude_modules
        : words('exclude_modules', config.exclude_modules),
    layers: numbers as readonly number[] | null,
    layersPattern: words('layers_pattern', config.layers_pattern),
    classes: task === 'SEQ_CLS',
  };
}

/** Heads that PEFT learns for these tasks whether it is told so or not; some of its files lack them. */
export const impliedHeads = (task: unknown): readonly string[] =>
  task === 'SEQ_CLS' || task === 'TOKEN_CLS' ? ['classifier', 'score'] : [];

/** Ends of names of modules that are learnt whole. */
function savedModules({ modules_to_save: given, task_type: task }: Json): readonly string[] {
  return [...new Set([...(words('modules_to_save', given) ?? []), ...impliedHeads(task)])];
}

function words(key: string, value: unknown): readonly string[] | null {
  if (isNothing(value)) return null;
  const list = typeof value === 'string' ? [value] : value;
  if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list;
  return refuse(key, value, 'It must be a list of names.');
}

function number(key: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return refuse(key, value, 'It must be a number.');
}

function positive(key: string, value: unknown): number {
  const found = number(key, value);
  return found > 0 ? found : refuse(key, value, 'It must be above 0.');
}

export function wholeNumber(key: string, value: unknown): number {
  const found = number(key, value);
  return Number.isInteger(found) && found >= 1
    ? found
    : refuse(key, value, 'It must be a whole number of at least 1.');
}

export function flag(config: Json, key: string): boolean {
  const value = config[key] ?? false;
  return typeof value === 'boolean' ? value : refuse(key, value, 'It must be true or false.');
}
