/** What a model is and what it takes, told by config.json and the headers of its weights: nothing else is read. */
import {
  bytesOfElement,
  DataError,
  EngineError,
  expectOneOf,
  expectOptions,
  imaginedDevice,
  LEAST_CAPABILITIES,
  parameters,
  sizeOf,
  throwIfAborted,
  WEIGHT_STORAGES,
  type Device,
  type TensorSource,
  type WeightStorage,
} from '../../engine/index';
import { expectFamilies, familyOf } from '../family/choose';
import { describe, type AnyFamily, type Family } from '../family/family';
import { jsonOf, opener, weightsOf, type FolderOptions, type ModelFolder } from './folder';
import type { HubFolder } from './hub';
import type { RunSizes } from './inspect_recording';
import { runNeed, trainNeed, type Need } from './need';

/** What `inspect` reckons with. */
export interface InspectOptions extends FolderOptions {
  /** As those of `load`. */
  readonly families: readonly AnyFamily[];
  /** Whose limits count. Default: what every device with WebGPU has. */
  readonly device?: Device;
  /** Tokens of a text, prompt and answer; default 512, or the model's context where that is less. */
  readonly length?: number;
  /** Texts at once. Default 1. */
  readonly batch?: number;
  /** What weights (but those that are trained), caches and activations are stored as. Default 'f32'. */
  readonly dtype?: 'f32' | 'f16';
  /** What weights are stored as to run, as `load` takes it. Default `dtype`. */
  readonly storage?: WeightStorage;
}

/** What a model is and what memory it takes, see `inspect`. */
export interface Inspection {
  /** As people write it; null where no family fits. */
  readonly family: string | null;
  /** `model_type` of config.json. */
  readonly type: string | null;
  /** The class of Transformers that it was saved as; where config.json does not say, the one that it is taken for. */
  readonly architecture: string | null;
  /** Numbers in its weights. */
  readonly parameters: number;
  /** Bytes of its files by dtype. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Why `load` would refuse it; null where it would not. */
  readonly refused: string | null;
  /** Null where `load` would refuse it. */
  readonly run: Need | null;
  readonly train: Need | null;
}

/**
 * Inspects a folder; of one that `hub` made, weights are not downloaded into its cache. What running and training take is
 * found by recording both as they would be, with AdamW over all weights, and planning their memory without having any.
 *
 * @throws DataError where config.json or weights are not there or damaged; EngineError for options that cannot be.
 */
export async function inspect(source: ModelFolder, options: InspectOptions): Promise<Inspection> {
  const { device, length, batch = 1, dtype = 'f32', storage = dtype, signal, fetch } = options;
  expectOptions('inspect', options, { families: 0, device, length, batch, dtype, storage, signal, fetch });
  expectOneOf('inspect', 'dtype', dtype, ['f32', 'f16']);
  expectOneOf('inspect', 'storage', storage, WEIGHT_STORAGES);
  for (const [name, n] of Object.entries({ length: length ?? 1, batch }))
    if (!Number.isSafeInteger(n) || n < 1)
      throw new EngineError('inspect', `${name} is ${n}`, 'Use a whole number ≥ 1.');
  const families = expectFamilies('inspect', options.families);
  const folder = typeof source === 'function' && 'peek' in source ? (source as HubFolder).peek : source;
  const open = opener(folder, options);
  const config = await jsonOf(open, 'config.json');
  if (!config)
    throw new DataError('config.json', 'it is not there', 'Give the folder of a Hugging Face model.');
  const file = await weightsOf(open, options);
  throwIfAborted(signal);
  const [architecture = null] = [config.architectures].flat();
  const whole = {
    type: typeof config.model_type === 'string' ? config.model_type : null,
    architecture: typeof architecture === 'string' ? architecture : null,
    ...contentOf(file),
  };
  let family: Family<object> | null = null;
  let model: object;
  try {
    family = familyOf(families, config);
    ({ model } = describe(family, config, file));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...whole, family: family?.title ?? null, refused: error.message, run: null, train: null };
  }
  const can = device?.can ?? { ...LEAST_CAPABILITIES, f16: dtype === 'f16' || storage === 'f16' };
  const measuring = imaginedDevice(can);
  const sizes: RunSizes = { batch, dtype, length: length ?? Math.min(512, contextOf(model)) };
  return {
    ...whole,
    family: family.title,
    architecture: whole.architecture ?? family.architectures[0],
    parameters: [...parameters(model).values()].reduce((sum, { size }) => sum + size, 0),
    refused: null,
    run: runNeed(measuring, model, sizes, storage),
    train: trainNeed(measuring, model, sizes),
  };
}

/** Numbers in the files, and their bytes by dtype, of those that this version of the format has. */
function contentOf(file: TensorSource): { parameters: number; bytes: Record<string, number> } {
  const bytes: Record<string, number> = {};
  let numbers = 0;
  for (const name of file.names()) {
    const { dtype, shape } = file.info(name);
    const each = bytesOfElement(dtype);
    if (each !== null) bytes[dtype] = (bytes[dtype] ?? 0) + sizeOf(shape) * each;
    numbers += sizeOf(shape);
  }
  return { parameters: numbers, bytes };
}

/** The longest text that a model takes; 512 for one that does not say. */
function contextOf(model: object): number {
  const { context } = (model as { readonly config?: { readonly context?: unknown } }).config ?? {};
  return typeof context === 'number' ? context : 512;
}
