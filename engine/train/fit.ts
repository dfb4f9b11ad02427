/**
 * The training loop: steps, evaluation, early stopping, pause, abort, checkpoints, and recovery from a lost device.
 * Everything that happens arrives as one stream of events.
 */
import { DeviceError, EngineError, TrainingError } from '../errors';
import { openSafetensors } from '../io/safetensors';
import type { Device } from '../runtime/device';
import type { Batch } from './batches';
import type { CheckpointExtras, FitProgress } from './checkpoint';
import type { PauseSwitch } from './pause';
import { WeightSnapshots, type AveragedWeights } from './snapshots';
import { Trainer, type StepReport, type TrainerOptions } from './trainer';

export type FitEvent =
  | {
      readonly kind: 'steps';
      readonly reports: readonly StepReport[];
      readonly tokensPerSecond: number;
      readonly stepMilliseconds: number;
    }
  | ({ readonly kind: 'evaluation'; readonly best: boolean } & Evaluation)
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

export interface Evaluation {
  readonly step: number;
  /** On the validation batches; NaN without them. */
  readonly loss: number;
  /** What `measure` returned. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Which number says that a model is better: 'loss', or one that `measure` returns, such as BLEU. */
export interface Monitor {
  readonly metric: string;
  readonly mode: 'min' | 'max';
}

export interface FitOptions<B = Batch> {
  /** Train until this many updates are done, counted from the very first one. */
  readonly steps: number;
  readonly batches: (micro: number) => B;
  readonly validation?: readonly B[];
  /** More numbers for every evaluation, such as BLEU of decoded sentences, of the trainer's weights as they are. */
  readonly measure?: (trainer: Trainer<B>) => Promise<Readonly<Record<string, number>>>;
  /** Updates between evaluations. Default 250. */
  readonly evaluateEvery?: number;
  /** What `best` and `patience` go by. Default the validation loss, the lower the better. */
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
  readonly signal?: AbortSignal;
  /** While it is true, no step is submitted. */
  readonly pause?: PauseSwitch;
  /** Awaited, so a slow listener slows the run and never falls behind. */
  readonly onEvent?: (event: FitEvent) => unknown;
  /** Opens a device when the present one is lost; without it a loss ends the run with a `DeviceError`. */
  readonly reopen?: () => Promise<Device>;
}

export interface FitResult {
  readonly reason: 'finished' | 'aborted' | 'early stop';
  readonly step: number;
  /** The best evaluation, if there was one, with the monitored metric. */
  readonly best: FitProgress['best'];
}

/** Steps whose losses are read together take about this long: few readbacks, yet a live display. */
const GROUP_MS = 120;
/** Devices that may be lost in a row before the run gives up: something is wrong with the machine then. */
const RECOVERIES = 3;

/**
 * A training run that outlives its device. `trainer` is the present trainer: after a recovery it is a new one.
 * On a loss that is not finite it goes back to the last checkpoint and throws `TrainingError`.
 */
export class Run<B = Batch> implements Disposable {
  #trainer: Trainer<B>;
  readonly #options: TrainerOptions<B>;
  #progress: FitProgress = FRESH;
  #checkpoint: Checkpoint | null = null;
  #best: Checkpoint | null = null;
  #snapshots = new WeightSnapshots();

  private constructor(options: TrainerOptions<B>, trainer: Trainer<B>) {
    this.#options = options;
    this.#trainer = trainer;
  }

  static async create<B = Batch>(options: TrainerOptions<B>): Promise<Run<B>> {
    return new Run(options, await Trainer.create(options));
  }

  get trainer(): Trainer<B> {
    return this.#trainer;
  }

  /** The last checkpoint that this run made or loaded. */
  get checkpoint(): Checkpoint | null {
    return this.#checkpoint;
  }

  /** The checkpoint of the best evaluation that this run made itself, with `keepBest`. */
  get best(): Checkpoint | null {
    return this.#best;
  }

  /** Takes up a saved run. */
  async load(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#take(bytes);
    this.#checkpoint = { step: this.#trainer.step, bytes };
    this.#best = null;
  }

  /** A checkpoint of this moment, with what is known of evaluations; between two `fit`s. */
  async save(extras: CheckpointExtras = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { step } = this.#trainer;
    const bytes = await this.#trainer.save(extras, this.#progress, this.#snapshots.tensorsAt(step));
    this.#checkpoint = { step, bytes };
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

  async fit(options: FitOptions<B>): Promise<FitResult> {
    checkOptions(options);
    if (this.#outOfPatience(options)) this.#progress = { ...this.#progress, stale: 0 }; // asked to go on all the same
    const losses = { inARow: 0, since: -1 };
    for (;;) {
      try {
        if (losses.inARow > 0) await this.#recover(options);
        return await this.#loop(options);
      } catch (error) {
        if (error instanceof TrainingError) await this.#restore();
        const saved = this.#checkpoint;
        if (!(error instanceof DeviceError) || !options.reopen || !saved) throw error;
        if (!(await isLost(this.#trainer.device))) throw error; // such as being out of memory: so would the next be
        if (saved.step > losses.since) losses.inARow = 0;
        losses.since = saved.step;
        if (++losses.inARow > RECOVERIES) throw error;
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
    if (!this.#checkpoint) await this.#save(options);
    const result = (reason: FitResult['reason']): FitResult => ({
      reason,
      step: this.#trainer.step,
      best: this.#progress.best,
    });
    const evaluationAt = (step: number): boolean =>
      evaluates && (step % evaluateEvery === 0 || step === steps);
    // One that was cut short when the run was stopped.
    const { step: from } = this.#trainer;
    if (from > 0 && evaluationAt(from) && this.#progress.evaluated < from) {
      const best = await this.#evaluate(options);
      if (this.#progress.evaluated === from) await this.#save(options, best, true);
      if (this.#outOfPatience(options)) return result('early stop');
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
      if (step % every === 0 || last || (best && options.keepBest)) await this.#save(options, best);
      if (evaluationAt(step) && this.#progress.evaluated < step) return result('aborted');
      if (this.#outOfPatience(options)) return result('early stop');
    }
    return result('finished');
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
      if (measure) metrics = await measure(this.#trainer);
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
    const value = { ...metrics, ...(validation && { loss }) }[monitor.metric];
    if (value === undefined) {
      const given = [...(validation ? ['loss'] : []), ...Object.keys(metrics)].join(', ') || 'nothing';
      throw new EngineError(
        'fit',
        `it monitors "${monitor.metric}", but evaluations give ${given}`,
        'Give validation batches for the loss, or return that metric from measure.',
      );
    }
    const before = this.#progress.best?.value;
    const better = typeof before !== 'number' || (monitor.mode === 'min' ? value < before : value > before);
    const best = better && Number.isFinite(value); // one that is not finite would stay the best for ever
    this.#progress = {
      monitor,
      best: best ? { step, value } : this.#progress.best,
      stale: best ? 0 : this.#progress.stale + 1,
      evaluated: step,
    };
    await this.#snapshots.take(step, this.#trainer.store);
    await options.onEvent?.({ kind: 'evaluation', step, loss, metrics, best });
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
    const snapshots = await WeightSnapshots.read(bytes); // refuses before anything changes
    this.#progress = (await this.#trainer.load(bytes)) ?? FRESH;
    this.#snapshots = snapshots;
  }

  async #recover(options: FitOptions<B>): Promise<void> {
    const { signal: _signal, ...rest } = this.#options;
    this.#trainer[Symbol.dispose]();
    const device = await options.reopen!();
    this.#trainer = await Trainer.create({ ...rest, device } as TrainerOptions<B>);
    await this.#restore();
    await options.onEvent?.({ kind: 'recovered', step: this.#trainer.step });
  }

  [Symbol.dispose](): void {
    this.#trainer[Symbol.dispose]();
  }
}

interface Checkpoint {
  readonly step: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const LOSS: Monitor = { metric: 'loss', mode: 'min' };
const FRESH: FitProgress = { best: null, stale: 0, evaluated: -1 };

/** Readbacks fail a moment before the device says that it is lost. */
const GRACE_MS = 200;

async function isLost(device: Device): Promise<boolean> {
  const soon = new Promise<boolean>((resolve) => setTimeout(resolve, GRACE_MS, false));
  return Promise.race([device.lost.then(() => true), soon]);
}

function checkOptions<B>(options: FitOptions<B>): void {
  const { steps, evaluateEvery = 1, checkpointEvery = 1, patience = 1, keepLast = 1 } = options;
  if (!Number.isInteger(steps) || steps < 0) {
    throw new EngineError('fit', `steps is ${steps}`, 'Use a whole number of updates.');
  }
  for (const [name, n] of Object.entries({ evaluateEvery, checkpointEvery, patience, keepLast })) {
    if ((Number.isInteger(n) && n >= 1) || (n === Infinity && name !== 'keepLast')) continue;
    throw new EngineError('fit', `${name} is ${n}`, 'Use a whole number of at least 1.');
  }
}

function nextMultiple(step: number, every: number): number {
  return (Math.floor(step / every) + 1) * every;
}
