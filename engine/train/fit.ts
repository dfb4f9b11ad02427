/**
 * The training loop: steps, evaluation, early stopping, pause, abort, checkpoints, and recovery from a lost device.
 * Everything that happens arrives as one stream of events.
 */
import { DeviceError, EngineError, TrainingError } from '../errors';
import type { Device } from '../runtime/device';
import type { Batch, BatchSource } from './batches';
import type { CheckpointExtras } from './checkpoint';
import { Trainer, type StepReport, type TrainerOptions } from './trainer';

export type FitEvent =
  | { readonly kind: 'steps'; readonly reports: readonly StepReport[]; readonly tokensPerSecond: number }
  | { readonly kind: 'evaluation'; readonly step: number; readonly loss: number; readonly best: boolean }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'paused' | 'resumed'; readonly step: number }
  /** The device was lost; training goes on from `step` on the new one. */
  | { readonly kind: 'recovered'; readonly step: number };

export interface FitOptions {
  /** Train until this many updates are done, counted from the very first one. */
  readonly steps: number;
  readonly batches: BatchSource;
  readonly validation?: readonly Batch[];
  /** Updates between evaluations. Default 250. */
  readonly evaluateEvery?: number;
  /** Stop when the validation loss has not improved for this many evaluations. Default: never. */
  readonly patience?: number;
  /** Updates between checkpoints; one is also made before the first step. Default: at evaluations only. */
  readonly checkpointEvery?: number;
  readonly extras?: CheckpointExtras;
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
  /** The best evaluation, if there was one. */
  readonly best: { readonly step: number; readonly loss: number } | null;
}

/** Pauses and resumes a run from outside. */
export class PauseSwitch {
  #waiting: (() => void)[] = [];
  #paused = false;

  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const go of this.#waiting.splice(0)) go();
  }

  /** Resolves at once when running, else when resumed or aborted. */
  async wait(signal?: AbortSignal): Promise<void> {
    while (this.#paused && !signal?.aborted) {
      await new Promise<void>((go) => {
        this.#waiting.push(go);
        signal?.addEventListener('abort', () => go(), { once: true });
      });
    }
  }
}

/** Steps whose losses are read together take about this long: few readbacks, yet a live display. */
const GROUP_MS = 120;
/** Devices that may be lost in a row before the run gives up: something is wrong with the machine then. */
const RECOVERIES = 3;

/**
 * A training run that outlives its device. `trainer` is the present trainer: after a recovery it is a new one.
 * On a loss that is not finite it goes back to the last checkpoint and throws `TrainingError`.
 */
export class Run implements Disposable {
  #trainer: Trainer;
  readonly #options: TrainerOptions;
  #checkpoint: { step: number; bytes: Uint8Array<ArrayBuffer> } | null = null;

  private constructor(options: TrainerOptions, trainer: Trainer) {
    this.#options = options;
    this.#trainer = trainer;
  }

  static async create(options: TrainerOptions): Promise<Run> {
    return new Run(options, await Trainer.create(options));
  }

  get trainer(): Trainer {
    return this.#trainer;
  }

  /** The last checkpoint that this run made or loaded. */
  get checkpoint(): { readonly step: number; readonly bytes: Uint8Array<ArrayBuffer> } | null {
    return this.#checkpoint;
  }

  /** Takes up a saved run. */
  async load(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#trainer.load(bytes);
    this.#checkpoint = { step: this.#trainer.step, bytes };
  }

  async fit(options: FitOptions): Promise<FitResult> {
    if (!Number.isInteger(options.steps) || options.steps < 0) {
      throw new EngineError('fit', `steps is ${options.steps}`, 'Use a whole number of updates.');
    }
    const state: Progress = { best: null, stale: 0, evaluated: -1, losses: 0 };
    for (;;) {
      try {
        return await this.#loop(options, state);
      } catch (error) {
        if (error instanceof TrainingError) await this.#restore();
        if (!(error instanceof DeviceError) || !options.reopen || !this.#checkpoint) throw error;
        if (++state.losses > RECOVERIES) throw error;
        await this.#recover(options);
      }
    }
  }

  async #loop(options: FitOptions, state: Progress): Promise<FitResult> {
    const { signal, pause, batches, steps } = options;
    const { evaluateEvery = 250 } = options;
    const every = options.checkpointEvery ?? evaluateEvery;
    let group = 1;
    if (!this.#checkpoint) await this.#save(options);
    const result = (reason: FitResult['reason']): FitResult => ({
      reason,
      step: this.#trainer.step,
      best: state.best,
    });
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
      const { batch, length, accumulate } = trainer.options;
      const tokensPerSecond = (count * batch * length * accumulate * 1000) / elapsed;
      state.losses = 0;
      await options.onEvent?.({ kind: 'steps', reports, tokensPerSecond });
      if (options.validation && (trainer.step % evaluateEvery === 0 || trainer.step === steps)) {
        if (await this.#evaluate(options, state)) return result('early stop');
      }
      if (trainer.step % every === 0 || trainer.step === steps) await this.#save(options);
    }
    return result('finished');
  }

  async #pause({ pause, signal, onEvent }: FitOptions): Promise<void> {
    await onEvent?.({ kind: 'paused', step: this.#trainer.step });
    await pause!.wait(signal);
    await onEvent?.({ kind: 'resumed', step: this.#trainer.step });
  }

  /** True when patience has run out. */
  async #evaluate(options: FitOptions, state: Progress): Promise<boolean> {
    const { step } = this.#trainer;
    if (state.evaluated >= step) return false; // after a recovery: counted already
    let loss: number;
    try {
      loss = await this.#trainer.evaluate(
        options.validation!,
        options.signal ? { signal: options.signal } : {},
      );
    } catch (error) {
      if (options.signal?.aborted) return false; // the loop ends the run in order
      throw error;
    }
    state.evaluated = step;
    const best = state.best === null || loss < state.best.loss;
    if (best) state.best = { step, loss };
    state.stale = best ? 0 : state.stale + 1;
    await options.onEvent?.({ kind: 'evaluation', step, loss, best });
    return state.stale >= (options.patience ?? Infinity);
  }

  async #save({ extras = {}, onEvent }: FitOptions): Promise<void> {
    const { step } = this.#trainer;
    if (this.#checkpoint?.step === step) return;
    const bytes = await this.#trainer.save(extras);
    this.#checkpoint = { step, bytes };
    await onEvent?.({ kind: 'checkpoint', step, bytes });
  }

  async #restore(): Promise<void> {
    if (this.#checkpoint) await this.#trainer.load(this.#checkpoint.bytes);
  }

  async #recover(options: FitOptions): Promise<void> {
    const { signal: _signal, ...rest } = this.#options;
    this.#trainer[Symbol.dispose]();
    const device = await options.reopen!();
    this.#trainer = await Trainer.create({ ...rest, device });
    await this.#restore();
    await options.onEvent?.({ kind: 'recovered', step: this.#trainer.step });
  }

  [Symbol.dispose](): void {
    this.#trainer[Symbol.dispose]();
  }
}

interface Progress {
  best: { step: number; loss: number } | null;
  stale: number;
  evaluated: number;
  /** Devices lost in a row without one step in between. */
  losses: number;
}

function nextMultiple(step: number, every: number): number {
  return (Math.floor(step / every) + 1) * every;
}
