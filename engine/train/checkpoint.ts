/**
 * A training checkpoint is one safetensors file: weights under their own names (so any reader finds a plain model),
 * moments under `optimizer.first.` and `optimizer.second.`, and everything else as strings in its metadata. That is
 * three times the weights. Where a run averages its last k evaluations (`FitOptions.keepLast`), the weights of the k - 1
 * before lie under `average.STEP.` as F16: half of the weights more for each.
 */
import { DataError, ShapeError } from '../errors';
import { formatShape, sameShape } from '../graph/tensor';
import { openSafetensors, saveSafetensors, type NamedTensor, type TensorSource } from '../io/safetensors';
import type { ParameterStore } from '../nn/parameter_store';
import type { Objective } from './objective';
import type { AdamWOptions } from './optimizer';
import type { Schedule } from './schedule';

const FORMAT = 'heed.train.2';
/** The same without moments: what `averageWeights` makes, to run with or to start from, not to resume. */
export const WEIGHTS_FORMAT = 'heed.weights.2';
const MOMENTS = ['first', 'second'] as const;
/** Whether a tensor of a checkpoint is what training goes on with (moments, earlier weights), and no weight. */
export const isTrainingState = (name: string): boolean => /^(optimizer|average)\./.test(name);
const momentName = (which: (typeof MOMENTS)[number], name: string): string => `optimizer.${which}.${name}`;
/** A weight as it was at an evaluation. */
export const snapshotName = (step: number, name: string): string => `average.${step}.${name}`;
/** The opposite; null for other tensors. */
export function snapshotStep(name: string): number | null {
  const [, step] = /^average\.(\d+)\./.exec(name) ?? [];
  return step === undefined ? null : Number(step);
}

/** Strings that ride along: 'tokenizer' as JSON, the name of the text, anything an app wants back. */
export type CheckpointExtras = Readonly<Record<string, string>>;

/** What a checkpoint says about the run that wrote it. */
export interface CheckpointInfo {
  /** Number of the next update. */
  readonly step: number;
  readonly seed: number;
  readonly accumulate: number;
  /** Of a language model: its batch and length. Otherwise the `identity` of its objective. */
  readonly objective: Objective<unknown>['identity'];
  readonly schedule: Schedule;
  readonly optimizer: AdamWOptions;
  readonly config: Readonly<Record<string, unknown>>;
  /** Evaluations so far, if `Run` wrote it. */
  readonly progress: FitProgress | null;
  readonly extras: CheckpointExtras;
}

/** What early stopping and best-keeping know: a resumed run goes on with it. */
export interface FitProgress {
  /** Which metric that is; files of older versions do not say. */
  readonly monitor?: { readonly metric: string; readonly mode: 'min' | 'max' };
  /** The best evaluation by the metric watched. */
  readonly best: { readonly step: number; readonly value: number } | null;
  /** Evaluations since then. */
  readonly stale: number;
  /** The step of the last one, -1 for none. */
  readonly evaluated: number;
}

/** The part of a trainer that a checkpoint is made from. */
interface Checkpointed {
  readonly step: number;
  readonly store: ParameterStore;
  readonly model: { readonly config: object };
  readonly options: {
    readonly seed: number;
    readonly accumulate: number;
    readonly objective: { readonly identity: Objective<unknown>['identity'] };
    readonly schedule: Schedule;
    readonly optimizer: { readonly options: AdamWOptions };
  };
}

export async function writeCheckpoint(
  trainer: Checkpointed,
  extras: CheckpointExtras,
  progress: FitProgress | null = null,
  snapshots: readonly NamedTensor[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const { store, options } = trainer;
  const info = {
    step: trainer.step,
    seed: options.seed,
    accumulate: options.accumulate,
    objective: options.objective.identity,
    schedule: options.schedule,
    optimizer: options.optimizer.options,
    config: trainer.model.config,
    progress,
  };
  // All three copies are queued before any is awaited, so they belong to one moment.
  const [weights, first, second] = await Promise.all([
    store.readAll('weights'),
    store.readAll('first'),
    store.readAll('second'),
  ]);
  const tensors: NamedTensor[] = [...snapshots];
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

/** Reads what a checkpoint (or the mean of several) is, without its weights: to build the right model and tokenizer before loading it. */
export async function checkpointInfo(file: Uint8Array | ArrayBuffer | Blob): Promise<CheckpointInfo> {
  return infoOf(await openSafetensors(file));
}

function infoOf(source: TensorSource): CheckpointInfo {
  const { format, run, extras } = source.metadata;
  if ((format !== FORMAT && format !== WEIGHTS_FORMAT) || run === undefined) {
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
  if (source.metadata.format === WEIGHTS_FORMAT) {
    throw new DataError(
      'checkpoint',
      'it holds weights but no optimizer state, so training cannot go on from it as it was',
      'To start a new training from its weights, load them with ParameterStore.load.',
    );
  }
  const { store } = trainer;
  const { seed, accumulate, objective } = trainer.options;
  for (const [key, ours] of Object.entries({ seed, accumulate, ...objective.identity })) {
    const theirs = { ...info.objective, seed: info.seed, accumulate: info.accumulate }[key];
    if (theirs !== ours) {
      throw new DataError(
        'checkpoint',
        `it was trained with ${key} ${theirs ?? 'not given'} but this trainer has ${ours}`,
        'Create the trainer from checkpointInfo(file), so that training continues as it was.',
      );
    }
  }
  const names = new Set(source.names());
  const missing = [...store.parameters.keys()].filter((name) => !names.has(name));
  const foreign = [...names].filter((name) => !isTrainingState(name) && !store.parameters.has(name));
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
      for (const name of trained) {
        const data = await source.float32(momentName(which, name));
        const { size } = store.parameters.get(name)!;
        if (data.length !== size) {
          throw new ShapeError(
            'checkpoint',
            `${momentName(which, name)} holds ${data.length} numbers, but ${name} has ${size}`,
            'The file is damaged: use another copy.',
          );
        }
        all.set(name, data);
      }
      return [which, all] as const;
    }),
  );
  for (const [name, data] of weights) store.write(name, data);
  for (const [which, all] of moments) store.writeMoments(which, all);
  return info;
}
