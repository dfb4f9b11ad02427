/** Trains the visitor's own run, and tells the page what becomes of it. */
import { EngineError, PauseSwitch } from '../../../engine/index';
import { trainTranslation, type TranslationEvent } from '../../../models/translation/training';
import type { Connection } from '../../session/connection';
import { cut } from './history';
import type { OwnRun } from './own-run';
import { examplesOf, fetchCorpus, spread, vocabularyKind, type LoadedPairs } from './pairs';
import type { PairsSource, RunInfo, TrainSettings, TranslateEvent } from './protocol';
import { sizeOf } from './sizes';

/** Updates between checkpoints, at most. */
const CHECKPOINT_EVERY = 100;
/** Held-out pairs that evaluations translate, by adapter; and how many of them are shown. */
const SCORED = { gpu: 200, software: 40 } as const;
const SHOWN = 6;

export class Training {
  readonly #connection: Connection;
  readonly #emit: (event: TranslateEvent) => void;
  readonly #own: OwnRun;
  #active: { readonly abort: AbortController; readonly pause: PauseSwitch; done: Promise<void> } | null =
    null;

  constructor(connection: Connection, own: OwnRun, emit: (event: TranslateEvent) => void) {
    this.#connection = connection;
    this.#own = own;
    this.#emit = emit;
  }

  /** Whether the device's loss is seen to by the run itself. */
  get active(): boolean {
    return this.#active !== null;
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
      this.#own.rest();
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

  async #train(
    source: PairsSource | null,
    own: LoadedPairs | null,
    settings: TrainSettings,
    signal: AbortSignal,
    pause: PauseSwitch,
  ): Promise<void> {
    checkSettings(settings);
    this.#own.setState('preparing');
    const loaded = await this.#load(source, own, signal);
    await this.#own.claim((run) => sameRun(run, loaded, settings));
    const device = await this.#connection.open();
    const before = this.#own.held;
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
          await this.#own.begin(run, loaded, fits);
          if (fits) this.#own.setState('training');
        }
        await this.#onEvent(event);
      },
    });
    await this.#own.finish(result.step, result.checkpoint, result.weights);
  }

  async #onEvent(event: TranslationEvent): Promise<void> {
    const { held } = this.#own;
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
        await this.#own.advance(event.step, event.bytes);
        break;
      case 'paused':
        this.#own.setState('paused');
        break;
      case 'resumed':
        this.#own.setState('training');
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
    const { pairs } = this.#own;
    if (pairs?.name.kind === 'corpus' && pairs.name.id === source.id) return pairs;
    return fetchCorpus(source, (share) => this.#emit({ kind: 'progress', phase: 'text', share }), signal);
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
