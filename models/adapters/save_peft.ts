/** Adapters as the folders that PEFT opens. */
import { Copy } from '../../engine/adapters';
import {
  DataError,
  EngineError,
  expectOptions,
  LoRA,
  safetensorsBlob,
  sizeOf,
  type Adapter,
  type LinearPlace,
  type NamedTensor,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { reordered } from '../pretrained_checkpoint';
import type { Json } from '../pretrained_config';
import { BEGINNING, isBare } from './load_peft';
import { modulesOf, type TheirLinear, type TheirModules, type TheirTensor } from './modules';
import { savedAs, within, moduleOf } from './copies';
import { planOf } from './plan';
import { endsOf, targeted } from './targets';

export interface SavePeftOptions {
  /** `base_model_name_or_path`: the hub's id, or the folder, of the base. Default: what the base's config.json says of itself. */
  readonly base?: string | null;
  /** `task_type`, such as 'CAUSAL_LM'. Default: by the class of the base. */
  readonly task?: string | null;
}

/** LoRA of one of their layers. */
interface Lowered {
  readonly rank: number;
  readonly alpha: number;
  /** (rank, inputs) and (outputs, rank). */
  readonly A: Float32Array;
  readonly B: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
}

type Placed = { readonly site: LinearPlace; readonly addition: LoRA };

/**
 * An adapter of a model that `load` opened, for `PeftModel.from_pretrained`: adapter_config.json and adapter_model.safetensors, by
 * name. Layers that Transformers has apart get each their own, and what is on columns of a layer that it has fused (GPT-2's
 * c_attn) becomes one of the sum of the ranks.
 *
 * @throws EngineError for kinds that PEFT has not, and for what its files cannot say: by their names.
 */
export async function savePeft(
  loaded: Pretrained<object>,
  adapter: Adapter,
  options: SavePeftOptions = {},
): Promise<ReadonlyMap<string, Blob>> {
  const { base = (loaded.config._name_or_path as string | undefined) ?? null, task = taskOf(loaded.config) } =
    options;
  expectOptions('savePeft', options, { base, task });
  const modules = modulesOf(loaded, isBare(loaded));
  const own = await adapter.store.readAll('weights');
  const read = (parameter: { readonly name: string }): Float32Array => own.get(parameter.name)!;
  const placed: Placed[] = [];
  const copied = new Map<TheirTensor, Float32Array>();
  for (const place of adapter.places) {
    if ('copy' in place && place.copy instanceof Copy) {
      const { parameter, part } = place.site;
      for (const tensor of modules.tensors.values()) {
        if (tensor.parameter !== parameter || (part && tensor.from !== part.from)) continue;
        const all = read(place.copy.values);
        const data = tensor.order ? reordered(all, tensor.order, true) : all;
        const from = part ? 0 : tensor.from;
        copied.set(tensor, data.subarray(from, from + sizeOf(tensor.shape)));
      }
    } else if ('addition' in place && place.addition instanceof LoRA) {
      placed.push({ site: place.site, addition: place.addition });
    } else {
      const what = `PEFT has no kind for what is at ${place.site.name}, or savePeft does not write it`;
      throw new EngineError('savePeft', what, 'saveAdapter writes all kinds for Heed.');
    }
  }
  const [first] = placed;
  if (!first) throw new EngineError('savePeft', 'it has no LoRA', "Without one PEFT's files have no place.");
  const dropout = first.addition.dropout;
  if (placed.some(({ addition }) => addition.dropout !== dropout))
    throw new EngineError('savePeft', 'its layers have several dropouts', 'PEFT has one: use one.');
  const rankStabilized = placed.every(({ addition }) => addition.rankStabilized);

  const layers = new Map<TheirLinear, Lowered>();
  for (const linear of modules.linear.values()) {
    const lowered = loweredOf(linear, placed, read, rankStabilized);
    if (lowered) layers.set(linear, lowered);
  }
  const lost = placed.find(
    ({ site }) => ![...layers.keys()].some(({ place }) => place!.layer === site.layer),
  );
  if (lost) {
    const what = `${lost.site.name} is none of the linear layers of ${loaded.type} in Transformers`;
    throw new EngineError('savePeft', what, 'Adapt others.');
  }
  const { modulesToSave, bias } = savedAs([...copied.keys()], modules, [...layers.keys()]);
  const rank = commonest([...layers.values()].map((one) => one.rank));
  const alpha = commonest([...layers.values()].map((one) => one.alpha));
  const others = (key: 'rank' | 'alpha', usual: number): Json =>
    Object.fromEntries(
      [...layers].flatMap(([{ name }, one]) => (one[key] === usual ? [] : [[name, one[key]]])),
    );
  const names = [...layers.keys()].map(({ name }) => name);
  const config: Json = {
    ...{ peft_type: 'LORA', auto_mapping: null, base_model_name_or_path: base, revision: null },
    ...{ task_type: task, inference_mode: true, r: rank, lora_alpha: alpha, lora_dropout: dropout },
    ...{ target_modules: shortest(names, modules, modulesToSave), use_rslora: rankStabilized, bias },
    ...{ rank_pattern: others('rank', rank), alpha_pattern: others('alpha', alpha) },
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    fan_in_fan_out: [...layers.keys()].every(({ turned }) => turned),
    ...{ init_lora_weights: true, layers_to_transform: null, layers_pattern: null },
  };
  const tensors = new Map<string, Omit<NamedTensor, 'name' | 'dtype'>>();
  for (const [{ name }, { rank: r, A, B, inputs, outputs }] of layers) {
    tensors.set(`${name}.lora_A.weight`, { shape: [r, inputs], data: A });
    tensors.set(`${name}.lora_B.weight`, { shape: [outputs, r], data: B });
  }
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
  return new Map([
    ['adapter_config.json', new Blob([`${JSON.stringify(config, null, 2)}\n`])],
    ['adapter_model.safetensors', safetensorsBlob(files, { format: 'pt' })],
  ]);
}

/** What is added to one of their layers: of several, one of the sum of their ranks. Null for nothing. */
function loweredOf(
  { name, place, order }: TheirLinear,
  all: readonly Placed[],
  read: (parameter: { readonly name: string }) => Float32Array,
  rankStabilized: boolean,
): Lowered | null {
  const end = ({ from, outputs }: { readonly from: number; readonly outputs: number }): number =>
    from + outputs;
  const layer = place?.layer;
  if (!place) return null;
  const pieces = all.filter(
    ({ site }) =>
      site.layer === layer &&
      site.columns.from < end(place.columns) &&
      place.columns.from < end(site.columns),
  );
  const [first] = pieces;
  if (!first) return null;
  const { inputs } = place.layer;
  const { outputs } = place.columns;
  const rank = pieces.reduce((sum, { addition }) => sum + addition.rank, 0);
  const scale = first.addition.scale;
  const alone = pieces.length === 1;
  const [A, B] = [new Float32Array(rank * inputs), new Float32Array(outputs * rank)];
  let at = 0;
  for (const { site, addition } of pieces) {
    const own = { A: read(addition.A), B: read(addition.B), rank: addition.rank };
    A.set(own.A, at * inputs);
    const factor = addition.scale / scale;
    const [from, to] = [
      Math.max(site.columns.from, place.columns.from),
      Math.min(end(site.columns), end(place.columns)),
    ];
    for (let o = from; o < to; o++) {
      for (let r = 0; r < own.rank; r++) {
        const b = own.B[(o - site.columns.from) * own.rank + r];
        B[(o - place.columns.from) * rank + at + r] = factor === 1 ? b : factor * b;
      }
    }
    at += own.rank;
  }
  const alpha =
    alone && first.addition.rankStabilized === rankStabilized
      ? first.addition.alpha
      : scale * (rankStabilized ? Math.sqrt(rank) : rank);
  if (!Number.isFinite(alpha)) throw new DataError('savePeft', `alpha of ${name} is ${alpha}`);
  return { rank, alpha, A, B: order ? reordered(B, order, true) : B, inputs, outputs };
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
  const isSaved = (name: string): boolean => within(name, (one) => saved.some((end) => one.endsWith(end)));
  try {
    const found = targeted(settings, modules, isSaved).map(({ name }) => name);
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
  return moduleOf(name) === '' ? (TASKS.find(([pattern]) => pattern.test(name))?.[1] ?? null) : null;
}
