/** AdaLoRA by PEFT's settings and in its file. */
import { adalora, type AdaLoRA } from '../../engine/adapters';
import { DataError, EngineError, type AdapterKind, type LinearPlace } from '../../engine/index';
import { reordered } from '../pretrained_checkpoint';
import type { Json } from '../pretrained_config';
import { isSaved } from './copies';
import { loraSettings, type Bias } from './lora_config';
import type { TheirLinear, TheirModules } from './modules';
import type { PeftPlan, PeftTensor } from './peft_tensor';
import { targeted } from './targets';
import type { Read, Tensors, Written } from './written';

const FILE = 'adapter_config.json';

/** Settings of the budget, by PEFT's names, with its defaults. */
const BUDGET = {
  ...{ target_r: 8, init_r: 12, tinit: 0, tfinal: 0, deltaT: 1, beta1: 0.85, beta2: 0.85 },
  orth_reg_weight: 0.5,
} as const;

type Copied = { readonly modulesToSave: readonly string[]; readonly bias: Bias; readonly task: unknown };

const refuse = (key: string, value: unknown, todo: string): never => {
  throw new DataError(FILE, `${key} is ${JSON.stringify(value) ?? 'missing'}`, todo);
};

/** What `withCopies` makes a plan of. */
export function adaloraPlan(
  config: Json,
  modules: TheirModules,
): [plan: PeftPlan, copied: Copied, linear: readonly TheirLinear[]] {
  const { rank_pattern: pattern, r: _, use_rslora, use_dora, alpha_pattern, ...rest } = config;
  for (const [key, value] of Object.entries({ use_rslora, use_dora, alpha_pattern })) {
    const isNothing = value === null || value === undefined || value === false;
    if (isNothing || (typeof value === 'object' && Object.keys(value).length === 0)) continue;
    refuse(key, value, 'PEFT has no such thing beside AdaLoRA: leave it out.');
  }
  const own = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !(key in BUDGET) && key !== 'total_step'),
  );
  const settings = loraSettings(own);
  const number = (key: keyof typeof BUDGET): number => {
    const value = config[key] ?? BUDGET[key];
    return typeof value === 'number' ? value : refuse(key, value, 'It must be a number.');
  };
  const rank = number('init_r');
  const steps = config.total_step;
  if (typeof steps !== 'number') refuse('total_step', steps, 'Give how many updates the training has.');
  const budget = {
    ...{
      steps: steps as number,
      target: number('target_r'),
      warmup: number('tinit'),
      final: number('tfinal'),
    },
    ...{ every: number('deltaT'), beta1: number('beta1'), beta2: number('beta2') },
    orthogonality: number('orth_reg_weight'),
  };
  const kept = patternOf(pattern, rank);
  const linear = targeted(settings, modules, isSaved(settings.modulesToSave));
  const layers: Record<string, AdapterKind> = {};
  const tensors: PeftTensor[] = [];
  for (const { name, place, order } of linear) {
    const { layer, columns, name: site } = place!;
    const mine = kept(name);
    const { alpha, dropout } = settings;
    layers[site] = adalora({ ...budget, rank, alpha, dropout, ...(mine && { kept: mine }) });
    const at = Array.from({ length: rank }, (_, r) => r).filter((r) => mine?.[r] !== '0');
    const part = (
      letter: string,
      shape: readonly number[],
      axis: 0 | 1,
      rows: Uint32Array | null,
    ): PeftTensor => ({
      ...{
        names: [`${name}.lora_${letter}`],
        shape,
        ours: `${site}.adalora.${letter}`,
        from: 0,
        order: rows,
      },
      ...(mine && { picked: { axis, at } }),
    });
    tensors.push(
      part('A', [at.length, layer.inputs], 0, null),
      part('B', [columns.outputs, at.length], 1, order),
      part('E', [at.length, 1], 0, null),
    );
  }
  const { modulesToSave, bias } = settings;
  return [{ layers, tensors }, { modulesToSave, bias, task: config.task_type }, linear];
}

/** For each layer which of its ranks are there, as '1' and '0'; null for all. Throws `DataError` for what is no such table. */
function patternOf(pattern: unknown, rank: number): (name: string) => string | null {
  if (pattern === null || pattern === undefined) return () => null;
  const known = new Map<string, string>();
  const isTable = typeof pattern === 'object' && !Array.isArray(pattern);
  for (const [key, list] of Object.entries(isTable ? pattern : { '': pattern })) {
    const flags =
      Array.isArray(list) && list.length === rank && list.every((one) => typeof one === 'boolean');
    if (!flags) refuse(`rank_pattern of ${key}`, list, `It must be a list of ${rank} times true or false.`);
    known.set(key.replace(/\.lora_E(\.default)?$/, ''), (list as boolean[]).map(Number).join(''));
  }
  if (known.size === 0) return () => null;
  return (name) =>
    known.get(name) ??
    refuse('rank_pattern', [...known.keys()], `It lacks ${name}: is the adapter for another base?`);
}

export interface PlacedAdaLoRA {
  readonly site: LinearPlace;
  readonly addition: AdaLoRA;
}

/** What PEFT's file and configuration have of it. Values of Λ that are not kept are left out where they are zero. */
export function writeAdaLoRA(placed: readonly PlacedAdaLoRA[], modules: TheirModules, read: Read): Written {
  const [{ addition: usual }] = placed;
  const { kept: _, ...same } = usual.settings;
  const linear: TheirLinear[] = [];
  const tensors: Tensors = new Map();
  const pattern: Record<string, readonly boolean[]> = {};
  for (const one of modules.linear.values()) {
    const { name, place, order } = one;
    const own = placed.find(
      ({ site }) => site.layer === place?.layer && site.columns.from === place.columns.from,
    );
    if (!place || !own || own.site.columns.outputs !== place.columns.outputs) continue;
    const { addition } = own;
    const other = Object.entries(same).find(([key, value]) => Reflect.get(addition.settings, key) !== value);
    if (other)
      throw new EngineError('savePeft', `its layers have several ${other[0]}`, 'PEFT has one: use one.');
    const [A, E, B, kept] = [addition.A, addition.E, addition.B, addition.kept].map(read);
    const flags = Array.from(E, (e, r) => kept[r] !== 0 || e !== 0);
    const at = Array.from(E.keys()).filter((r) => flags[r]);
    const [{ inputs }, { outputs }] = [place.layer, place.columns];
    const columns = Float32Array.from({ length: outputs * at.length }, (_, i) => {
      return B[Math.floor(i / at.length) * E.length + at[i % at.length]];
    });
    const rows = at.map((r) => A.subarray(r * inputs, (r + 1) * inputs));
    const joined = new Float32Array(at.length * inputs);
    for (const [n, row] of rows.entries()) joined.set(row, n * inputs);
    tensors.set(`${name}.lora_A`, { shape: [at.length, inputs], data: joined });
    tensors.set(`${name}.lora_E`, { shape: [at.length, 1], data: Float32Array.from(at, (r) => E[r]) });
    const data = order ? reordered(columns, order, true) : columns;
    tensors.set(`${name}.lora_B`, { shape: [outputs, at.length], data });
    pattern[`${name}.lora_E`] = flags;
    linear.push(one);
  }
  const part = placed.find(({ site }) => !linear.some(({ place }) => place!.name === site.name));
  if (part) {
    const what = `${part.site.name} is no whole layer of Transformers`;
    throw new EngineError('savePeft', what, 'Adapt whole layers, or use lora.');
  }
  const { rank, alpha, dropout, steps, target, warmup, final, every, beta1, beta2, orthogonality } =
    usual.settings;
  const pruned = Object.values(pattern).some((flags) => flags.includes(false));
  const settings = {
    ...{ peft_type: 'ADALORA', init_r: rank, target_r: target, lora_alpha: alpha, lora_dropout: dropout },
    ...{ tinit: warmup, tfinal: final, deltaT: every, beta1, beta2, orth_reg_weight: orthogonality },
    ...{ total_step: steps, rank_pattern: pruned ? pattern : null, init_lora_weights: true },
    ...{ layers_to_transform: null, layers_pattern: null },
  };
  return { linear, settings, tensors };
}
