/** What a configuration of PEFT puts into a model, and what its file calls that. */
import { dora, ia3 } from '../../engine/adapters';
import { adaloraPlan } from './adalora_plan';
import { DataError, lora, type AdapterKind, type Tokenizer } from '../../engine/index';
import type { Json } from '../pretrained_config';
import { biasesOf, copiesOf, isSaved, moduleOf, tensorsOf } from './copies';
import { ia3Settings, impliedHeads, loraSettings, type Bias } from './lora_config';
import { HEADS, type TheirLinear, type TheirModules, type TheirTensor } from './modules';
import type { PeftPlan, PeftTensor } from './peft_tensor';
import { prefixPlan } from './prefix_plan';
import { promptPlan, PROMPTS } from './prompt_plan';
import { byPattern, isFeedForward, targeted, targetedOf } from './targets';

/** What a plan is for. */
export interface PlanOptions {
  /** A file, which has what networks of prefixes and prompts made, not the networks. Default true. */
  readonly saved?: boolean;
  /** The base's, for prompts that begin as a text. Default null. */
  readonly tokenizer?: Tokenizer | null;
}

/** Throws `DataError` for configurations that are not done, or of modules that the model does not have. */
export function planOf(
  config: Json,
  modules: TheirModules,
  model: object,
  { saved = true, tokenizer = null }: PlanOptions = {},
): PeftPlan {
  const { peft_type: type } = config;
  if (type === 'PREFIX_TUNING') return prefixPlan(config, modules, model, saved);
  if (type === 'LORA') return loraPlan(config, modules, model);
  if (type === 'ADALORA') return withCopies(...adaloraPlan(config, modules), modules, model);
  if (type === 'IA3') return ia3Plan(config, modules, model);
  if (PROMPTS.includes(type as string)) return promptPlan(config, { model, modules, saved, tokenizer });
  const done = ['LORA', 'ADALORA', 'IA3', 'PREFIX_TUNING', ...PROMPTS].join(', ');
  const todo = `Those that are done: ${done}. Merge others into their base model in PEFT.`;
  throw new DataError('adapter_config.json', `peft_type is ${JSON.stringify(type)}`, todo);
}

function loraPlan(config: Json, modules: TheirModules, model: object): PeftPlan {
  const settings = loraSettings(config);
  const { rank, alpha, dropout, rankStabilized, ranks, alphas } = settings;
  const { linear, tables } = targetedOf(settings, modules, isSaved(settings.modulesToSave));
  const layers: Record<string, AdapterKind> = {};
  const tensors: PeftTensor[] = [];
  // PEFT writes these where their layers are adapted, in case that somebody gave the vocabulary more words.
  const unchanged = new Map<string, TheirTensor>();
  for (const { name } of [...tables, ...linear.filter((one) => HEADS.test(one.name))]) {
    const tensor = modules.tensors.get(`${name}.weight`);
    if (tensor) unchanged.set(`${name}.base_layer.weight`, tensor);
  }
  const optionsOf = (name: string) => {
    const own = { rank: byPattern(ranks, name, rank), alpha: byPattern(alphas, name, alpha), dropout };
    return { ...own, ...(rankStabilized && { rankStabilized }) };
  };
  for (const { name, place } of tables) {
    if (settings.dora) {
      const what = `target_modules has ${name}, which is a table of embeddings`;
      throw new DataError('adapter_config.json', what, 'DoRA has none for these: leave it out.');
    }
    const options = optionsOf(name);
    const [vocabulary, width] = place.table.weight.shape;
    const { rank: r } = options;
    layers[place.name] = lora(options);
    const ours = `${place.name}.lora`;
    tensors.push(
      {
        ...{ names: [`${name}.lora_embedding_A`], shape: [r, vocabulary], ours: `${ours}.A` },
        ...{ from: 0, order: null, turned: true },
      },
      { names: [`${name}.lora_embedding_B`], shape: [width, r], ours: `${ours}.B`, from: 0, order: null },
    );
  }
  for (const { name, place, order } of linear) {
    const { layer, columns, name: site } = place!;
    const options = optionsOf(name);
    const { rank: r } = options;
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
  const plan = withCopies(
    { layers, tensors },
    { ...settings, task: config.task_type },
    linear,
    modules,
    model,
  );
  return { ...plan, unchanged };
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
  const implied = impliedHeads(task);
  for (const end of modulesToSave) {
    if (modules.names.some((name) => name.endsWith(end))) continue;
    // PEFT names the heads of all classes that classify.
    if (implied.includes(end)) continue;
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
  const mayLack = [...(bias === 'lora_only' ? biases : []), ...tensorsOf(implied, modules)].map(
    ({ name }) => name,
  );
  const own = copied.tensors.map((one) => ({
    ...one,
    optional: one.names.some((name) => mayLack.includes(name)),
  }));
  return { layers: { ...layers, ...copied.layers }, tensors: [...tensors, ...own] };
}
