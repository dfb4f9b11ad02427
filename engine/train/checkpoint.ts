/**
 * A training checkpoint is one safetensors file: weights under their own names (so any reader finds a plain model),
 * moments under `optimizer.first.` and `optimizer.second.`, and everything else as strings in its metadata.
 */
import { DataError, ShapeError } from '../errors';
import { formatShape, sameShape } from '../graph/tensor';
import { openSafetensors, saveSafetensors, type NamedTensor, type TensorSource } from '../io/safetensors';
import type { ParameterStore } from '../nn/parameter_store';
import type { AdamWOptions } from './optimizer';
import type { Schedule } from './schedule';

const FORMAT = 'heed.train.1';
const MOMENTS = ['first', 'second'] as const;
const momentName = (which: (typeof MOMENTS)[number], name: string): string => `optimizer.${which}.${name}`;

/** Strings that ride along: 'tokenizer' as JSON, the name of the text, anything an app wants back. */
export type CheckpointExtras = Readonly<Record<string, string>>;

/** What a checkpoint says about the run that wrote it. */
export interface CheckpointInfo {
  /** Number of the next update. */
  readonly step: number;
  readonly seed: number;
  readonly batch: number;
  readonly length: number;
  readonly accumulate: number;
  readonly schedule: Schedule;
  readonly optimizer: AdamWOptions;
  readonly config: Readonly<Record<string, unknown>>;
  readonly extras: CheckpointExtras;
}

/** The part of a trainer that a checkpoint is made from. */
interface Checkpointed {
  readonly step: number;
  readonly store: ParameterStore;
  readonly model: { readonly config: object };
  readonly options: {
    readonly seed: number;
    readonly batch: number;
    readonly length: number;
    readonly accumulate: number;
    readonly schedule: Schedule;
    readonly optimizer: { readonly options: AdamWOptions };
  };
}

export async function writeCheckpoint(
  trainer: Checkpointed,
  extras: CheckpointExtras,
): Promise<Uint8Array<ArrayBuffer>> {
  const { store, options } = trainer;
  const info = {
    step: trainer.step,
    seed: options.seed,
    batch: options.batch,
    length: options.length,
    accumulate: options.accumulate,
    schedule: options.schedule,
    optimizer: options.optimizer.options,
    config: trainer.model.config,
  };
  // All three copies are queued before any is awaited, so they belong to one moment.
  const [weights, first, second] = await Promise.all([
    store.readAll('weights'),
    store.readAll('first'),
    store.readAll('second'),
  ]);
  const tensors: NamedTensor[] = [];
  const put = (name: string, key: string, data: Float32Array | undefined): void => {
    if (data) tensors.push({ name, dtype: 'F32', shape: store.parameters.get(key)!.shape, data });
  };
  for (const key of store.parameters.keys()) {
    put(key, key, weights.get(key));
    put(momentName('first', key), key, first.get(key));
    put(momentName('second', key), key, second.get(key));
  }
  return saveSafetensors(tensors, {
    format: FORMAT,
    run: JSON.stringify(info, (_, value: unknown) => (value === Infinity ? 'Infinity' : value)),
    extras: JSON.stringify(extras),
  });
}

/** Reads what a checkpoint is, without its weights: to build the right model and tokenizer before loading it. */
export async function checkpointInfo(file: Uint8Array | ArrayBuffer | Blob): Promise<CheckpointInfo> {
  return infoOf(await openSafetensors(file));
}

function infoOf(source: TensorSource): CheckpointInfo {
  const { format, run, extras } = source.metadata;
  if (format !== FORMAT || run === undefined) {
    throw new DataError(
      'checkpoint',
      `this safetensors file is no training checkpoint of Heed (format ${format ?? 'none'}, want ${FORMAT})`,
      'To start from plain weights, load them with ParameterStore.load.',
    );
  }
  try {
    const info = JSON.parse(run) as Omit<CheckpointInfo, 'extras'>;
    const optimizer = Object.fromEntries(Object.entries(info.optimizer).map(([k, v]) => [k, Number(v)]));
    return { ...info, optimizer, extras: JSON.parse(extras ?? '{}') as CheckpointExtras };
  } catch (cause) {
    throw new DataError('checkpoint', 'its description of the run is damaged', 'Use another copy.', {
      cause,
    });
  }
}

/** Loads weights and moments into a trainer's store. Everything is read and checked before anything is written. */
export async function readCheckpoint(
  file: Uint8Array | ArrayBuffer | Blob,
  trainer: Checkpointed,
): Promise<CheckpointInfo> {
  const source = await openSafetensors(file);
  const info = infoOf(source);
  const { store } = trainer;
  for (const key of ['seed', 'batch', 'length', 'accumulate'] as const) {
    if (info[key] !== trainer.options[key]) {
      throw new DataError(
        'checkpoint',
        `it was trained with ${key} ${info[key]} but this trainer has ${trainer.options[key]}`,
        'Create the trainer from checkpointInfo(file), so that training continues as it was.',
      );
    }
  }
  const names = new Set(source.names());
  const missing = [...store.parameters.keys()].filter((name) => !names.has(name));
  const foreign = [...names].filter((name) => !name.startsWith('optimizer.') && !store.parameters.has(name));
  if (missing.length + foreign.length > 0) {
    throw new DataError(
      'checkpoint',
      `${missing.length} parameters are missing (${missing.slice(0, 3).join(', ')}), ` +
        `${foreign.length} unexpected (${foreign.slice(0, 3).join(', ')})`,
      'It belongs to a model of another shape: create the model from checkpointInfo(file).config.',
    );
  }
  for (const [name, { shape }] of store.parameters) {
    const found = source.info(name).shape;
    if (!sameShape(found, shape)) {
      throw new ShapeError(
        'checkpoint',
        `${name} is ${formatShape(found)} there but ${formatShape(shape)} here`,
        'Create the model from checkpointInfo(file).config.',
      );
    }
  }
  const trained = store.blocks.flatMap((b) => (b.moments ? b.members.map((m) => m.name) : []));
  const weights = new Map<string, Float32Array>();
  for (const name of store.parameters.keys()) weights.set(name, await source.float32(name));
  const moments = await Promise.all(
    MOMENTS.map(async (which) => {
      const all = new Map<string, Float32Array>();
      for (const name of trained) all.set(name, await source.float32(momentName(which, name)));
      return [which, all] as const;
    }),
  );
  for (const [name, data] of weights) store.write(name, data);
  for (const [which, all] of moments) store.writeMoments(which, all);
  return info;
}
