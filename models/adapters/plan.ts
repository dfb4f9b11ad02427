/** What a configuration of PEFT puts into a model, and what its file calls that. */
import { dora, ia3 } from '../../engine/adapters';
import { DataError, lora, type AdapterKind } from '../../engine/index';
import type { Json } from '../pretrained_config';
import { biasesOf, copiesOf, isSaved, moduleOf, tensorsOf } from './copies';
import { ia3Settings, loraSettings, type Bias } from './lora_config';
import type { TheirLinear, TheirModules } from './modules';
import type { PeftPlan, PeftTensor } from './peft_tensor';
import { prefixPlan } from './prefix_plan';
import { byPattern, isFeedForward, targeted } from './targets';

/**
 * Throws `DataError` for configurations that are not done, or of modules that the model does not have. `saved`: for a file, which
 * has what a network of prefixes made, not the network.
 */
export function planOf(config: Json, modules: TheirModules, model: object, saved = true): PeftPlan {
  const { peft_type: type } = config;
  if (type === 'PREFIX_TUNING') return prefixPlan(config, model, saved);
  if (type === 'LORA') return loraPlan(config, modules, model);
  if (type === 'IA3') return ia3Plan(config, modules, model);
  const todo = 'LORA, IA3 and PREFIX_TUNING are done: merge others into their base model in PEFT.';
  throw new DataError('adapter_config.json', `peft_type is ${JSON.stringify(type)}`, todo);
}

function loraPlan(config: Json, modules: TheirModules, model: object): PeftPlan {
  const settings = loraSettings(config);
  const { rank, alpha, dropout, rankStabilized, ranks, alphas } = settings;
  const linear = targeted(settings, modules, isSaved(settings.modulesToSave));
  const layers: Record<string, AdapterKind> = {};
  const tensors: PeftTensor[] = [];
  for (const { name, place, order } of linear) {
    const { layer, columns, name: site } = place!;
    const r = byPattern(ranks, name, rank);
    const own = { rank: r, alpha: byPattern(alphas, name, alpha), dropout };
    const options = { ...own, ...(rankStabilized && { rankStabilized }) };
    layers[site] = settings.dora ? dora(options) : lora(options);
    const ours = settings.dora ? `${site}.dora.lora` : `${site}.lora`;
    const from = 0;
    tensors.push(
      { names: [`${name}.lora_A.weight`], shape: [r, layer.inputs], ours: `${ours}.A`, from, order: null },
      { names: [`${name}.lora_B.weight`], shape: [columns.outputs, r], ours: `${ours}.B`, from, order },
    );
    if (!settings.dora) continue;
    const names = [`${name}.lora_magnitude_vector`, `${name}.lora_magnitude_vector.weight`];
    tensors.push({ names, shape: [columns.outputs], ours: `${site}.dora.magnitude`, from, order });
  }
  return withCopies({ layers, tensors }, { ...settings, task: config.task_type }, linear, modules, model);
}

function ia3Plan(config: Json, modules: TheirModules, model: object): PeftPlan {
  const settings = ia3Settings(config);
  const linear = targeted(settings, modules, isSaved(settings.modulesToSave));
  const layers: Record<string, AdapterKind> = {};
  const tensors = linear.map(({ name, place, order }): PeftTensor => {
    const { layer, columns, name: site } = place!;
    const input = isFeedForward(settings.feedForward, name);
    layers[site] = ia3({ input });
    const shape = input ? [1, layer.inputs] : [columns.outputs, 1];
    const ours = `${site}.ia3.factors`;
    return { names: [`${name}.ia3_l`], shape, ours, from: 0, order: input ? null : order };
  });
  const { task_type: task } = config;
  return withCopies({ layers, tensors }, { ...settings, bias: 'none', task }, linear, modules, model);
}

/** With what is learnt whole beside it. */
function withCopies(
  { layers, tensors }: PeftPlan,
  {
    modulesToSave,
    bias,
    task,
  }: { readonly modulesToSave: readonly string[]; readonly bias: Bias; readonly task: unknown },
  linear: readonly TheirLinear[],
  modules: TheirModules,
  model: object,
): PeftPlan {
  for (const end of modulesToSave) {
    if (modules.names.some((name) => name.endsWith(end))) continue;
    // PEFT names the heads of all classes that classify.
    if (task === 'SEQ_CLS' && ['classifier', 'score'].includes(end)) continue;
    const what = `modules_to_save has ${end}, which the model does not have`;
    throw new DataError('adapter_config.json', what, 'Load the class of model that the adapter is for.');
  }
  const whole = tensorsOf(modulesToSave, modules);
  const biases = biasesOf(bias, modules, linear).filter((tensor) => !whole.includes(tensor));
  const adapted = new Set(linear.map(({ name }) => name));
  const copied = copiesOf([...whole, ...biases], modules, model, (name) => {
    const module = moduleOf(name);
    // What PEFT has within a layer that it wraps.
    return adapted.has(module) ? [`${module}.base_layer.${name.slice(module.length + 1)}`, name] : [name];
  });
  // PEFT 0.10 does not write biases of adapted layers alone, though it trains them.
  const mayLack = bias === 'lora_only' ? biases.map(({ name }) => name) : [];
  const own = copied.tensors.map((one) => ({
    ...one,
    optional: one.names.some((name) => mayLack.includes(name)),
  }));
  return { layers: { ...layers, ...copied.layers }, tensors: [...tensors, ...own] };
}
