/** Reads a Hugging Face config.json, for models that are opened as they are. */
import { DataError, type Activation } from '../engine/index';
import { PLAIN_WEIGHTS } from './pretrained_checkpoint';

export type Json = Readonly<Record<string, unknown>>;

/** Names of tensors, which bound what a configuration can count. */
export interface Names {
  names(): readonly string[];
}

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu: 'gelu',
  quick_gelu: 'gelu_sigmoid',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

export function numberIn(config: Json, key: string, fallback?: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== 'number') throw new DataError('config.json', `${key} is missing or no number`);
  return value;
}

/** A number, or null where the file has null; `fallback` where it says nothing. */
export function numberOrNullIn(config: Json, key: string, fallback: number | null): number | null {
  const value = config[key] === undefined ? fallback : config[key];
  return value === null ? null : numberIn({ [key]: value }, key);
}

/**
 * The id of padding, whose row of the embedding learns nothing from where it is read; null for none. One below 0 counts from
 * the end of the vocabulary, as in PyTorch.
 */
export function paddingIn(config: Json, fallback: number | null = null): number | null {
  const id = numberOrNullIn(config, 'pad_token_id', fallback);
  return id !== null && id < 0 ? id + numberIn(config, 'vocab_size') : id;
}

/** A number above 0, such as what is added to variances. */
export function positiveIn(config: Json, key: string, fallback: number): number {
  const value = numberIn(config, key, fallback);
  if (value > 0 && value < Infinity) return value;
  throw new DataError('config.json', `${key} is ${value}`, 'It must be finite and above 0.');
}

/** A number of layers, which the file's names bound: each has tensors. */
export function layersIn(config: Json, key: string, file: Names): number {
  const layers = numberIn(config, key);
  const tensors = file.names().length;
  if (Number.isInteger(layers) && layers >= 1 && layers <= tensors) return layers;
  const todo = 'Take the config.json that belongs to these weights.';
  throw new DataError('config.json', `${key} is ${layers}, but the file has ${tensors} tensors`, todo);
}

/** true or false; `fallback` where nothing is said, or null. */
export function flagIn(config: Json, key: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw new DataError('config.json', `${key} is ${JSON.stringify(value)}`, 'It must be true or false.');
}

/**
 * What the classes of a head are called, in order: `id2label`, or as Transformers calls as many as num_labels, `fallback`
 * where nothing is said.
 */
export function labelsIn(config: Json, fallback = 2): string[] {
  const names = (config.id2label ?? null) as Json | null;
  const count = numberIn(config, 'num_labels', names ? Object.keys(names).length : fallback);
  const refuse = (what: string, todo: string): never => {
    throw new DataError('config.json', what, todo);
  };
  if (!(Number.isInteger(count) && count >= 1 && count <= 2 ** 24))
    refuse(`num_labels is ${count}`, 'It must be a whole number of at least 1.');
  if (names && Object.keys(names).length !== count)
    refuse(`num_labels is ${count}, but id2label names ${Object.keys(names).length}`, 'Make them agree.');
  return Array.from({ length: count }, (_, id) => {
    const name = names ? names[id] : `LABEL_${id}`;
    if (typeof name !== 'string') refuse(`id2label has no name for ${id}`, 'Name all ids from 0.');
    return name as string;
  });
}

export function activationIn(config: Json, key: string, fallback: string): Activation {
  const name = config[key] ?? fallback;
  const activation =
    typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (!activation) {
    throw new DataError(
      'config.json',
      `${key} is ${JSON.stringify(name)}`,
      `Known are ${Object.keys(ACTIVATIONS).join(', ')}.`,
    );
  }
  return activation;
}

/** Throws `DataError` for a setting that would change the numbers silently. */
export function refuse(
  config: Json,
  key: string,
  allowed: readonly unknown[],
  todo = 'This variant is not supported.',
): void {
  const value = config[key];
  if (value !== undefined && value !== null && !allowed.includes(value)) {
    throw new DataError('config.json', `${key} is ${JSON.stringify(value)}`, todo);
  }
}

/**
 * The model_type, one of the families that `who` loads, each with its architectures (classes of Transformers). Throws
 * `DataError` for others, and for adapters and quantized weights.
 */
export function modelType<T extends string>(
  config: Json,
  who: string,
  families: Readonly<Record<T, readonly string[]>>,
  more = '',
): T {
  const given: unknown = config;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new DataError('config.json', 'it is no object', 'Pass the parsed file.');
  }
  const { peft_type: adapter, architectures } = config;
  if (adapter !== undefined) {
    throw new DataError(
      'adapter_config.json',
      `this describes an adapter (${JSON.stringify(adapter)}), not a model`,
      'Load its base model, and then the adapter into it: loadPeft of heed/adapters.',
    );
  }
  const quantized = (config.quantization_config ?? config.compression_config) as Json | null | undefined;
  if (quantized) {
    const bits = quantized.load_in_8bit === true || quantized.load_in_4bit === true;
    const method = quantized.quant_method ?? (bits ? 'bitsandbytes' : 'a method without a name');
    throw new DataError(
      'config.json',
      `quantization_config says that the weights are quantized by ${JSON.stringify(method)}`,
      PLAIN_WEIGHTS,
    );
  }
  const type = config.model_type as T;
  if (typeof type !== 'string' || !Object.hasOwn(families, type)) {
    throw new DataError(
      'config.json',
      `model_type is ${JSON.stringify(type)}`,
      `${who} loads ${Object.keys(families)
        .map((name) => JSON.stringify(name))
        .join(' and ')} checkpoints.`,
    );
  }
  // Also named by the libraries that wrote them.
  const known = (name: unknown): boolean =>
    typeof name === 'string' && families[type].includes(name.replace(/^(TF|Flax)/, ''));
  const classes: unknown[] =
    architectures === undefined || architectures === null ? [] : [architectures].flat();
  if (!classes.every(known)) {
    throw new DataError(
      'config.json',
      `architectures is ${JSON.stringify(architectures)}`,
      `${who} loads ${families[type].join(' and ')}: what another class adds would be dropped.${more}`,
    );
  }
  return type;
}
