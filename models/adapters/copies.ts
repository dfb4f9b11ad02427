/** Parameters that an adapter learns whole, as PEFT's settings say it: `modules_to_save`, and `bias`. */
import { copy, sitesOf, trainsAlone } from '../../engine/adapters';
import { DataError, EngineError, sizeOf, type AdapterKind, type ParameterSite } from '../../engine/index';
import { BIASES, type Bias } from './lora_config';
import type { TheirLinear, TheirModules, TheirTensor } from './modules';
import type { PeftPlan, PeftTensor } from './peft_tensor';

/** The module that a tensor belongs to, or that holds a module; '' for none. */
export const moduleOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** Whether a module, or one that holds it, has a name that ends so (`modules_to_save`): PEFT does not ask for whole words. */
export const isSaved =
  (ends: readonly string[]) =>
  (name: string): boolean => {
    for (let one = name; one !== ''; one = moduleOf(one))
      if (ends.some((end) => one.endsWith(end))) return true;
    return false;
  };

/** Tensors that are trained beside LoRA's, as PEFT takes `bias`: 'all' are those whose names have the word anywhere. */
export function biasesOf(
  bias: Bias,
  modules: TheirModules,
  linear: readonly TheirLinear[],
): readonly TheirTensor[] {
  if (bias === 'none') return [];
  if (bias === 'lora_only') return linear.flatMap((one) => one.bias ?? []);
  return [...modules.tensors.values()].filter(
    ({ name, parameter }) => name.includes('bias') && trainsAlone(parameter),
  );
}

/** Tensors of modules that are saved whole: see `isSaved`. */
export function tensorsOf(ends: readonly string[], modules: TheirModules): readonly TheirTensor[] {
  const isMeant = isSaved(ends);
  return [...modules.tensors.values()].filter(({ name }) => isMeant(moduleOf(name)));
}

/** Tensors that are learnt whole. Throws `DataError` for those that are a part of a parameter, or tied to others. */
export function copiesOf(
  wanted: readonly TheirTensor[],
  modules: TheirModules,
  model: object,
  names: (name: string) => readonly string[],
): PeftPlan {
  const sites = [...sitesOf(model).values()].filter((site): site is ParameterSite => 'parameter' in site);
  const all = [...modules.tensors.values()];
  const layers: Record<string, AdapterKind> = {};
  const tensors: PeftTensor[] = [];
  for (const tensor of wanted) {
    const { name, ours, shape, from, order, parameter } = tensor;
    if (tensor.copies.length > 0 && shape.length > 1) {
      const what = `${name} would be learnt, but it is tied to ${tensor.copies.join(' and ')}`;
      throw new DataError('adapter_config.json', what, 'PEFT unties them, which is not done.');
    }
    const isWhole = all.every((part) => part.parameter !== parameter || wanted.includes(part));
    const isThis = ({ parameter: other, part }: ParameterSite): boolean =>
      other === parameter && part?.from === from && part.outputs === sizeOf(shape);
    const site = isWhole ? ours : sites.find(isThis)?.name;
    if (site === undefined) {
      const what = `${name} would be learnt, but it is a part of ${ours} here`;
      throw new DataError(
        'adapter_config.json',
        what,
        'Name what it is fused with, too, or adapt it by LoRA.',
      );
    }
    layers[site] = copy();
    tensors.push({
      ...{ names: [...names(name), ...tensor.copies], shape, order },
      ...{ ours: `${site}.copy.values`, from: isWhole ? from : 0 },
    });
  }
  return { layers, tensors };
}

/** The settings that say which tensors were learnt whole. Throws `EngineError` where none do. */
export function savedAs(
  copied: readonly TheirTensor[],
  modules: TheirModules,
  linear: readonly TheirLinear[],
): { readonly modulesToSave: readonly string[]; readonly bias: Bias } {
  const all = [...modules.tensors.values()];
  const isWhole = (module: string): boolean =>
    module !== '' && all.every((one) => !one.name.startsWith(`${module}.`) || copied.includes(one));
  const biases = biasesOf('all', modules, linear);
  const tops = copied.flatMap((tensor) => {
    if (biases.includes(tensor)) return [];
    let top = moduleOf(tensor.name);
    while (isWhole(moduleOf(top))) top = moduleOf(top);
    return [top];
  });
  const modulesToSave = [...new Set(tops)];
  const saved = tensorsOf(modulesToSave, modules);
  const stray = saved.find((tensor) => !copied.includes(tensor));
  if (stray) {
    const what = `PEFT would save ${stray.name} with what was learnt, but it was not`;
    throw new EngineError('savePeft', what, 'Learn the whole module.');
  }
  const rest = copied.filter((tensor) => !saved.includes(tensor));
  for (const bias of BIASES) {
    const said = biasesOf(bias, modules, linear).filter((tensor) => !saved.includes(tensor));
    if (said.length === rest.length && said.every((tensor) => rest.includes(tensor)))
      return { modulesToSave, bias };
  }
  const what = `PEFT learns no biases, those of all adapted layers or all, but not just ${rest[0].name}`;
  throw new EngineError('savePeft', what, 'Learn one of these.');
}
