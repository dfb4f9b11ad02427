/** Adapters of PEFT in a model: made by its settings, or from its folders. */
import {
  adapt,
  DataError,
  expectOptions,
  formatShape,
  openSafetensors,
  sameShape,
  ShapeError,
  throwIfAborted,
  type Adapter,
  type Shape,
  type Tokenizer,
  type WeightSource,
} from '../../engine/index';
import type { Pretrained } from '../family/load';
import { jsonOf, opener, type FolderOptions, type ModelFolder } from '../files/folder';
import { reordered } from '../pretrained_checkpoint';
import type { Json } from '../pretrained_config';
import { plainName } from './file_names';
import { modulesOf, type TheirModules } from './modules';
import { transposed, type PeftPlan, type PeftTensor } from './peft_tensor';
import { PROMPTS } from './prompt_plan';
import { planOf } from './plan';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

/** Whether the class of Transformers is one without a head. */
export function isBare({ config }: Pretrained<object>): boolean {
  const [name] = [config.architectures].flat();
  return typeof name === 'string' && /Model$/.test(name) && !/(LMHead|DoubleHeads|MT)Model$/.test(name);
}

/** How `adaptPeft` begins. */
export interface AdaptPeftOptions {
  /** Seed of the adapter's first values. Default 0. */
  readonly seed?: number;
  /** The base's own, for virtual tokens that begin as a text (`prompt_tuning_init` TEXT). Default null. */
  readonly tokenizer?: Tokenizer | null;
}

/**
 * An adapter in a model that `load` opened, by the settings that PEFT has, as `get_peft_model`: names of modules are those of
 * Transformers.
 *
 *     const adapter = await adaptPeft(loaded, { peft_type: 'LORA', r: 8, target_modules: 'all-linear' });
 *
 * `config` is what adapter_config.json says. What it adds begins at nothing: a `Run` trains it, and `savePeft` gives it to PEFT.
 *
 * @throws DataError for settings that cannot be, are unknown or not done, by their names; for modules that the model does not
 * have, with the nearest; as `adapt` otherwise. The model is then as it was.
 */
export async function adaptPeft<M extends object>(
  loaded: Pretrained<M & { readonly config: object }>,
  config: Json,
  options: AdaptPeftOptions = {},
): Promise<Adapter> {
  const { seed = 0, tokenizer = null } = options;
  expectOptions('adaptPeft', options, { seed, tokenizer });
  const modules = modulesOf(loaded, isBare(loaded));
  const { layers } = planOf(config, modules, loaded.model, { saved: false, tokenizer });
  return adapt(loaded.model, layers, { seed });
}

/** How `loadPeft` reads. */
export interface LoadPeftOptions {
  readonly signal?: AbortSignal;
  /** Instead of the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * An adapter that PEFT saved (adapter_config.json, adapter_model.safetensors), in a model that `load` opened. `folder` is what
 * `load` takes: an address, `hub('owner/name')`, chosen files, a function that finds a file.
 *
 *     using adapter = await loadPeft(loaded, hub('owner/name', { cache }));
 *
 * It can be trained on, merged and taken out again: see `adapt`.
 *
 * @throws DataError as `adaptPeft`, and for files that are not there, or of another base: tensors that are missing or left over,
 * by their names; ShapeError where one has another shape than the model makes it. Nothing has changed then.
 */
export async function loadPeft<M extends object>(
  loaded: Pretrained<M & { readonly config: object }>,
  folder: ModelFolder,
  options: LoadPeftOptions = {},
): Promise<Adapter> {
  const { signal, fetch } = options;
  expectOptions('loadPeft', options, { signal, fetch });
  throwIfAborted(signal);
  const given: FolderOptions = { ...(signal && { signal }), ...(fetch && { fetch }) };
  const open = opener(folder, given);
  const config = await jsonOf(open, CONFIG);
  if (!config) throw new DataError(CONFIG, 'it is not there', 'Give the folder of an adapter of PEFT.');
  const file = await open(WEIGHTS);
  if (file === null) {
    const todo = 'Heed reads adapters in safetensors files: save it as such.';
    throw new DataError(WEIGHTS, 'it is not there', todo);
  }
  const learnsPrompts = PROMPTS.includes(config.peft_type as string) || config.peft_type === 'PREFIX_TUNING';
  const source = plainNames(await openSafetensors(file, given), learnsPrompts);
  const modules = modulesOf(loaded, bareIn(loaded, source.names()));
  const plan = planOf(config, modules, loaded.model);
  const { layers } = plan;
  const found = foundIn(source, plan, config, modules);
  await expectUnchanged(loaded, source, plan, given);
  const adapter = await adapt(loaded.model, layers);
  try {
    const { store } = adapter;
    const theirs = await readEach(source, new Set(found.values()), signal);
    const all = await store.readAll('weights');
    const written = new Map<string, Uint32Array | null>();
    for (const [{ ours, from, order, columns, rows, picked, turned, shape }, name] of found) {
      const whole = theirs.get(name)!;
      if (picked) {
        spread(whole, all.get(ours)!, picked, store.parameters.get(ours)!.shape);
        written.set(ours, order);
        continue;
      }
      const some = rows === undefined ? whole : whole.subarray(0, rows * shape[1]);
      const data = turned ? transposed(some, shape) : some;
      all.get(ours)!.set(columns ? columnsOf(data, source.info(name).shape[1], ...columns) : data, from);
      written.set(ours, order);
    }
    throwIfAborted(signal);
    for (const [ours, order] of written) {
      const data = all.get(ours)!;
      store.write(ours, order ? reordered(data, order) : data);
    }
    await loaded.store.device.idle();
  } catch (error) {
    adapter[Symbol.dispose]();
    throw error;
  }
  return adapter;
}

/** Tensors of a file by name, each read once: one of prefixes holds the rows of every layer. */
async function readEach(
  source: WeightSource,
  names: Iterable<string>,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Float32Array>> {
  const read = new Map<string, Float32Array>();
  for (const name of names) {
    throwIfAborted(signal);
    read.set(name, await source.float32(name, signal ? { signal } : {}));
  }
  return read;
}

/** Makes of some rows, or columns, of a table (N, M) all of them: the others are zeros. */
function spread(
  some: Float32Array,
  all: Float32Array,
  { axis, at }: NonNullable<PeftTensor['picked']>,
  [rows, columns = 1]: Shape,
): void {
  all.fill(0);
  for (const [k, n] of at.entries()) {
    if (axis === 0) all.set(some.subarray(k * columns, (k + 1) * columns), n * columns);
    else for (let row = 0; row < rows; row++) all[row * columns + n] = some[row * at.length + k];
  }
}

/** Some columns of a table of `all`. */
function columnsOf(table: Float32Array, all: number, from: number, count: number): Float32Array {
  return Float32Array.from(
    { length: (table.length / all) * count },
    (_, i) => table[Math.floor(i / count) * all + from + (i % count)],
  );
}

/** A file's tensors without `base_model.model.`, and without what PEFT 0.10 writes of the base beside what was learnt. */
function plainNames(file: WeightSource, prompts: boolean): WeightSource {
  const names = new Map<string, string>();
  for (const name of file.names()) {
    const plain = plainName(name, prompts);
    if (/\.(original_module|modules_to_save)\./.test(plain)) continue; // the latter are there by their own names, too
    names.set(plain, name);
  }
  return {
    names: () => [...names.keys()],
    info: (name) => file.info(names.get(name)!),
    float32: (name, options) => file.float32(names.get(name)!, options),
  };
}

/** Whether a file is of the class without a head, whose names lack a beginning. */
function bareIn(loaded: Pretrained<object>, names: readonly string[]): boolean {
  const { prefix = '' } = loaded.map;
  return prefix !== '' && !names.some((name) => name.startsWith(prefix));
}

/** How far a file's copy of a table may be from the base's, relatively: rounding, of either. */
const ROUNDED = { plain: 5e-3, packed: 0.2 };

/** Throws `DataError` where a file has tables of the base that are others than the model's. */
async function expectUnchanged(
  { store }: Pretrained<object>,
  source: WeightSource,
  { unchanged = new Map() }: PeftPlan,
  options: { readonly signal?: AbortSignal },
): Promise<void> {
  for (const [name, { ours, from, order, shape, parameter }] of unchanged) {
    if (!source.names().includes(name)) continue;
    const refuse = (what: string): never => {
      throw new DataError(
        WEIGHTS,
        `${name} is ${what}`,
        'It was learnt, or is of another base: merge it in PEFT.',
      );
    };
    if (!sameShape(source.info(name).shape, shape)) refuse(`${formatShape(source.info(name).shape)} there`);
    const theirs = await source.float32(name, options);
    const all = await store.read(ours);
    const own = (order ? reordered(all, order, true) : all).subarray(from, from + theirs.length);
    let [lost, size] = [0, 0];
    for (let i = 0; i < own.length; i++) {
      lost += (theirs[i] - own[i]) ** 2;
      size += own[i] ** 2;
    }
    const most = parameter.packed ? ROUNDED.packed : ROUNDED.plain;
    if (!(lost <= most ** 2 * size)) refuse("other numbers than the model's");
  }
}

/** The file's name of each tensor that it has. Throws for what is missing, left over or of another shape. */
function foundIn(
  source: WeightSource,
  { tensors, unchanged }: PeftPlan,
  config: Json,
  modules: TheirModules,
): Map<PeftTensor, string> {
  const there = new Set(source.names());
  const found = new Map<PeftTensor, string>();
  const missing: string[] = [];
  for (const tensor of tensors) {
    const name = tensor.names.find((one) => there.has(one));
    if (name !== undefined) found.set(tensor, name);
    else if (!tensor.optional) missing.push(tensor.names[0]);
  }
  const known = new Set([...tensors.flatMap(({ names }) => names), ...(unchanged?.keys() ?? [])]);
  const left = [...there].filter((name) => !known.has(name));
  if (missing.length > 0 || left.length > 0) {
    const some = (names: readonly string[]): string =>
      names.length === 0 ? '' : ` (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`;
    const foreign = left.find((name) => !modules.names.some((module) => name.startsWith(`${module}.`)));
    const base = config.base_model_name_or_path;
    const from = typeof base === 'string' && base !== '' ? `: it was made for ${base}` : '';
    throw new DataError(
      WEIGHTS,
      `${missing.length} tensors are missing${some(missing)}, ${left.length} have no place${some(left)}`,
      foreign === undefined
        ? `Give the adapter_config.json that belongs to it, and its base model${from}.`
        : `The model has no ${foreign}: load the adapter's base model${from}.`,
    );
  }
  for (const [{ shape, ours }, name] of found) {
    const is = source.info(name).shape;
    if (sameShape(is, shape)) continue;
    const what = `${name} is ${formatShape(is)} there, but ${formatShape(shape)} by the model and ${CONFIG}`;
    throw new ShapeError(WEIGHTS, what, `It is for another base: here it would be ${ours}.`);
  }
  return found;
}
