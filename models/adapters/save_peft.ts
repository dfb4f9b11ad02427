/** Adapters as the folders that PEFT opens. */
import { AdaLoRA, Copy, DoRA, EmbeddingLoRA, InputFactors, OutputFactors } from '../../engine/adapters';
import {
  EngineError,
  expectOptions,
  LoRA,
  safetensorsBlob,
  sizeOf,
  type Adapter,
  type AttentionPlace,
  type KeyValueAddition,
  type LinearPlace,
  type NamedTensor,
  type PromptAddition,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { reordered } from '../pretrained_checkpoint';
import type { Json } from '../pretrained_config';
import { writeAdaLoRA, type PlacedAdaLoRA } from './adalora_plan';
import { isSaved, savedAs } from './copies';
import { headsOf } from './heads';
import { writePrompt } from './prompt_plan';
import { isBare } from './load_peft';
import { BEGINNING, fileName } from './file_names';
import type { PlacedLoRA } from './lowered';
import { modulesOf, type TheirModules, type TheirTensor } from './modules';
import { planOf } from './plan';
import { writePrefix } from './prefix_plan';
import { endsOf, isFeedForward, targetedOf } from './targets';
import { writeFactors, type PlacedFactors } from './write_factors';
import { writeLoRA, type PlacedEmbedding } from './write_lora';
import type { Read, Written } from './written';

/** What `savePeft` says of the base. */
export interface SavePeftOptions {
  /** `base_model_name_or_path`: the hub's id, or the folder, of the base. Default: what the base's config.json says of itself. */
  readonly base?: string | null;
  /** `task_type`, such as 'CAUSAL_LM'. Default: by the class of the base. */
  readonly task?: string | null;
}

/**
 * An adapter of a model that `load` opened, for `PeftModel.from_pretrained`: adapter_config.json and adapter_model.safetensors, by
 * name. Layers that Transformers has apart get each their own, and LoRA on columns of a layer that it has fused (GPT-2's
 * c_attn) becomes one of the sum of the ranks.
 *
 * @throws EngineError for kinds that PEFT has not, and for what its files cannot say: by their names.
 */
export async function savePeft(
  loaded: Pretrained<object>,
  adapter: Adapter,
  options: SavePeftOptions = {},
): Promise<ReadonlyMap<string, Blob>> {
  const named = (loaded.config._name_or_path as string | undefined) ?? null;
  const { base = named, task = taskOf(loaded.config) } = options;
  expectOptions('savePeft', options, { base, task });
  const modules = modulesOf(loaded, isBare(loaded));
  const own = await adapter.store.readAll('weights');
  const read: Read = ({ name }) => own.get(name)!;
  const low: PlacedLoRA[] = [];
  const embedded: PlacedEmbedding[] = [];
  const adaptive: PlacedAdaLoRA[] = [];
  const factors: PlacedFactors[] = [];
  const prefixes: { readonly site: AttentionPlace; readonly rows: KeyValueAddition }[] = [];
  const prompts: PromptAddition[] = [];
  const copied = new Map<TheirTensor, Float32Array>();
  for (const place of adapter.places) {
    const addition = 'addition' in place ? place.addition : null;
    if ('copy' in place && place.copy instanceof Copy) {
      const { parameter, part } = place.site;
      for (const tensor of modules.tensors.values()) {
        if (tensor.parameter !== parameter || (part && tensor.from !== part.from)) continue;
        const all = read(place.copy.values);
        const data = tensor.order ? reordered(all, tensor.order, true) : all;
        const from = part ? 0 : tensor.from;
        copied.set(tensor, data.subarray(from, from + sizeOf(tensor.shape)));
      }
    } else if ('sum' in place && place.sum instanceof EmbeddingLoRA) {
      embedded.push({ site: place.site, addition: place.sum });
    } else if (addition instanceof LoRA || addition instanceof DoRA) {
      low.push({ site: place.site as LinearPlace, addition });
    } else if (addition instanceof AdaLoRA) {
      adaptive.push({ site: place.site as LinearPlace, addition });
    } else if (addition instanceof InputFactors || addition instanceof OutputFactors) {
      factors.push({ site: place.site as LinearPlace, addition });
    } else if ('rows' in place) prefixes.push(place);
    else if ('prompt' in place) prompts.push(place.prompt);
    else {
      const what = `PEFT has no kind for what is at ${place.site.name}, or savePeft does not write it`;
      throw new EngineError('savePeft', what, 'saveAdapter writes all kinds for Heed.');
    }
  }
  const given = [[...low, ...embedded], adaptive, factors, prefixes, prompts].filter(
    (list) => list.length > 0,
  );
  if (given.length > 1)
    throw new EngineError('savePeft', 'it has several kinds', "PEFT's folders have one kind: adapt by one.");
  if (given.length === 0) {
    const todo = "PEFT's files have no place for what is learnt whole without one.";
    throw new EngineError('savePeft', 'it has no LoRA, DoRA, AdaLoRA, (IA)³, prefix or prompt', todo);
  }
  const about = { auto_mapping: null, base_model_name_or_path: base, revision: null, task_type: task };
  if (prefixes.length + prompts.length > 0) {
    const { settings, tensors } =
      prompts.length > 0
        ? writePrompt(prompts[0], loaded.model, read)
        : writePrefix(prefixes, loaded.model, read);
    const heads = [...copied].map(([{ name, shape }, data]) => [name, { shape, data }] as const);
    expectHeads([...copied.keys()], headsOf(loaded.model, modules));
    const files = [...tensors, ...heads].map(([name, one]): NamedTensor => ({
      name: fileName(name),
      dtype: 'F32',
      ...one,
    }));
    return filesOf({ ...about, inference_mode: true, ...settings }, files);
  }
  const written: Written =
    low.length + embedded.length > 0
      ? writeLoRA(low, embedded, modules, read)
      : adaptive.length > 0
        ? writeAdaLoRA(adaptive, modules, read)
        : writeFactors(factors, modules, read);
  const { linear, tables = [], tensors, settings, inputs = [] } = written;
  const lost = [...low, ...factors].find(
    ({ site }) => !linear.some(({ place }) => place!.layer === site.layer),
  );
  if (lost) {
    const what = `${lost.site.name} is none of the linear layers of ${loaded.type} in Transformers`;
    throw new EngineError('savePeft', what, 'Adapt others.');
  }
  const { modulesToSave, bias } = savedAs([...copied.keys()], modules, linear);
  if (factors.length > 0 && bias !== 'none')
    throw new EngineError('savePeft', 'it learns biases beside (IA)³', 'PEFT does so beside LoRA only.');
  const names = [...linear, ...tables].map(({ name }) => name);
  const short = shortest(names, modules, modulesToSave);
  // PEFT wants those of inputs to be among the targets, by the same words.
  const ends = endsOf(inputs);
  const alike = names.every((name) => isFeedForward(ends, name) === inputs.includes(name));
  const targets = alike && ends.every((end) => short.includes(end)) ? short : names;
  const config: Json = {
    ...about,
    ...{ inference_mode: true, target_modules: targets },
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    fan_in_fan_out: linear.length > 0 && linear.every(({ turned }) => turned),
    ...settings,
    ...(factors.length === 0 && { bias }),
    ...(factors.length > 0 && { feedforward_modules: targets === short ? ends : inputs }),
  };
  for (const [{ name, shape }, data] of copied) tensors.set(name, { shape, data });
  // By the names that who reads the configuration looks for.
  const files = planOf(config, modules, loaded.model).tensors.flatMap(
    ({ names, optional }): NamedTensor[] => {
      const name = names.find((one) => tensors.has(one));
      const found = name === undefined ? undefined : tensors.get(name);
      if (!found && optional) return [];
      if (!found)
        throw new EngineError('savePeft', `${names[0]} was not learnt`, 'Adapt the model otherwise.');
      tensors.delete(name!);
      return [{ name: BEGINNING + names[0], dtype: 'F32', ...found }];
    },
  );
  const [rest] = tensors.keys();
  if (rest !== undefined)
    throw new EngineError('savePeft', `PEFT's file has no place for ${rest}`, 'Adapt the model otherwise.');
  return filesOf(config, files);
}

/** Throws `EngineError` unless beside virtual tokens or prefixes just that is learnt whole which PEFT learns there. */
function expectHeads(copied: readonly TheirTensor[], heads: readonly TheirTensor[]): void {
  const lacking = heads.find((one) => !copied.includes(one));
  const more = copied.find((one) => !heads.includes(one));
  const one = lacking ?? more;
  if (!one) return;
  const what = `PEFT learns ${lacking ? '' : 'not '}${one.name} beside what stands before texts`;
  throw new EngineError('savePeft', what, 'Adapt by adaptPeft, which says what is learnt.');
}

const filesOf = (config: Json, files: readonly NamedTensor[]): ReadonlyMap<string, Blob> =>
  new Map([
    ['adapter_config.json', new Blob([`${JSON.stringify(config, null, 2)}\n`])],
    ['adapter_model.safetensors', safetensorsBlob([...files], { format: 'pt' })],
  ]);
/** Names that mean these layers and no others: their last words where that is enough. */
function shortest(names: readonly string[], modules: TheirModules, saved: readonly string[]): string[] {
  const words = endsOf(names);
  const settings = { targets: words, exclude: null, layers: null, layersPattern: null, classes: false };
  try {
    const { linear, tables } = targetedOf(settings, modules, isSaved(saved));
    const found = [...linear, ...tables].map(({ name }) => name);
    if (found.length === names.length && found.every((name) => names.includes(name))) return words;
  } catch {
    // The words mean other modules, too.
  }
  return [...names];
}

const TASKS: readonly (readonly [RegExp, string])[] = [
  [/ForSequenceClassification$/, 'SEQ_CLS'],
  [/ForTokenClassification$/, 'TOKEN_CLS'],
  [/ForQuestionAnswering$/, 'QUESTION_ANS'],
  [/ForConditionalGeneration$|MTModel$/, 'SEQ_2_SEQ_LM'],
  [/ForCausalLM$|LMHeadModel$/, 'CAUSAL_LM'],
];

function taskOf({ architectures }: Json): string | null {
  const name = String([architectures].flat()[0]);
  return TASKS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
