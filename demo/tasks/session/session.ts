/**
 * What the worker does for the page Tasks: teaches a small GPT a task, judges it as it learns, and has it answer. A call either succeeds
 * or throws one error that is fit to be shown; a failed call leaves the model as it was.
 */
import { EngineError, PauseSwitch, type FitEvent } from '../../../engine/index';
import { Between } from '../../session/between';
import { Connection } from '../../session/connection';
import type { RunState } from '../../session/protocol';
import type { Answered, Judged, TasksEvent, TaskSettings } from './protocol';
import { Pupil } from './pupil';
import { sameSettings } from './settings';

/** Updates between two judgements. */
const JUDGE_EVERY = 25;
const CHECKPOINT_EVERY = 100;
/** Share of whole answers that are right when a task is solved, in two judgements one after the other. */
const SOLVED = 0.99;

interface Training {
  /** The visitor's, who stops it, and its own, once the task is solved. */
  readonly stopped: AbortController;
  readonly solved: AbortController;
  readonly pause: PauseSwitch;
  done: Promise<void>;
}

export class TasksSession {
  readonly #emit: (event: TasksEvent) => void;
  readonly #connection: Pick<Connection, 'open' | 'reopen' | 'lose'>;
  readonly #between = new Between();
  #pupil: Pupil | null = null;
  #training: Training | null = null;
  #state: RunState = 'empty';
  /** When its clock was last read; null while it stands still. */
  #since: number | null = null;

  constructor(emit: (event: TasksEvent) => void, connection?: Pick<Connection, 'open' | 'reopen' | 'lose'>) {
    this.#emit = emit;
    this.#connection = connection ?? new Connection((adapter) => emit({ kind: 'adapter', adapter }));
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /**
   * Trains until the task is solved or the course is over: goes on with a model that was stopped where the settings are its own, else
   * begins with a new one.
   */
  async train(settings: TaskSettings): Promise<void> {
    if (this.#training) throw new EngineError('Train', 'it is training already', 'Stop it first.');
    const [stopped, solved] = [new AbortController(), new AbortController()];
    const training: Training = { stopped, solved, pause: new PauseSwitch(), done: Promise.resolve() };
    this.#training = training;
    const work = this.#train(settings, training);
    training.done = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    } finally {
      this.#training = null;
      this.#setState(!this.#pupil ? 'empty' : this.#pupil.done ? 'finished' : 'stopped');
      await this.#between.drain();
    }
  }

  pause(): void {
    this.#training?.pause.pause();
  }

  resume(): void {
    this.#training?.pause.resume();
  }

  /** Ends training; the model stays. */
  async stop(): Promise<void> {
    this.#training?.stopped.abort();
    await this.#training?.done;
  }

  /** Drops the model. */
  async forget(): Promise<void> {
    await this.stop();
    this.#replace(null);
    this.#setState('empty');
  }

  /** What the model answers as it is now; while it trains, between two steps. Throws an `EngineError` where there is none. */
  async answer(input: readonly number[]): Promise<Answered> {
    const work = (): Promise<Answered> => {
      const pupil = this.#pupil;
      if (!pupil) throw new EngineError('Answer', 'there is no model yet', 'Press Train.');
      return pupil.run.survive(() => pupil.answer(input), { onRecovered: (step) => this.#recovered(step) });
    };
    return this.#state === 'training' ? this.#between.wait(async () => work()) : work();
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  async #train(settings: TaskSettings, { stopped, solved, pause }: Training): Promise<void> {
    this.#setState('preparing');
    const { signal } = stopped;
    const pupil = await this.#pupilFor(settings, signal);
    this.#setState('training');
    const safely = <T>(work: () => Promise<T>): Promise<T> =>
      pupil.run.survive(work, { onRecovered: (step) => this.#recovered(step) });
    if (pupil.judged.length === 0) this.#tell(await safely(() => pupil.judge()));
    await pupil.run.fit({
      ...pupil.course,
      ...{ evaluateEvery: JUDGE_EVERY, checkpointEvery: CHECKPOINT_EVERY, pause },
      signal: AbortSignal.any([signal, solved.signal]),
      onEvent: async (event) => {
        await this.#hear(event, pupil);
        if (pupil.solved) solved.abort();
      },
    });
    await safely(() => pupil.run.save()); // what it goes back to where a device is lost later
    if (pupil.losses.length > 0)
      this.#emit({ kind: 'without', answers: await safely(() => pupil.without()) });
  }

  async #pupilFor(settings: TaskSettings, signal: AbortSignal): Promise<Pupil> {
    const present = this.#pupil;
    if (present && !present.done && sameSettings(present.settings, settings)) return present;
    const pupil = await Pupil.create(settings, {
      device: await this.#connection.open(),
      reopen: () => this.#connection.reopen(),
      signal,
      onProgress: (done, total) => this.#emit({ kind: 'progress', phase: 'compile', share: done / total }),
    });
    this.#replace(pupil);
    return pupil;
  }

  async #hear(event: FitEvent, pupil: Pupil): Promise<void> {
    switch (event.kind) {
      case 'steps': {
        const { reports, tokensPerSecond, stepMilliseconds } = event;
        const losses = reports.map(({ loss }) => loss);
        pupil.losses.push(...losses);
        this.#emit({ kind: 'steps', from: reports[0].index, losses, tokensPerSecond, stepMilliseconds });
        await this.#between.drain();
        break;
      }
      case 'evaluation':
        this.#readClock();
        this.#tell(pupil.judged.at(-1)!);
        if (isSolved(pupil.judged)) pupil.solved = { step: event.step, seconds: pupil.seconds };
        break;
      case 'paused':
        this.#setState('paused');
        await this.#between.drain();
        break;
      case 'resumed':
        this.#setState('training');
        break;
      case 'recovered':
        this.#recovered(event.step);
        break;
      case 'checkpoint':
        break;
    }
  }

  #tell(judged: Judged): void {
    this.#emit({ kind: 'evaluation', step: judged.step, loss: judged.loss });
    this.#emit({ kind: 'judged', judged });
  }

  /** Another device took the place of a lost one; the model is as it was at this step. */
  #recovered(step: number): void {
    const pupil = this.#pupil!;
    if (pupil.losses.length > step) {
      pupil.cut(step);
      this.#tellHistory();
    }
    this.#emit({ kind: 'recovered', step });
  }

  #tellHistory(): void {
    const { losses = [], judged = [] } = this.#pupil ?? {};
    const validation = judged.map(({ step, loss }) => [step, loss] as const);
    this.#emit({ kind: 'history', history: { losses, validation, judged } });
  }

  #replace(pupil: Pupil | null): void {
    this.#pupil?.[Symbol.dispose]();
    this.#pupil = pupil;
    this.#tellHistory();
  }

  #setState(state: RunState): void {
    this.#readClock();
    this.#since = state === 'training' ? performance.now() : null;
    this.#state = state;
    this.#emit({ kind: 'state', state, run: this.#pupil?.describe() ?? null });
  }

  #readClock(): void {
    if (this.#since === null || !this.#pupil) return;
    const now = performance.now();
    this.#pupil.seconds += (now - this.#since) / 1000;
    this.#since = now;
  }
}

function isSolved(judged: readonly Judged[]): boolean {
  const last = judged.slice(-2);
  return last.length === 2 && last.every(({ answers }) => answers >= SOLVED);
}
