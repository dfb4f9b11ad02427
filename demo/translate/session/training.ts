/** The visitor's own model: in training, kept in the browser, or read from a file. */
import { EngineError, PauseSwitch } from '../../../engine/index';
import { TranslationModel } from '../../../models/translation/model';
import { trainTranslation, type TranslationEvent } from '../../../models/translation/training';
import type { Connection } from '../../session/connection';
import type { RunState, SavedFile } from '../../session/protocol';
import { copyOf, cut, rounded, type MutableHistory } from './history';
import { Keeper } from './keeper';
import { examplesOf, fetchCorpus, fromKept, keptOf, spread, vocabularyKind, type LoadedPairs } from './pairs';
import type { History, PairsSource, RunInfo, TrainSettings, TranslateEvent } from './protocol';
import { withExtra } from './run-file';
import { sizeOf } from './sizes';

/** The run is written to the browser's storage at most this often while it goes on. */
const KEEP_MS = 5000;
/** Updates between checkpoints, at most. */
const CHECKPOINT_EVERY = 100;
/** Held-out pairs that evaluations translate, by adapter; and how many of them are shown. */
const SCORED = { gpu: 200, software: 40 } as const;
const SHOWN = 6;

interface Held {
  readonly run: RunInfo;
  readonly history: MutableHistory;
  /** The last checkpoint; null until there is a first. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

export class Training {
  readonly #connection: Connection;
  readonly #emit: (event: TranslateEvent) => void;
  readonly #keeper = new Keeper();
  #held: Held | null = null;
  #pairs: LoadedPairs | null = null;
  /** What translates: the newest checkpoint, the weights that training chose in the end, or a file's. */
  #weights: Uint8Array<ArrayBuffer> | null = null;
  #version = 0;
  #runs = 0;
  #state: RunState = 'empty';
  #active: { readonly abort: AbortController; readonly pause: PauseSwitch; done: Promise<void> } | null =
    null;
  #kept = -Infinity;
  #complained = false;

  constructor(connection: Connection, emit: (event: TranslateEvent) => void) {
    this.#connection = connection;
    this.#emit = emit;
  }

  /** The newest weights, with numbers that grow with every change of them, and of the run. Null: there are none. */
  get weights(): {
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly version: number;
    readonly run: number;
  } | null {
    return this.#weights && { bytes: this.#weights, version: this.#version, run: this.#runs };
  }

  /** Whether the device's loss is seen to by the run itself. */
  get active(): boolean {
    return this.#active !== null;
  }

  /** Takes up what the browser kept, if anything. Returns the pairs that it kept with it. */
  async restore(): Promise<LoadedPairs | null> {
    const kept = await this.#keeper.run();
    if (!kept || this.#held) return null;
    const pairs = kept.run.pairs.kind === 'corpus' ? null : await this.#keeper.pairs();
    if (pairs?.id === kept.run.pairs.id) this.#pairs = await fromKept(pairs, kept.run.pairs);
    this.#hold({ run: kept.run, history: copyOf(kept.history), bytes: kept.bytes }, kept.bytes);
    return this.#pairs;
  }

  /** Trains until `settings.steps`: goes on with the present run where it fits, else starts a new one. */
  async train(source: PairsSource | null, own: LoadedPairs | null, settings: TrainSettings): Promise<void> {
    if (this.#active) throw new EngineError('Train', 'it is training already', 'Stop it first.');
    const abort = new AbortController();
    const active = { abort, pause: new PauseSwitch(), done: Promise.resolve() };
    this.#active = active;
    const work = this.#train(source, own, settings, abort.signal, active.pause);
    active.done = work.catch(() => undefined);
    try {
      await work;
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    } finally {
      this.#active = null;
      this.#setState(this.#rest);
    }
  }

  pause(): void {
    this.#active?.pause.pause();
  }

  resume(): void {
    this.#active?.pause.resume();
  }

  async stop(): Promise<void> {
    this.#active?.abort.abort();
    await this.#active?.done;
  }

  /** The last checkpoint, with what the page knows of the run. */
  async save(): Promise<SavedFile> {
    const held = this.#held;
    if (!held?.bytes) {
      throw new EngineError('Save checkpoint', 'there is no run yet', 'Press Train, or load a file.');
    }
    const { run, history, bytes } = held;
    const slug = (run.pairs.kind === 'corpus' ? run.pairs.id : run.pairs.title.replace(/\.\w+$/, ''))
      .replace(/[^\p{L}\p{N}]+/gu, '-')
      .slice(0, 40);
    const page = JSON.stringify({ run, history: rounded(history) });
    return {
      name: `heed-translate-${slug}-${run.size}-${run.step}.safetensors`,
      bytes: await withExtra(bytes, 'page', page),
    };
  }

  /** Takes up a file: a run of this page, or null for weights that only translate. Throws if it is neither. */
  async load(bytes: Uint8Array<ArrayBuffer>): Promise<RunInfo | null> {
    const { extras } = await TranslationModel.open(bytes);
    await this.stop();
    if (!extras['page'] || !extras['training']) {
      this.#runs++;
      this.#setWeights(bytes);
      return null;
    }
    const { run, history } = JSON.parse(extras['page']) as { run: RunInfo; history: History };
    this.#hold({ run, history: copyOf(history), bytes }, bytes);
    await this.#keep(true);
    return run;
  }

  async forget(): Promise<void> {
    await this.stop();
    this.#held = null;
    this.#weights = null;
    await this.#keeper.forget();
    this.#emit({ kind: 'history', history: { losses: [], validation: [], scores: [] } });
    this.#setState('empty');
  }

  async #train(
    source: PairsSource | null,
    own: LoadedPairs | null,
    settings: TrainSettings,
    signal: AbortSignal,
    pause: PauseSwitch,
  ): Promise<void> {
    checkSettings(settings);
    this.#setState('preparing');
    const loaded = await this.#load(source, own, signal);
    const device = await this.#connection.open();
    const before = this.#held;
    const fits = before?.bytes && sameRun(before.run, loaded, settings) ? before : null;
    const { software } = device.can;
    const { evaluateEvery: most } = sizeOf(settings.size);
    const start = fits?.run.step ?? 0;
    const steps = start < settings.steps ? settings.steps : start + settings.steps;
    const evaluateEvery = Math.min(software ? most / 2 : most, Math.max(5, Math.round(steps / 20)));
    const kind = vocabularyKind(loaded);
    const { name } = loaded;
    const run: RunInfo = {
      ...settings,
      steps,
      pairs: name,
      step: start,
      score: kind === 'symbols' ? 'per' : 'bleu',
      examples: fits?.run.examples ?? examplesOf(loaded.pairs),
    };
    const [from, to] = name.languages;
    let begun = false;
    const result = await trainTranslation({
      device,
      pairs: loaded.pairs,
      preset: settings.size,
      kind,
      lr: settings.rate,
      steps,
      evaluateEvery,
      apart: loaded.apart,
      sample: software ? SCORED.software : SCORED.gpu,
      checkpointEvery: Math.min(evaluateEvery, CHECKPOINT_EVERY),
      info: { title: name.title, ...((from || to) && { languages: name.languages }) },
      ...(fits?.bytes && { resume: fits.bytes }),
      signal,
      pause,
      reopen: () => this.#connection.reopen(),
      onEvent: async (event) => {
        // The run before is let go of only when the new one stands.
        if (event.kind === 'ready' && !begun) {
          begun = true;
          this.#pairs = loaded;
          this.#begin(run, fits);
        }
        await this.#onEvent(event);
      },
    });
    this.#update(result.step, result.checkpoint);
    this.#setWeights(result.weights);
    await this.#keep(true);
  }

  #begin(run: RunInfo, fits: Held | null): void {
    const history = fits?.history ?? { losses: [], validation: [], scores: [] };
    history.losses.length = Math.min(history.losses.length, run.step);
    this.#held = { run, history, bytes: fits?.bytes ?? null };
    this.#emit({ kind: 'history', history });
    if (fits) this.#setState('training');
  }

  async #onEvent(event: TranslationEvent): Promise<void> {
    const held = this.#held;
    if (event.kind === 'progress') {
      const share = event.total ? event.done / event.total : 0;
      return this.#emit({ kind: 'progress', phase: event.phase, share });
    }
    if (!held) return;
    const { history, run } = held;
    switch (event.kind) {
      case 'ready': {
        const { train, validation, paddingShare, vocabulary: both } = event.report;
        const vocabulary = event.settings.vocabulary.kind === 'subwords' ? both.slice(0, 1) : both;
        this.#emit({ kind: 'data', report: { train, validation, paddingShare, vocabulary } });
        break;
      }
      case 'steps': {
        const from = event.reports[0].index;
        const losses = event.reports.map(({ loss }) => loss);
        history.losses.length = from;
        history.losses.push(...losses);
        const { tokensPerSecond, stepMilliseconds } = event;
        this.#emit({ kind: 'steps', from, losses, tokensPerSecond, stepMilliseconds });
        break;
      }
      case 'evaluation': {
        const { step, loss, metrics, samples } = event;
        const score = metrics[run.score] ?? NaN;
        history.validation.push([step, loss]);
        history.scores.push([step, score]);
        this.#emit({ kind: 'evaluation', step, loss, score });
        const shown = spread(samples, SHOWN).map(({ source, target, translation }) => ({
          source,
          target,
          output: translation,
        }));
        this.#emit({ kind: 'samples', step, samples: shown });
        break;
      }
      case 'checkpoint':
        if (!held.bytes) this.#runs++; // the first of a new run
        this.#update(event.step, event.bytes);
        this.#setWeights(event.bytes);
        if (this.#state === 'preparing') this.#setState('training');
        await this.#keep(false);
        break;
      case 'paused':
        this.#setState('paused');
        break;
      case 'resumed':
        this.#setState('training');
        break;
      case 'recovered':
        cut(history, event.step);
        this.#emit({ kind: 'history', history });
        this.#emit({ kind: 'recovered', step: event.step });
        break;
    }
  }

  /** The pairs to train on: bundled ones, or the visitor's own. */
  async #load(
    source: PairsSource | null,
    own: LoadedPairs | null,
    signal: AbortSignal,
  ): Promise<LoadedPairs> {
    if (source?.kind !== 'corpus') {
      if (own) return own;
      throw new EngineError('Train', 'no pairs are chosen', 'Choose a corpus, or paste or drop your own.');
    }
    const { kind, id } = this.#pairs?.name ?? {};
    if (this.#pairs && kind === 'corpus' && id === source.id) return this.#pairs;
    return fetchCorpus(source, (share) => this.#emit({ kind: 'progress', phase: 'text', share }), signal);
  }

  /** The newest checkpoint of the run. */
  #update(step: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#held) this.#held = { ...this.#held, run: { ...this.#held.run, step }, bytes };
  }

  /** Writes the run to the browser's storage: `now`, or when the last time is long enough ago. */
  async #keep(now: boolean): Promise<void> {
    const held = this.#held;
    if (!held?.bytes || (!now && performance.now() - this.#kept < KEEP_MS)) return;
    this.#kept = performance.now();
    try {
      const { run, history, bytes } = held;
      const pairs = this.#pairs?.name.id === run.pairs.id ? keptOf(this.#pairs) : null;
      await this.#keeper.keep({ run, history: rounded(cut(copyOf(history), run.step)), bytes }, pairs);
      this.#complained = false;
    } catch (error) {
      // A transaction that the browser aborts has no error to tell.
      const { name, message } = (error as Error | null) ?? new Error('the browser broke it off');
      if (!this.#complained) {
        this.#emit({ kind: 'unkept', reason: message || name, room: name !== 'QuotaExceededError' });
      }
      this.#complained = true;
    }
  }

  #hold(held: Held, weights: Uint8Array<ArrayBuffer>): void {
    this.#held = held;
    this.#runs++;
    this.#setWeights(weights);
    this.#emit({ kind: 'history', history: held.history });
    this.#setState(this.#rest);
  }

  #setWeights(bytes: Uint8Array<ArrayBuffer>): void {
    this.#weights = bytes;
    this.#version++;
  }

  /** What it is when nothing goes on. */
  get #rest(): RunState {
    if (!this.#held?.bytes) return 'empty';
    const { step, steps } = this.#held.run;
    return step >= steps ? 'finished' : 'stopped';
  }

  #setState(state: RunState): void {
    this.#state = state;
    const held = this.#held?.bytes ? this.#held : null;
    if (held && (state === 'stopped' || state === 'finished')) {
      // Steps after the checkpoint are not there any more.
      cut(held.history, held.run.step);
      this.#emit({ kind: 'history', history: held.history });
    }
    this.#emit({ kind: 'state', state, run: this.#held?.run ?? null });
  }
}

const sameRun = (run: RunInfo, { name }: LoadedPairs, { size, rate }: TrainSettings): boolean =>
  run.size === size && run.rate === rate && run.pairs.kind === name.kind && run.pairs.id === name.id;

function checkSettings({ rate, steps }: TrainSettings): void {
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw new EngineError('learning rate', `it is ${rate}`, 'Use a number above 0, such as 0.001.');
  }
  if (!Number.isInteger(steps) || steps < 1) {
    throw new EngineError('steps', `there are ${steps}`, 'Use a whole number of at least 1.');
  }
}
