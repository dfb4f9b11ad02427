/**
 * The training loop: steps, evaluation, early stopping, pause, abort, checkpoints, and recovery from a lost device.
 * Everything that happens arrives as one stream of events.
 */
import { DataError, DeviceError, EngineError, expectOneOf, expectOptions, TrainingError } from '../errors';
import { openSafetensors } from '../io/safetensors';
import { parameters } from '../nn/parameter';
import { ParameterStore } from '../nn/parameter_store';
import type { Device } from '../runtime/device';
import type { Batch } from './batches';
import { checkpointInfo, type CheckpointExtras, type FitProgress } from './checkpoint';
import { judge, type Monitor } from './monitor';
import type { Modelled } from './objective';
import type { PauseSwitch } from './pause';
import { checkRecovery, Recovery, type RecoveryOptions } from './recovery';
import { WeightSnapshots, type AveragedWeights } from './snapshots';
import {
  checkTrainerOptions,
  feedOf,
  nothingToEvaluate,
  Trainer,
  type StepReport,
  type TrainerOptions,
} from './trainer';

/** What `Run.fit` tells while it trains: steps, evaluations, checkpoints, lost devices, each with its numbers. */
export type FitEvent =
  | {
      readonly kind: 'steps';
      readonly reports: readonly StepReport[];
      readonly tokensPerSecond: number;
      readonly stepMilliseconds: number;
    }
  /** `best`: it is the best so far, or is not, by the number `by`: the monitored one, or what stands in for it. */
  | ({ readonly kind: 'evaluation'; readonly best: boolean; readonly by: string } & Evaluation)
  /** `best`: of the best evaluation so far. */
  | {
      readonly kind: 'checkpoint';
      readonly step: number;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly best: boolean;
    }
  | { readonly kind: 'paused' | 'resumed'; readonly step: number }
  /** The device was lost; training goes on from `step` on the new one. */
  | { readonly kind: 'recovered'; readonly step: number };

/** What a run's model was worth at one step. */
export interface Evaluation {
  readonly step: number;
  /** On the validation batches; NaN without them. */
  readonly loss: number;
  /** What `measure` returned. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** `reopen` and `reopenPauses`, if given here, hold for all that the run does. */
export type RunOptions<B = Batch, M extends Modelled = Modelled> = TrainerOptions<B, M> &
  Omit<RecoveryOptions, 'signal'>;

/** `signal` and what is given here count, not what the run was created with. */
export interface SurviveOptions extends RecoveryOptions {
  /** Awaited before the work is done again; the run is at `step` then. */
  readonly onRecovered?: (step: number) => unknown;
}

/** Of a lost device: `reopen` and `reopenPauses`, by default those that the run was created with. */
export interface FitOptions<B = Batch> extends RecoveryOptions {
  /** Train until this many updates are done, counted from the very first one. */
  readonly steps: number;
  readonly batches: (micro: number) => B;
  readonly validation?: readonly B[];
  /** More numbers for every evaluation, such as BLEU of decoded sentences, of the trainer's weights as they are. */
  readonly measure?: (trainer: Trainer<B>) => Promise<Readonly<Record<string, number>>>;
  /** Updates between evaluations, which there are with `validation` or `measure`. Default 250. */
  readonly evaluateEvery?: number;
  /** What `best` and `patience` go by. Default the validation loss, the lower the better; without it, say what. */
  readonly monitor?: Monitor;
  /** Stop when the monitored metric has not improved for this many evaluations. Default: never. */
  readonly patience?: number;
  /** Keep the checkpoint of the best evaluation in `Run.best`. Default false: it is another copy in memory. */
  readonly keepBest?: boolean;
  /**
   * Evaluations, the last ones, whose weights are kept for `Run.average`; checkpoints carry them, rounded to F16, and
   * grow by half of the weights for each but one. Default 1: none.
   */
  readonly keepLast?: number;
  /**
   * Updates between checkpoints; one is also made before the first step and at a pause. Default: at evaluations only,
   * and before the first step.
   */
  readonly checkpointEvery?: number;
  /** A function is asked anew for each checkpoint. */
  readonly extras?: CheckpointExtras | (() => CheckpointExtras);
  /** Ends the run in order: the step where it stopped is no checkpoint yet, unless its device was lost, too. */
  readonly signal?: AbortSignal;
  /** While it is true, no step is submitted. */
  readonly pause?: PauseSwitch;
  /** Awaited, so a slow listener slows the run and never falls behind. */
  readonly onEvent?: (event: FitEvent) => unknown;
}

/** How a call of `Run.fit` ended. */
export interface FitResult {
  readonly reason: 'finished' | 'aborted' | 'early stop';
  readonly step: number;
  /** The best evaluation, with the monitored metric; null where there was none. */
  readonly best: FitProgress['best'];
}

/** Steps whose losses are read together take about this long: few readbacks, yet a live display. */
const GROUP_MS = 120;

/**
 * A training run that outlives its device. `trainer` is the present trainer: after a recovery it is a new one; while
 * there is no device, it is the last one, and cannot be used.
 * On a loss that is not finite it goes back to the last checkpoint and throws `TrainingError`.
 */
export class Run<B = Batch> implements Disposable {
  #trainer: Trainer<B>;
  readonly #options: TrainerOptions<B>;
  readonly #recovery: Pick<RecoveryOptions, 'reopen' | 'reopenPauses'>;
  /** What the run began with, to go back to while there is no checkpoint; null where a seed makes it. */
  #start: Weights | null;
  /** The store's, when it was as the checkpoint or the start has it. */
  #revision: number;
  #disposed = false;
  /** Whether a loss is waited for. */
  #guarded = false;
  /** The evaluation at which patience ended and the run was asked to go on. */
  #excused = -1;
  #progress: FitProgress = FRESH;
  #checkpoint: Checkpoint | null = null;
  #best: Checkpoint | null = null;
  #snapshots = new WeightSnapshots();

  private constructor(
    options: TrainerOptions<B>,
    recovery: Pick<RecoveryOptions, 'reopen' | 'reopenPauses'>,
    trainer: Trainer<B>,
    start: Weights | null,
  ) {
    this.#options = options;
    this.#recovery = recovery;
    this.#trainer = trainer;
    this.#start = start;
    this.#revision = trainer.store.revision;
  }

  /** As `Trainer.create`. With `reopen`, a device that is lost while kernels compile is replaced. */
  static async create<B = Batch, M extends Modelled = Modelled>(options: RunOptions<B, M>): Promise<Run<B>> {
    const { reopen, reopenPauses, ...rest } = options;
    const given = { ...(reopen && { reopen }), ...(reopenPauses && { reopenPauses }) };
    const trainerOptions = rest as unknown as TrainerOptions<B>;
    checkRecovery('Run.create', given);
    checkTrainerOptions(trainerOptions);
    const { model, adapter, signal } = trainerOptions;
    const trained = adapter ?? model;
    const recovery = new Recovery({ ...given, ...(signal && { signal }) });
    let { device } = trainerOptions;
    const { rungs } = device.can;
    if (!device.alive && [...parameters(trained).values()].some(({ store }) => store)) {
      device.assertAlive('Run.create'); // its weights are gone, too: others must not take their place
    }
    const store = ParameterStore.of(device, trained);
    // Some have none yet, for a checkpoint that is loaded next.
    const written = store && ![...store.parameters.values()].some(({ unwritten }) => unwritten);
    const weights = written ? await store.readAll('weights') : null;
    for (;;) {
      try {
        const trainer = await Trainer.create({ ...trainerOptions, device });
        return new Run(trainerOptions, given, trainer, weights);
      } catch (error) {
        const loss = await device.loss();
        if (!loss || signal?.aborted) throw error;
        device = await recovery.open(lossBehind(error, loss), rungs);
        store?.moveTo(device);
        for (const [name, data] of weights ?? []) store!.write(name, data);
      }
    }
  }

  get trainer(): Trainer<B> {
    return this.#trainer;
  }

  /** The last checkpoint that this run made or loaded. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /** The checkpoint of the best evaluation, that this run made itself, with `keepBest`, or was given by `load`. */
  get best(): Checkpoint | null {
    return this.#best;
  }

  /**
   * Takes up a saved run. `best`: the checkpoint of its best evaluation so far, where that is another; without it, `Run.best` is null until an
   * evaluation is better. Throws `DataError` for a checkpoint of another step than that, before anything changes.
   */
  async load(
    bytes: Uint8Array<ArrayBuffer>,
    options: { readonly best?: Uint8Array<ArrayBuffer> } = {},
  ): Promise<void> {
    expectOptions('load', options, { best: 0 });
    const { best } = options;
    if (best) {
      const [{ progress }, { step }] = await Promise.all([checkpointInfo(bytes), checkpointInfo(best)]);
      if (progress?.best?.step !== step) {
        const what = `it is of step ${step}, and the best evaluation of the saved run was ${progress?.best ? `at step ${progress.best.step}` : 'none'}`;
        throw new DataError('load: best', what, 'Give the checkpoint of that step, or none.');
      }
    }
    await this.#take(bytes);
    const { step } = this.#trainer;
    this.#keep(step, bytes);
    const known = this.#progress.best?.step;
    this.#best = best ? { step: known!, bytes: best } : known === step ? { step, bytes } : null;
  }

  #keep(step: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#checkpoint = { step, bytes };
    this.#start = null;
    this.#revision = this.#trainer.store.revision;
  }

  /** A checkpoint of this moment, with what is known of evaluations; between two `fit`s. */
  async save(extras: CheckpointExtras = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { step } = this.#trainer;
    const bytes = await this.#trainer.save(extras, this.#progress, this.#snapshots.tensorsAt(step));
    this.#keep(step, bytes);
    return bytes;
  }

  /**
   * The mean of the weights of the last evaluations, as many as `keepLast`, with the last checkpoint's description.
   * Null where there were fewer than two.
   */
  async average(): Promise<AveragedWeights | null> {
    if (!this.#checkpoint) return null;
    return this.#snapshots.mean((await openSafetensors(this.#checkpoint.bytes)).metadata);
  }

  /**
   * Trains. May be called again whatever happened before: a run whose device is lost opens another first, and goes on from
   * its last checkpoint. Aborted while it has no device, it is there, too. Throws `EngineError`, in the end and with all
   * saved, where the monitored metric never was a finite number.
   */
  async fit(options: FitOptions<B>): Promise<FitResult> {
    checkOptions(options);
    const { validation, signal, reopen, reopenPauses, onEvent } = options;
    const recovery = { signal, reopen, reopenPauses };
    const { objective } = this.#trainer.options;
    if (validation && !validation.some((batch) => feedOf(objective, batch).labels > 0)) {
      throw nothingToEvaluate('fit: validation', validation.length);
    }
    if (this.#outOfPatience(options)) this.#excused = this.#progress.evaluated; // asked to go on all the same
    try {
      return await this.survive(() => this.#loop(options), {
        ...recovery,
        onRecovered: (step) => onEvent?.({ kind: 'recovered', step }),
      });
    } catch (error) {
      if (error instanceof TrainingError) await this.survive(() => this.#restore(), recovery);
      const { best } = this.#progress;
      // The device went when the run was to end.
      if (signal?.aborted && !this.#disposed && !this.#trainer.device.alive && this.#checkpoint) {
        return { reason: 'aborted', step: this.#checkpoint.step, best };
      }
      throw error;
    }
  }

  /**
   * Does work that uses the run's device, such as scoring its weights. If the device is lost meanwhile, opens another, goes
   * back to the last checkpoint and does it all again. Only a loss is survived: other errors are thrown at once. Throws a
   * `DeviceError` where there is no other device, and the signal's reason when it was aborted meanwhile. `fit` does it by
   * itself; within one, this is the work alone.
   */
  async survive<T>(work: () => Promise<T>, options: SurviveOptions = {}): Promise<T> {
    expectOptions('survive', options, { signal: 0, onRecovered: 0, reopen: 0, reopenPauses: 0 });
    checkRecovery('survive', options);
    if (this.#disposed) throw new EngineError('Run', 'it was disposed of', 'Create a new one.');
    if (this.#guarded) return work(); // within other work, which is done again as a whole
    this.#guarded = true;
    try {
      return await this.#survive(work, options);
    } finally {
      this.#guarded = false;
    }
  }

  async #survive<T>(
    work: () => Promise<T>,
    { signal, onRecovered, reopen, reopenPauses }: SurviveOptions,
  ): Promise<T> {
    const recovery = new Recovery({
      reopen: reopen ?? this.#recovery.reopen,
      reopenPauses: reopenPauses ?? this.#recovery.reopenPauses,
      signal,
    });
    const before = this.#checkpoint;
    // What no checkpoint has: weights that somebody wrote, or updates of before the first one.
    const unsaved = this.#revision !== this.#trainer.store.revision || (!before && this.#trainer.step > 0);
    let since = before?.step ?? -1;
    let loss = this.#trainer.device.alive ? null : await this.#trainer.device.loss();
    for (;;) {
      if (loss) {
        if (unsaved && this.#checkpoint === before) {
          const what = `${loss.what}, and with it weights that no checkpoint has`;
          const todo = 'Create the run anew. Call save after what must not be lost.';
          throw new DeviceError('Run', what, todo, { cause: loss });
        }
        if (this.#checkpoint && this.#checkpoint.step > since) recovery.succeed();
        since = this.#checkpoint?.step ?? -1;
        await this.#recover(recovery, loss, signal);
      }
      try {
        if (loss) await onRecovered?.(this.#trainer.step);
        return await work();
      } catch (error) {
        // Asked before what the error is: on a lost device anything may go wrong.
        const found = this.#disposed ? null : await this.#trainer.device.loss();
        if (!found) throw error; // such as being out of memory: so would the next be
        loss = lossBehind(error, found);
      }
    }
  }

  async #loop(options: FitOptions<B>): Promise<FitResult> {
    const { signal, pause, batches, steps, evaluateEvery = 250 } = options;
    const every = options.checkpointEvery ?? evaluateEvery;
    const evaluates = options.validation !== undefined || options.measure !== undefined;
    const { monitor = LOSS } = options;
    const watched = this.#progress.monitor;
    if (watched && (watched.metric !== monitor.metric || watched.mode !== monitor.mode)) {
      this.#progress = { ...this.#progress, best: null, stale: 0 }; // a BLEU says nothing of a loss
    }
    this.#progress = { ...this.#progress, monitor };
    let group = 1;
    this.#snapshots.limit(options.keepLast ?? 1);
    // Also where someone wrote to the weights since, which a recovery must not forget.
    if (!this.#checkpoint || this.#revision !== this.#trainer.store.revision)
      await this.#save(options, false, true);
    const result = (reason: FitResult['reason']): FitResult => ({
      reason,
      step: this.#trainer.step,
      best: this.#progress.best,
    });
    const evaluationAt = (step: number): boolean =>
      evaluates && (step % evaluateEvery === 0 || step === steps);
    /** Ends that people take for a judgement are none where no evaluation had a number to judge by. */
    const judged = (reason: FitResult['reason']): FitResult => {
      const { best, stale } = this.#progress;
      if (best || stale === 0) return result(reason);
      throw new EngineError(
        'fit',
        `the monitored metric "${monitor.metric}" was not finite in any of ${stale} evaluations, so none is the best`,
        `The run is at step ${this.#trainer.step} and saved. Have measure return a finite number, or monitor another.`,
      );
    };
    if (this.#outOfPatience(options)) {
      if (this.#progress.evaluated !== this.#excused) return judged('early stop'); // lost when it was about to stop
      this.#progress = { ...this.#progress, stale: 0 };
    }
    // One that was cut short when the run was stopped.
    const { step: from } = this.#trainer;
    if (from > 0 && evaluationAt(from) && this.#progress.evaluated < from) {
      const best = await this.#evaluate(options);
      if (this.#progress.evaluated === from) await this.#save(options, best, true);
      if (this.#outOfPatience(options)) return judged('early stop');
    }
    while (this.#trainer.step < steps) {
      if (pause?.paused) await this.#pause(options);
      if (signal?.aborted) return result('aborted');
      const trainer = this.#trainer;
      const boundary = Math.min(
        nextMultiple(trainer.step, evaluateEvery),
        nextMultiple(trainer.step, every),
        steps,
      );
      const count = Math.min(group, boundary - trainer.step);
      const start = performance.now();
      for (let i = 0; i < count; i++) trainer.submit(batches);
      const reports = await trainer.losses();
      const elapsed = performance.now() - start;
      group = Math.max(1, Math.min(32, Math.round((GROUP_MS * count) / elapsed)));
      const tokens = reports.reduce((sum, report) => sum + report.tokens, 0);
      await options.onEvent?.({
        kind: 'steps',
        reports,
        tokensPerSecond: (tokens * 1000) / elapsed,
        stepMilliseconds: elapsed / count,
      });
      const { step } = trainer;
      const last = step === steps;
      const best = evaluationAt(step) && (await this.#evaluate(options));
      const stopping = last || this.#outOfPatience(options);
      if (step % every === 0 || stopping || (best && options.keepBest)) await this.#save(options, best);
      if (evaluationAt(step) && this.#progress.evaluated < step) return result('aborted');
      if (this.#outOfPatience(options)) return judged('early stop');
    }
    return judged('finished');
  }

  async #pause(options: FitOptions<B>): Promise<void> {
    const { pause, signal, onEvent } = options;
    await onEvent?.({ kind: 'paused', step: this.#trainer.step });
    if (options.checkpointEvery !== undefined) await this.#save(options); // a pause may be long, or the end
    await pause!.wait(signal);
    await onEvent?.({ kind: 'resumed', step: this.#trainer.step });
  }

  /** Whether this is the best evaluation so far. */
  async #evaluate(options: FitOptions<B>): Promise<boolean> {
    const { validation, measure, signal, monitor = LOSS } = options;
    const { step } = this.#trainer;
    if (this.#progress.evaluated >= step) return false; // resumed from a checkpoint made after it
    let loss = NaN;
    let metrics: Evaluation['metrics'] = {};
    try {
      if (validation) loss = await this.#trainer.evaluate(validation, signal ? { signal } : {});
      if (measure) metrics = Object(await measure(this.#trainer)) as Evaluation['metrics'];
    } catch (error) {
      if (signal?.aborted) return false; // the loop ends the run in order
      throw error;
    }
    if (validation && !Number.isFinite(loss)) {
      throw new TrainingError(
        `step ${step}`,
        'the validation loss is not finite',
        'Training goes back to the last checkpoint. Lower the learning rate or lengthen the warm-up.',
      );
    }
    const odd = Object.entries(metrics).find(([, value]) => typeof value !== 'number');
    if (odd) throw new EngineError('fit', `measure returns ${odd[0]} as ${typeof odd[1]}`, 'Return numbers.');
    if (validation && 'loss' in metrics) {
      const todo = 'Call it something else: loss is of the validation batches.';
      throw new EngineError('fit', 'measure returns a loss', todo);
    }
    const numbers: Record<string, number> = { ...metrics, ...(validation && { loss }) };
    const value = numbers[monitor.metric];
    if (value === undefined) {
      const given = [...(validation ? ['loss'] : []), ...Object.keys(metrics)].join(', ') || 'nothing';
      throw new EngineError(
        'fit',
        `it monitors "${monitor.metric}", but evaluations give ${given}`,
        'Give validation batches for the loss, or return that metric from measure.',
      );
    }
    const { best: kept } = this.#progress;
    const before = kept && {
      ...kept.metrics,
      ...(typeof kept.value === 'number' && { [monitor.metric]: kept.value }),
    };
    const { better: best, by, tie } = judge(monitor, numbers, before);
    this.#progress = {
      monitor,
      best: best ? { step, value, by, metrics: numbers } : kept,
      stale: best && !tie ? 0 : this.#progress.stale + 1,
      evaluated: step,
    };
    await this.#snapshots.take(step, this.#trainer.store);
    await options.onEvent?.({ kind: 'evaluation', step, loss, metrics, best, by });
    return best;
  }

  #outOfPatience({ patience = Infinity }: FitOptions<B>): boolean {
    return this.#progress.stale >= patience;
  }

  /** `anew`: the checkpoint of this step, too, which does not know of its evaluation yet. */
  async #save(options: FitOptions<B>, best = false, anew = false): Promise<void> {
    const { extras = {}, onEvent, keepBest = false } = options;
    const { step } = this.#trainer;
    if (this.#checkpoint?.step === step && !anew) return;
    const bytes = await this.save(typeof extras === 'function' ? extras() : extras);
    if (best && keepBest) this.#best = { step, bytes };
    await onEvent?.({ kind: 'checkpoint', step, bytes, best });
  }

  async #restore(): Promise<void> {
    if (this.#checkpoint) await this.#take(this.#checkpoint.bytes);
  }

  async #take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const snapshots = await WeightSnapshots.read(bytes, this.#trainer.trained); // refuses before anything changes
    this.#progress = (await this.#trainer.load(bytes)) ?? FRESH;
    this.#snapshots = snapshots;
    this.#revision = this.#trainer.store.revision;
  }

  /** To a device that is there, with the state of the last checkpoint. */
  async #recover(recovery: Recovery, loss: DeviceError, signal: AbortSignal | undefined): Promise<void> {
    for (let cause = loss; ;) {
      const device = await recovery.open(cause, this.#trainer.rungs);
      try {
        await this.#moveTo(device, signal);
        return;
      } catch (error) {
        const found = this.#disposed ? null : await device.loss();
        if (!found) throw error;
        cause = lossBehind(error, found);
      }
    }
  }

  async #moveTo(device: Device, signal: AbortSignal | undefined): Promise<void> {
    const { signal: _signal, ...rest } = this.#options;
    const { store, ownsStore } = this.#trainer;
    const stillWanted = (): void => {
      if (this.#disposed) throw new EngineError('Run', 'it was disposed of', 'Create a new one.');
    };
    stillWanted();
    this.#trainer[Symbol.dispose]();
    if (!ownsStore) {
      store.moveTo(device); // the weights go there, and stay when this run ends
      for (const [name, data] of this.#start ?? []) store.write(name, data);
    }
    const trainer = await Trainer.create({
      ...rest,
      device,
      ...(this.#checkpoint && { init: 'none' }),
      ...(signal && { signal }),
    });
    try {
      stillWanted();
    } catch (error) {
      trainer[Symbol.dispose]();
      throw error;
    }
    this.#trainer = trainer;
    this.#progress = FRESH;
    this.#snapshots = new WeightSnapshots();
    this.#revision = trainer.store.revision;
    await this.#restore();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#trainer[Symbol.dispose]();
  }
}

interface Checkpoint {
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

type Weights = ReadonlyMap<string, Float32Array>;

const LOSS: Monitor = { metric: 'loss', mode: 'min' };
const FRESH: FitProgress = { best: null, stale: 0, evaluated: -1 };

/** What to throw for it: the loss, whatever was made of it on the way. */
function lossBehind(error: unknown, { what, todo }: DeviceError): DeviceError {
  return new DeviceError(error instanceof EngineError ? error.where : 'Run', what, todo, { cause: error });
}

function checkOptions<B>(options: FitOptions<B>): void {
  const { steps, evaluateEvery = 1, checkpointEvery = 1, patience = 1, keepLast = 1 } = options;
  expectOptions('fit', options, {
    ...{ steps, evaluateEvery, checkpointEvery, patience, keepLast },
    ...{ batches: 0, validation: 0, measure: 0, monitor: 0, keepBest: 0, extras: 0 },
    ...{ signal: 0, pause: 0, onEvent: 0, reopen: 0, reopenPauses: 0 },
  });
  checkRecovery('fit', options);
  if (!Number.isInteger(steps) || steps < 0) {
    throw new EngineError('fit', `steps is ${steps}`, 'Use a whole number of updates.');
  }
  for (const [name, n] of Object.entries({ evaluateEvery, checkpointEvery, patience, keepLast })) {
    if ((Number.isInteger(n) && n >= 1) || (n === Infinity && name !== 'keepLast')) continue;
    throw new EngineError('fit', `${name} is ${n}`, 'Use a whole number of at least 1.');
  }
  const { validation, measure, monitor } = options;
  const refuse = (what: string, todo: string): never => {
    throw new EngineError('fit', what, todo);
  };
  if (typeof options.batches !== 'function') refuse('batches is no function', 'Give micro => batch.');
  if (validation && !Array.isArray(validation)) refuse('validation is no list', 'Give a list of batches.');
  for (let at = monitor; at; at = at.otherwise) {
    expectOptions('fit: monitor', at, { metric: 0, mode: 0, silentAtZero: 0, otherwise: 0 });
    expectOneOf('fit', 'monitor.mode', at.mode, ['min', 'max']);
  }
  if (!validation && !measure) {
    const waits = {
      patience: (options.patience ?? Infinity) < Infinity,
      keepBest: options.keepBest,
      keepLast: keepLast > 1,
      monitor,
    };
    const name = Object.entries(waits).find(([, given]) => given)?.[0];
    if (name)
      refuse(`${name} waits for evaluations, and there are none`, 'Give validation batches or measure.');
  } else if (!measure && monitor && monitor.metric !== LOSS.metric) {
    refuse(`it monitors "${monitor.metric}", but evaluations give loss`, 'Return that metric from measure.');
  } else if (!validation && !monitor) {
    refuse(
      'it monitors the loss, and there are no validation batches',
      'Give them, or say with monitor which metric of measure tells.',
    );
  }
}

function nextMultiple(step: number, every: number): number {
  return (Math.floor(step / every) + 1) * every;
}
