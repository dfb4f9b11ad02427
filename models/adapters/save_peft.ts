/** Adapters as the folders that PEFT opens. */
import { Copy, DoRA, InputFactors, OutputFactors } from '../../engine/adapters';
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
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { reordered } from '../pretrained_checkpoint';
import type { Json } from '../pretrained_config';
import { isSaved, savedAs } from './copies';
import { BEGINNING, isBare } from './load_peft';
import { loraOf, loweredOf, type Lowered, type PlacedLoRA } from './lowered';
import { modulesOf, type TheirLinear, type TheirModules, type TheirTensor } from './modules';
import { planOf } from './plan';
import { writePrefix } from './prefix_plan';
import { endsOf, isFeedForward, targeted } from './targets';

/** What `savePeft` says of the base. */
export interface SavePeftOptions {
  /** `base_model_name_or_path`: the hub's id, or the folder, of the base. Default: what the base's config.json says of itself. */
  readonly base?: string | null;
  /** `task_type`, such as 'CAUSAL_LM'. Default: by the class of the base. */
  readonly task?: string | null;
}

type Read = (parameter: { readonly name: string }) => Float32Array;
type Tensors = Map<string, Omit<NamedTensor, 'name' | 'dtype'>>;

/** Factors in their place. */
interface PlacedFactors {
  readonly site: LinearPlace;
  readonly addition: InputFactors | OutputFactors;
}

/** What of a configuration and a file is of one kind. */
interface Written {
  readonly linear: readonly TheirLinear[];
  /** Names of those whose inputs have factors. */
  readonly inputs?: readonly string[];
  /** Beside what all kinds say. */
  readonly settings: Json;
  readonly tensors: Tensors;
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
  const factors: PlacedFactors[] = [];
  const prefixes: { readonly site: AttentionPlace; readonly rows: KeyValueAddition }[] = [];
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
    } else if (addition instanceof LoRA || addition instanceof DoRA) {
      low.push({ site: place.site as LinearPlace, addition });
    } else if (addition instanceof InputFactors || addition instanceof OutputFactors) {
      factors.push({ site: place.site as LinearPlace, addition });
    } else if ('rows' in place) prefixes.push(place);
    else {
      const what = `PEFT has no kind for what is at ${place.site.name}, or savePeft does not write it`;
      throw new EngineError('savePeft', what, 'saveAdapter writes all kinds for Heed.');
    }
  }
  const given = [low, factors, prefixes].filter((list) => list.length > 0);
  if (given.length > 1 || (prefixes.length > 0 && copied.size > 0))
    throw new EngineError('savePeft', 'it has several kinds', "PEFT's folders have one kind: adapt by one.");
  if (given.length === 0) {
    const todo = "PEFT's files have no place for what is learnt whole without one.";
    throw new EngineError('savePeft', 'it has no LoRA, DoRA, (IA)³ or prefix', todo);
  }
  const about = { auto_mapping: null, base_model_name_or_path: base, revision: null, task_type: task };
  if (prefixes.length > 0) {
    const { settings, tensors } = writePrefix(prefixes, loaded.model, read);
    const files = [...tensors].map(([name, one]): NamedTensor => ({ name, dtype: 'F32', ...one }));
    return filesOf({ ...about, inference_mode: true, ...settings }, files);
  }
  const written = low.length > 0 ? writeLoRA(low, modules, read) : writeFactors(factors, modules, read);
  const { linear, tensors, settings, inputs = [] } = written;
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
  const names = linear.map(({ name }) => name);
  const short = shortest(names, modules, modulesToSave);
  // PEFT wants those of inputs to be among the targets, by the same words.
  const ends = endsOf(inputs);
  const alike = names.every((name) => isFeedForward(ends, name) === inputs.includes(name));
  const targets = alike && ends.every((end) => short.includes(end)) ? short : names;
  const config: Json = {
    ...about,
    ...{ inference_mode: true, target_modules: targets },
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    fan_in_fan_out: linear.every(({ turned }) => turned),
    ...settings,
    ...(low.length > 0 && { bias }),
    ...(factors.length > 0 && { feedforward_modules: targets === short ? ends : inputs }),
  };
  for (const [{ name, shape }, data] of copied) tensors.set(name, { shape, data });
  // By the names that who reads the configuration looks for.
  const files = planOf(config, modules, loaded.model).tensors.map(({ names }): NamedTensor => {
    const name = names.find((one) => tensors.has(one));
    const found = name === undefined ? undefined : tensors.get(name);
    if (!found) throw new EngineError('savePeft', `${names[0]} was not learnt`, 'Adapt the model otherwise.');
    tensors.delete(name!);
    return { name: BEGINNING + names[0], dtype: 'F32', ...found };
  });
  const [rest] = tensors.keys();
  if (rest !== undefined)
    throw new EngineError('savePeft', `PEFT's file has no place for ${rest}`, 'Adapt the model otherwise.');
  return filesOf(config, files);
}

const filesOf = (config: Json, files: readonly NamedTensor[]): ReadonlyMap<string, Blob> =>
  new Map([
    ['adapter_config.json', new Blob([`${JSON.stringify(config, null, 2)}\n`])],
    ['adapter_model.safetensors', safetensorsBlob([...files], { format: 'pt' })],
  ]);

function writeLoRA(placed: readonly PlacedLoRA[], modules: TheirModules, read: Read): Written {
  const { dropout } = loraOf(placed[0]);
  if (placed.some((one) => loraOf(one).dropout !== dropout))
    throw new EngineError('savePeft', 'its layers have several dropouts', 'PEFT has one: use one.');
  const isDoRA = placed[0].addition instanceof DoRA;
  if (placed.some(({ addition }) => addition instanceof DoRA !== isDoRA))
    throw new EngineError('savePeft', 'it has LoRA and DoRA', "PEFT's folders have one of them: use one.");
  const rankStabilized = placed.every((one) => loraOf(one).rankStabilized);
  const layers = new Map<TheirLinear, Lowered>();
  for (const linear of modules.linear.values()) {
    const lowered = loweredOf(linear, placed, read, rankStabilized);
    if (lowered) layers.set(linear, lowered);
  }
  const tensors: Tensors = new Map();
  for (const [{ name }, { rank, A, B, magnitude, inputs, outputs }] of layers) {
    tensors.set(`${name}.lora_A.weight`, { shape: [rank, inputs], data: A });
    tensors.set(`${name}.lora_B.weight`, { shape: [outputs, rank], data: B });
    if (magnitude) tensors.set(`${name}.lora_magnitude_vector`, { shape: [outputs], data: magnitude });
  }
  const usual = (key: 'rank' | 'alpha'): number => commonest([...layers.values()].map((one) => one[key]));
  const [rank, alpha] = [usual('rank'), usual('alpha')];
  const others = (key: 'rank' | 'alpha', most: number): Json =>
    Object.fromEntries(
      [...layers].flatMap(([{ name }, one]) => (one[key] === most ? [] : [[name, one[key]]])),
    );
  const settings = {
    ...{ peft_type: 'LORA', r: rank, lora_alpha: alpha, lora_dropout: dropout },
    ...{
      rank_pattern: others('rank', rank),
      alpha_pattern: others('alpha', alpha),
      use_rslora: rankStabilized,
    },
    ...{ use_dora: isDoRA, init_lora_weights: true, layers_to_transform: null, layers_pattern: null },
  };
  return { linear: [...layers.keys()], settings, tensors };
}

function writeFactors(placed: readonly PlacedFactors[], modules: TheirModules, read: Read): Written {
  const linear: TheirLinear[] = [];
  const inputs: string[] = [];
  const tensors: Tensors = new Map();
  for (const one of modules.linear.values()) {
    const { name, place, order } = one;
    const own = placed.filter(
      ({ site }) =>
        site.layer === place?.layer &&
        site.columns.from <= place.columns.from &&
        place.columns.from + place.columns.outputs <= site.columns.from + site.columns.outputs,
    );
    if (!place || own.length === 0) continue;
    const [{ site, addition }, second] = own;
    if (second)
      throw new EngineError('savePeft', `${name} has factors twice`, 'PEFT has one of them: use one.');
    const all = read(addition.factors);
    linear.push(one);
    if (addition instanceof InputFactors) {
      inputs.push(name);
      tensors.set(`${name}.ia3_l`, { shape: [1, all.length], data: all });
      continue;
    }
    const first = place.columns.from - site.columns.from;
    const rows = all.slice(first, first + place.columns.outputs);
    const data = order ? reordered(rows, order, true) : rows;
    tensors.set(`${name}.ia3_l`, { shape: [data.length, 1], data });
  }
  const part = placed.find(({ site }) =>
    linear.every(({ place }) => place!.layer !== site.layer || place!.columns.from > site.columns.from),
  );
  if (part) {
    const what = `${part.site.name} is a part of a layer of Transformers`;
    throw new EngineError('savePeft', what, 'Adapt the whole layer.');
  }
  return { linear, inputs, settings: { peft_type: 'IA3', init_ia3_weights: true }, tensors };
}

/** The number that is there most often; of several the first. */
function commonest(numbers: readonly number[]): number {
  const count = (n: number): number => numbers.filter((other) => other === n).length;
  return numbers.reduce((best, n) => (count(n) > count(best) ? n : best));
}

/** Names that mean these layers and no others: their last words where that is enough. */
function shortest(names: readonly string[], modules: TheirModules, saved: readonly string[]): string[] {
  const words = endsOf(names);
  const settings = { targets: words, exclude: null, layers: null, layersPattern: null, classes: false };
  try {
    const found = targeted(settings, modules, isSaved(saved)).map(({ name }) => name);
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
