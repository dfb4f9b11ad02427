/** Opens Hugging Face models as they are, and gives them back. */
import {
  DataError,
  EngineError,
  expectOptions,
  expectSeed,
  parameters,
  ParameterStore,
  safetensorsBlob,
  throwIfAborted,
  type Device,
  type NamedTensor,
  type Parameter,
  type ParameterStoreOptions,
  type Shape,
} from '../../engine/index';
import { jsonOf, opener, weightsOf, type ModelFolder } from '../files/folder';
import { theirTensors, type Entry } from '../pretrained_checkpoint';
import { modelType, type Json } from '../pretrained_config';
import { expectFamilies, familyOf } from './choose';
import { describe, type AnyFamily, type Family } from './family';
import { entriesOf, type WeightMap } from './weight_map';

/** What `load` may open, where its weights go and how they are stored. */
export interface LoadOptions<F extends AnyFamily> {
  readonly device: Device;
  /** What may be loaded. Only these are part of an app's bundle. */
  readonly families: readonly F[];
  readonly signal?: AbortSignal;
  /** Bytes of weights on the device so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /**
   * How weights are stored on the device: 'f16', 'int8', 'int4' or 'int4-64' take less memory, and rounding while they come takes
   * no more on the way (docs/models.md has the errors). A model that is stored as fewer bits runs and has adapters trained
   * beside it; training it whole needs 'f32'. Or each parameter by itself, see `ParameterStoreOptions`. Default 'f32'.
   */
  readonly storage?: ParameterStoreOptions['storage'];
  /**
   * A new head on the body of a checkpoint, whatever class it was saved as: the first of `families` of its type is built,
   * with these settings over those of config.json, such as `{ num_labels: 3 }` or id2label. Parameters of the head that
   * the checkpoint lacks begin as `seed` draws them (`Pretrained.fresh` names them); tensors of other heads are left out.
   */
  readonly newHead?: Json;
  /** Of a new head. Default 0. */
  readonly seed?: number;
  /** Instead of the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

/** How `save` writes weights. */
export interface SaveOptions {
  /** Of the numbers; trained ones lose bits in the two small ones. Default 'F32'. */
  readonly dtype?: 'F32' | 'F16' | 'BF16';
  /** Saves weights that are stored as int8 or int4, too: the numbers that they were rounded to. Default false: an error. */
  readonly dequantize?: boolean;
}

/**
 * A model with the weights and settings that it came with. Disposing of it disposes of the weights.
 */
export class Pretrained<M extends object> implements Disposable {
  readonly model: M;
  readonly store: ParameterStore;
  /** `model_type`. */
  readonly type: string;
  /** The parsed config.json. */
  readonly config: Json;
  /** The parsed generation_config.json; null where there is none. */
  readonly generationConfig: Json | null;
  /** Our names of parameters that the checkpoint did not have: see `LoadOptions.newHead`. */
  readonly fresh: readonly string[];
  /** How its family names its weights. */
  readonly map: WeightMap;
  readonly #came: Came;

  /** Made by `load`. */
  constructor(parts: {
    readonly map: WeightMap;
    readonly model: M;
    readonly store: ParameterStore;
    readonly config: Json;
    readonly generationConfig: Json | null;
    readonly came: Came;
    readonly fresh: readonly string[];
  }) {
    this.model = parts.model;
    this.store = parts.store;
    this.type = String(parts.config.model_type);
    this.config = parts.config;
    this.generationConfig = parts.generationConfig;
    this.#came = parts.came;
    this.fresh = parts.fresh;
    this.map = parts.map;
  }

  /**
   * The model as it now is, for `from_pretrained`: files by name, with tensors under the names that they came with (in
   * today's spelling), and those of parts that the model does not have as they came. The tokenizer's files are not among
   * them: they stay as they were. Throws `DataError` for numbers that `dtype` cannot hold, and for weights that were rounded to
   * int8 or int4, unless `dequantize` is said.
   */
  save(options: SaveOptions = {}): Promise<ReadonlyMap<string, Blob>> {
    const { model, config, generationConfig, store } = this;
    return filesOf({ own: parameters(model), config, generationConfig, store, ...this.#came }, options);
  }

  /**
   * A training checkpoint of this model as a folder that PyTorch goes on with (docs/distributed.md): config.json,
   * model.safetensors, optimizer.safetensors, training.json. Throws `DataError` for a file that is none of AdamW over this
   * model's weights.
   */
  async saveTraining(checkpoint: Uint8Array | Blob): Promise<ReadonlyMap<string, Blob>> {
    const { writeTrainingFolder } = await import('./training_folder');
    return writeTrainingFolder(this.#trained, checkpoint);
  }

  /** The checkpoint that such a folder is now, to resume from. Throws `DataError` for files of another model. */
  async openTraining(folder: ModelFolder): Promise<Uint8Array<ArrayBuffer>> {
    const { readTrainingFolder } = await import('./training_folder');
    return readTrainingFolder(this.#trained, folder);
  }

  get #trained() {
    return { own: parameters(this.model), config: this.config, ...this.#came };
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
  }
}

/**
 * A model that was made here, for `from_pretrained`: `config` is the config.json that describes it to its family. Throws
 * `EngineError` where the model has no weights, `DataError` where `config` makes tensors of other names or shapes.
 */
export async function save<M extends object>(
  family: Family<M>,
  model: M,
  config: Json,
  options: SaveOptions = {},
): Promise<ReadonlyMap<string, Blob>> {
  const own = parameters(model);
  const store = [...own.values()].find((parameter) => parameter.store)?.store;
  if (!store) throw new EngineError('save', 'the model has no weights', 'Make a ParameterStore over it.');
  const entries = entriesOf(family.weights(model), own, []);
  const [architecture] = family.architectures;
  const full = { model_type: family.type, architectures: [architecture], ...config };
  const shapes = new Map([...entries.values()].flatMap(({ parts }) => parts.map((p) => [p.name, p.shape])));
  try {
    modelType(full, 'save', { [family.type]: family.architectures });
    const float32 = (): Promise<Float32Array> => Promise.reject(new Error('nothing is read'));
    const info = (name: string) => ({ shape: shapes.get(name)! });
    describe(family, full, { names: () => [...shapes.keys()], info, float32 });
  } catch (cause) {
    const what = `config describes another model: ${(cause as Error).message}`;
    throw new DataError('save', what.replace(/\.$/, ''), 'Give that of this model.', { cause });
  }
  const came = { entries, names: new Set<string>(), kept: [] };
  return filesOf({ own, config: full, generationConfig: null, store, ...came }, options);
}

/** How a model came. */
interface Came {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Names that the checkpoint had, in today's spelling. */
  readonly names: ReadonlySet<string>;
  /** Tensors of parts that the model does not have. */
  readonly kept: readonly { readonly name: string; readonly shape: Shape; readonly data: Float32Array }[];
}

interface Saved extends Came {
  readonly own: ReadonlyMap<string, Parameter>;
  readonly config: Json;
  readonly generationConfig: Json | null;
  readonly store: ParameterStore;
}

/** From here on, numbers round to infinity. */
const ENDS = { F32: Infinity, F16: 65520, BF16: 3.3961775292304e38 } as const;

async function filesOf(
  { own, config: given, generationConfig, store, entries, names, kept }: Saved,
  options: SaveOptions,
): Promise<ReadonlyMap<string, Blob>> {
  const { dtype = 'F32', dequantize = false } = options;
  expectOptions('save', options, { dtype, dequantize });
  const words = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;
  if (!Object.hasOwn(words, dtype)) {
    throw new DataError('save', `dtype is ${dtype}`, 'Use F32, F16 or BF16.');
  }
  const packed = [...own.values()].find((parameter) => parameter.packed);
  if (packed && !dequantize) {
    throw new DataError(
      'save',
      `${packed.name} is stored as ${packed.packed}, and what that rounded off does not come back`,
      "Load the model with storage: 'f32' to save it as it came, or say dequantize to save the rounded numbers.",
    );
  }
  const all = await store.readAll('weights');
  const tensors: NamedTensor[] = [];
  const add = (name: string, shape: Shape, data: Float32Array): void => {
    const large = data.find((x) => Math.abs(x) >= ENDS[dtype] && Math.abs(x) < Infinity);
    if (large !== undefined)
      throw new DataError('save', `${name} holds ${large}, too much for ${dtype}`, 'Use F32.');
    tensors.push({ name, shape, dtype, data });
  };
  for (const { name, shape, data } of kept) add(name, shape, data);
  const ours = new Map<string, Float32Array>();
  for (const name of entries.keys()) {
    // By its name in the store, which may be that of a larger module.
    const parameter = own.get(name)!;
    if (parameter.store !== store)
      throw new EngineError('save', `${name} lies in another store`, 'Make one over the whole model.');
    ours.set(name, all.get(parameter.name)!);
  }
  for (const { name, shape, data } of theirTensors(entries, names, ours)) add(name, shape, data);
  const json = (value: Json): Blob => new Blob([`${JSON.stringify(value, null, 2)}\n`]);
  const { torch_dtype, dtype: written, ...config } = given;
  const key = written === undefined || torch_dtype !== undefined ? 'torch_dtype' : 'dtype';
  return new Map([
    ['config.json', json({ ...config, [key]: words[dtype] })],
    ...(generationConfig ? [['generation_config.json', json(generationConfig)] as const] : []),
    ['model.safetensors', safetensorsBlob(tensors, { format: 'pt' })],
  ]);
}

/**
 * Opens a model: config.json says which of `families` it is. Its weights go to the device; a load that fails or is aborted
 * leaves nothing behind.
 *
 * @throws DataError, ShapeError as `describe`; DeviceError where it does not fit.
 */
export function load<F extends AnyFamily>(
  folder: ModelFolder,
  options: LoadOptions<F>,
): Promise<Pretrained<ReturnType<F['build']>>> {
  return loadModel(folder, options, 'To train a new head on it, say newHead.');
}

/** `load`, with what to do where the model is of a type that is given, but has another head. */
export async function loadModel<F extends AnyFamily>(
  folder: ModelFolder,
  options: LoadOptions<F>,
  otherHead: string,
): Promise<Pretrained<ReturnType<F['build']>>> {
  const { device, signal, onProgress, fetch, storage = 'f32', newHead, seed = 0 } = options;
  expectOptions('load', options, { device, families: 0, signal, onProgress, storage, newHead, seed, fetch });
  expectSeed('load', seed);
  throwIfAborted(signal);
  const families = expectFamilies('load', options.families);
  const open = opener(folder, options);
  const found = await jsonOf(open, 'config.json');
  if (!found)
    throw new DataError('config.json', 'it is not there', 'Give the folder of a Hugging Face model.');
  const generationConfig = await jsonOf(open, 'generation_config.json');
  const config = newHead ? withHead(found, newHead, families) : found;
  const more = families.some((one) => one.type === found.model_type) ? ` ${otherHead}` : '';
  const family = familyOf(families, config, more) as unknown as Family<ReturnType<F['build']>>;
  const file = await weightsOf(open, options);
  const described = describe(family, config, file, newHead ? seed : null);
  const { model, entries, weights, source, kept: names, fresh } = described;
  const aborting = signal ? { signal } : {};
  const kept = await Promise.all(
    names.map(async (name) => {
      const { shape } = source.info(name);
      return { name, shape, data: await source.float32(name, aborting) };
    }),
  );
  const store = new ParameterStore(device, model, { init: 'none', storage });
  try {
    const where = `${family.title} checkpoint`;
    await store.load(weights, { where, ...aborting, ...(onProgress && { onProgress }) });
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
  const came = { entries, names: new Set(source.names()), kept };
  return new Pretrained({ model, store, config, generationConfig, came, fresh, map: family.weights(model) });
}

/** A config.json with the settings of a new head, of the first family of its type. */
function withHead(config: Json, newHead: Json, families: readonly AnyFamily[]): Json {
  const family = families.find((one) => one.type === config.model_type);
  if (!family) return config; // modelType says so
  const { id2label, label2id, num_labels, problem_type, ...body } = config;
  const labels = 'id2label' in newHead || 'num_labels' in newHead ? {} : { id2label, label2id, num_labels };
  const given = Object.entries({ ...labels, problem_type }).filter(([, value]) => value !== undefined);
  return { ...body, ...Object.fromEntries(given), ...newHead, architectures: [family.architectures[0]] };
}
