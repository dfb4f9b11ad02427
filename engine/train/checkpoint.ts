/**
 * A training checkpoint is one safetensors file: weights under their own names (so any reader finds a plain model),
 * moments under `optimizer.first.` and `optimizer.second.` (AdaLoRA's `optimizer.importance.` and `optimizer.uncertainty.`), what the objective carries along (`Objective.state`) under
 * `objective.`, with f16 the loss scale as `optimizer.loss_scale`, and
 * everything else as strings in its metadata. That is three times the weights. Where a run averages its last k evaluations
 * (`FitOptions.keepLast`), the weights of the k - 1 before lie under `average.STEP.` as F16: half of the weights more for
 * each.
 */
import { DataError, isSeed, ShapeError } from '../errors';
import { formatShape, sameShape, sizeOf } from '../graph/tensor';
import { openSafetensors, saveSafetensors, type NamedTensor, type TensorSource } from '../io/safetensors';
import { elementCount, isFloat } from '../io/safetensors_header';
import { inTodaysNames } from '../nn/former_names';
import type { MomentName, ParameterStore } from '../nn/parameter_store';
import { allRead } from '../runtime/transfer';
import { FIRST_SCALE } from '../shaders/loss_scale/loss_scale';
import type { Objective } from './objective';
import type { Adversary } from './adversarial';
import type { AdamWOptions, Optimizer, SGDOptions } from './optimizer';
import type { Rates } from './rates';
import { checkSchedule, type Schedule } from './schedule';

const FORMAT = 'heed.train.2';
/** The same without moments: what `averageWeights` makes, to run with or to start from, not to resume. */
export const WEIGHTS_FORMAT = 'heed.weights.2';
/** The loss scale of f16 training, and updates since it changed. */
const LOSS_SCALE = 'optimizer.loss_scale';
/** Whether a tensor of a checkpoint is what training goes on with (moments, earlier weights), and no weight. */
export const isTrainingState = (name: string): boolean => /^(optimizer|average|objective)\./.test(name);
const stateName = (name: string): string => `objective.${name}`;
const momentName = (which: MomentName, name: string): string => `optimizer.${which}.${name}`;
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
  /** The `identity` of its objective: of `nextToken`, its batch and length. */
  readonly objective: Objective<unknown>['identity'];
  readonly schedule: Schedule;
  /** What `new AdamW` or `new SGD` takes, whichever it was. */
  readonly optimizer: AdamWOptions & SGDOptions;
  readonly optimizerKind: Optimizer['kind'];
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
  readonly best: {
    readonly step: number;
    readonly value: number;
    /** The number that chose it: the metric watched, or what stands in for it; files of older versions do not say. */
    readonly by?: string;
    /** All numbers of that evaluation. */
    readonly metrics?: Readonly<Record<string, number>>;
  } | null;
  /** Evaluations since then. */
  readonly stale: number;
  /** The step of the last one, -1 for none. */
  readonly evaluated: number;
}

/** The part of a trainer that a checkpoint is made from. */
interface Checkpointed {
  readonly step: number;
  readonly store: ParameterStore;
  /** Of the objective. */
  readonly state: ParameterStore | null;
  /** Of f16 training. */
  readonly lossScale: ParameterStore | null;
  /** What training remembers of each number. */
  readonly moments: readonly MomentName[];
  readonly trained: { readonly config: object };
  readonly options: {
    readonly seed: number;
    readonly accumulate: number;
    readonly objective: { readonly identity: Objective<unknown>['identity'] };
    readonly schedule: Schedule;
    readonly optimizer: Pick<Optimizer, 'kind' | 'options'>;
    readonly rates: Rates;
    readonly adversarial: Adversary | null;
  };
}

/** What must be the same for a checkpoint to go on with the same losses, besides what is spelt out in it. */
function identityOf({
  objective,
  rates,
  adversarial,
}: Checkpointed['options']): Objective<unknown>['identity'] {
  return {
    ...objective.identity,
    ...(Object.keys(rates).length > 0 && { rates: JSON.stringify(rates) }),
    ...(adversarial && { adversarial: adversarial.identity }),
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
    objective: identityOf(options),
    schedule: options.schedule,
    optimizer: options.optimizer.options,
    optimizerKind: options.optimizer.kind,
    config: trainer.trained.config,
    progress,
  };
  // All copies are queued before any is awaited, so they belong to one moment.
  const [weights, moments, state, scale] = await allRead([
    store.readAll('weights'),
    allRead(trainer.moments.map((moment) => store.readAll(moment))),
    trainer.state?.readAll('weights') ?? Promise.resolve(new Map<string, Float32Array>()),
    trainer.lossScale?.read('scale') ?? Promise.resolve(undefined),
  ]);
  const tensors: NamedTensor[] = [...snapshots];
  const put = (name: string, key: string, data: Float32Array | undefined): void => {
    if (data) tensors.push({ name, dtype: 'F32', shape: store.parameters.get(key)!.shape, data });
  };
  for (const key of store.parameters.keys()) {
    put(key, key, weights.get(key));
    for (const [i, moment] of trainer.moments.entries())
      put(momentName(moment, key), key, moments[i].get(key));
  }
  for (const [name, data] of state) {
    const { shape } = trainer.state!.parameters.get(name)!;
    tensors.push({ name: stateName(name), dtype: 'F32', shape, data });
  }
  if (scale) tensors.push({ name: LOSS_SCALE, dtype: 'F32', shape: [2], data: scale });
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
  const info = parsed<Omit<CheckpointInfo, 'extras'>>(run);
  const found = parsed<CheckpointExtras>(extras ?? '{}');
  const { config, optimizer } = info;
  const progress = (info.progress as FitProgress | null | undefined) ?? null;
  const checks: Readonly<Record<string, boolean>> = {
    step: isCount(info.step, 0),
    seed: isSeed(info.seed),
    accumulate: isCount(info.accumulate, 1),
    objective: isRecord(info.objective) && Object.values(info.objective).every(isPlain),
    schedule: isRecord(info.schedule),
    optimizer:
      isRecord(optimizer) && Object.values(optimizer).every((x) => isPlain(x) || typeof x === 'boolean'),
    optimizerKind: ['adamw', 'sgd', undefined].includes(info.optimizerKind),
    config: isRecord(config),
    progress: progress === null || isProgress(progress),
    extras: isExtras(found),
  };
  const wrong = Object.keys(checks).find((name) => !checks[name]);
  if (wrong !== undefined) throw damaged(`${wrong} is damaged`);
  checkSchedule(info.schedule);
  expectSizes(config, source);
  const numbers = Object.entries(optimizer).map(([k, v]: [string, unknown]) => [
    k,
    typeof v === 'boolean' ? v : Number(v),
  ]);
  const kind = info.optimizerKind as CheckpointInfo['optimizerKind'] | undefined; // older files are all AdamW's
  return {
    ...info,
    progress,
    optimizer: Object.fromEntries(numbers) as CheckpointInfo['optimizer'],
    optimizerKind: kind ?? 'adamw',
    extras: found,
  };
}

function damaged(what: string, cause?: unknown): DataError {
  return new DataError('checkpoint', `its description of the run is damaged: ${what}`, 'Use another copy.', {
    cause,
  });
}

function parsed<T>(json: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw damaged(reasonOf(cause), cause);
  }
  if (!isRecord(value)) throw damaged('it is no object');
  return value as T;
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;
const isPlain = (value: unknown): boolean => typeof value === 'number' || typeof value === 'string';

/** Whether they are strings, as all that rides along is. */
export const isExtras = (value: unknown): value is CheckpointExtras =>
  isRecord(value) && Object.values(value).every((extra) => typeof extra === 'string');

function isProgress({ monitor, best, stale, evaluated }: FitProgress): boolean {
  const metrics = best?.metrics ?? {};
  return (
    isCount(stale, 0) &&
    isCount(evaluated, -1) &&
    (monitor === undefined ||
      (isRecord(monitor) && typeof monitor.metric === 'string' && ['min', 'max'].includes(monitor.mode))) &&
    (best === null ||
      (isRecord(best) &&
        isCount(best.step, 0) &&
        (typeof best.value === 'number' || best.value === null) &&
        ['string', 'undefined'].includes(typeof best.by) &&
        isRecord(metrics)))
  );
}

/** Layers and numbers of a table that a description may ask for, whatever its file holds: layers may share tensors. */
const LAYERS = 10_000;
const TABLE = 2 ** 26;

/** Refuses many more layers than the file has tensors, and tables much larger than each of them. */
function expectSizes(config: CheckpointInfo['config'], source: TensorSource): void {
  const names = source.names();
  const largest = names.reduce((most, name) => Math.max(most, elementCount(source.info(name).shape)), 0);
  for (const [key, value] of Object.entries(config)) {
    const layers = /layers$/i.test(key);
    const table = /^(vocabulary|sourceVocabulary|hidden)$/.test(key);
    if (typeof value !== 'number' || !(layers || table)) continue;
    const most = layers ? Math.max(LAYERS, names.length) : Math.max(TABLE, largest) / Number(config['width']);
    if (value > most) throw damaged(`${key} is ${value}, more than its ${names.length} tensors allow`);
  }
}

/** A tensor of a checkpoint, and the parameter that it is of. */
interface Part {
  readonly name: string;
  readonly size: number;
  readonly from: string;
  readonly moment: MomentName | null;
}

/** A setting as files hold it. */
const plain = (value: unknown): string | undefined => (value === undefined ? value : JSON.stringify(value));

/** Loads weights and moments into a trainer's store. All is checked before anything is written, and then streams. */
export async function readCheckpoint(
  file: Uint8Array | ArrayBuffer | Blob,
  trainer: Checkpointed,
): Promise<CheckpointInfo> {
  const source = inTodaysNames(await openSafetensors(file), trainer.trained);
  const info = infoOf(source);
  if (source.metadata.format === WEIGHTS_FORMAT) {
    throw new DataError(
      'checkpoint',
      'it holds weights but no optimizer state, so training cannot go on from it as it was',
      'To start a new training from its weights, load them with ParameterStore.load.',
    );
  }
  const { store } = trainer;
  const { seed, accumulate, optimizer } = trainer.options;
  const wanted: Readonly<Record<string, string | number | undefined>> = {
    ...{ seed, accumulate, optimizer: optimizer.kind, rates: undefined, adversarial: undefined },
    ...identityOf(trainer.options),
  };
  for (const [key, ours] of Object.entries(wanted)) {
    const { seed, accumulate, optimizerKind } = info;
    const theirs = { ...info.objective, seed, accumulate, optimizer: optimizerKind }[key];
    if (theirs !== ours) {
      throw new DataError(
        'checkpoint',
        `it was trained with ${key} ${theirs ?? 'not given'} but this trainer has ${ours ?? 'none'}`,
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
  for (const [key, theirs] of Object.entries(info.config)) {
    const ours = plain(Reflect.get(trainer.trained.config, key));
    // Options that older files have not are new, and 'recompute' changes no number.
    if (ours === undefined || key === 'recompute' || ours === plain(theirs)) continue;
    throw new DataError(
      'checkpoint',
      `it is of a model with ${key} ${plain(theirs)}, but this one has ${ours}`,
      'Create the model from checkpointInfo(file).config.',
    );
  }
  const trained = new Set(store.blocks.flatMap((b) => (b.moments ? b.members.map((m) => m.name) : [])));
  const parts = [...store.parameters].flatMap(([name, { size }]): Part[] => [
    { name, size, from: name, moment: null },
    ...(trained.has(name)
      ? trainer.moments.map((moment) => ({
          name,
          size,
          from: momentName(moment, name),
          moment,
        }))
      : []),
  ]);
  for (const { name, size, from } of parts) {
    const { shape, dtype } = source.info(from);
    if (sizeOf(shape) === size && isFloat(dtype)) continue;
    throw new ShapeError(
      'checkpoint',
      `${from} holds ${sizeOf(shape)} numbers of ${dtype}, but ${name} has ${size}`,
      'The file is damaged: use another copy.',
    );
  }
  const state = new Map<string, Float32Array>();
  const more = [...names].find(
    (name) =>
      name.startsWith('objective.') && !trainer.state?.parameters.has(name.slice('objective.'.length)),
  );
  if (more !== undefined) {
    const what = `it holds ${more}, which this trainer's objective has no use for`;
    throw new DataError('checkpoint', what, 'It is of a run with another objective: create the same.');
  }
  for (const [name, { size }] of trainer.state?.parameters ?? []) {
    const from = stateName(name);
    const data = names.has(from) ? await source.float32(from) : null;
    if (data?.length !== size) {
      const what = `${from} holds ${data ? `${data.length} numbers, not ${size}` : 'nothing'}`;
      throw new DataError('checkpoint', what, 'It is of a run with another objective: create the same.');
    }
    state.set(name, data);
  }
  const places = new Map(source.names().map((name, i) => [name, i]));
  parts.sort((a, b) => places.get(a.from)! - places.get(b.from)!);
  const scale = names.has(LOSS_SCALE) ? await source.float32(LOSS_SCALE) : Float32Array.of(FIRST_SCALE, 0);
  await store.fill(async () => {
    for (const { name, from, moment } of parts) {
      let at = 0;
      for await (const piece of source.pieces(from)) {
        if (moment) store.writeMoment(moment, name, piece, at);
        else store.write(name, piece, at);
        at += piece.length;
        await store.drain();
      }
    }
  });
  for (const [name, data] of state) trainer.state!.write(name, data);
  trainer.lossScale?.write('scale', scale);
  return info;
}
