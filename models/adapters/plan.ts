/** What a configuration of PEFT puts into a model, and what its file calls that. */
import { DataError, lora, type AdapterKind } from '../../engine/index';
import type { Json } from '../pretrained_config';
import { biasesOf, copiesOf, moduleOf, tensorsOf, within } from './copies';
import { loraSettings } from './lora_config';
import type { TheirModules } from './modules';
import type { PeftPlan, PeftTensor } from './peft_tensor';
import { byPattern, targeted } from './targets';

/** Throws `DataError` for configurations that are not done, or of modules that the model does not have. */
export function planOf(config: Json, modules: TheirModules, model: object): PeftPlan {
  const { peft_type: type } = config;
  if (type === 'LORA') return loraPlan(config, modules, model);
  throw new DataError('adapter_config.json', `peft_type is ${JSON.stringify(type)}`, 'LORA is read.');
}

function loraPlan(config: Json, modules: TheirModules, model: object): PeftPlan {
  const settings = loraSettings(config);
  const { rank, alpha, dropout, rankStabilized, ranks, alphas, modulesToSave, bias } = settings;
  const isSaved = (name: string): boolean =>
    within(name, (one) => modulesToSave.some((end) => one.endsWith(end)));
  const linear = targeted(settings, modules, isSaved);
  const layers: Record<string, AdapterKind> = {};
  const tensors: PeftTensor[] = [];
  for (const { name, place, order } of linear) {
    const { layer, columns, name: ours } = place!;
    const r = byPattern(ranks, name, rank);
    const own = { rank: r, alpha: byPattern(alphas, name, alpha), dropout };
    layers[ours] = lora({ ...own, ...(rankStabilized && { rankStabilized }) });
    const tensor = (part: 'A' | 'B', shape: readonly [number, number]): PeftTensor => {
      const names = [`${name}.lora_${part}.weight`];
      return { names, shape, ours: `${ours}.lora.${part}`, from: 0, order: part === 'B' ? order : null };
    };
    tensors.push(tensor('A', [r, layer.inputs]), tensor('B', [columns.outputs, r]));
  }
  for (const end of modulesToSave) {
    if (modules.names.some((name) => name.endsWith(end))) continue;
    // PEFT names the heads of all classes that classify.
    if (config.task_type === 'SEQ_CLS' && ['classifier', 'score'].includes(end)) continue;
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
  return {
    layers: { ...layers, ...copied.layers },
    tensors: [
      ...tensors,
      ...copied.tensors.map((one) => ({
        ...one,
        optional: one.names.some((name) => mayLack.includes(name)),
      })),
    ],
  };
}
