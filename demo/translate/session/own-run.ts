/** The visitor's own run as it stands: what it is, its losses, its newest weights; kept in the browser, and as a file. */
import * as v from 'valibot';
import { checkpointInfo, EngineError } from '../../../engine/index';
import { TranslationModel, translationWeights } from '../../../models/translation/model';
import type { RunState, SavedFile } from '../../session/protocol';
import {
  bytes as byteArray,
  checked,
  checkedJson,
  count,
  languages,
  losses,
  points,
  positive,
} from '../../session/saved';
import { copyOf, cut, rounded, type MutableHistory } from './history';
import { Keeper, LOST, type KeptRun } from './keeper';
import { fromKept, keptOf, type LoadedPairs } from './pairs';
import type { RunInfo, TranslateEvent } from './protocol';
import { withExtra } from './run-file';

/** The run is written to the browser's storage at most this often while it goes on. */
const KEEP_MS = 5000;

/** What a file and the browser's storage hold of a run beside its weights. */
export const PAGE = v.object({
  run: v.object({
    size: v.picklist(['tiny', 'small']),
    rate: positive,
    steps: count,
    pairs: v.object({
      kind: v.picklist(['corpus', 'pasted', 'file']),
      id: v.string(),
      title: v.string(),
      languages,
    }),
    step: count,
    score: v.picklist(['bleu', 'per']),
    examples: v.array(v.string()),
  }),
  history: v.object({ losses, validation: points, scores: points }),
});
export const KEPT = v.object({ ...PAGE.entries, bytes: byteArray, weights: v.optional(byteArray) });

interface Held {
  readonly run: RunInfo;
  readonly history: MutableHistory;
  /** The last checkpoint; null until there is a first. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

interface Weights {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Numbers that grow with every change of the weights, and of the run that they are of. */
  readonly version: number;
  readonly run: number;
}

export class OwnRun {
  readonly #emit: (event: TranslateEvent) => void;
  readonly #keeper = new Keeper();
  #held: Held | null = null;
  #pairs: LoadedPairs | null = null;
  /** The weights that training chose in the end; null while it goes on, or of a file. */
  #chosen: Uint8Array<ArrayBuffer> | null = null;
  /** What translates: the newest checkpoint, the weights that training chose in the end, or a file's. */
  #weights: Uint8Array<ArrayBuffer> | null = null;
  #version = 0;
  #runs = 0;
  #state: RunState = 'empty';
  /** Whether it is as the browser kept it, so that another tab may have gone on with it. */
  #restored = false;
  #kept = -Infinity;
  #complained = false;

  constructor(emit: (event: TranslateEvent) => void) {
    this.#emit = emit;
  }

  get held(): Held | null {
    return this.#held;
  }

  /** What it was trained on last, or was kept with. */
  get pairs(): LoadedPairs | null {
    return this.#pairs;
  }

  /** The newest; null: there are none. */
  get weights(): Weights | null {
    return this.#weights && { bytes: this.#weights, version: this.#version, run: this.#runs };
  }

  /**
   * Takes up what the browser kept, if anything. Returns the pairs that it kept with it. Throws a `DataError` where that
   * cannot be read: it stays, and the page works without it.
   */
  async restore(): Promise<LoadedPairs | null> {
    const kept = await this.#keptRun();
    if (!kept || this.#held) return null;
    const pairs = kept.run.pairs.kind === 'corpus' ? null : await this.#keeper.pairs();
    const loaded = pairs?.id === kept.run.pairs.id ? await fromKept(pairs, kept.run.pairs) : null;
    if (this.#held) return null; // a run began, or a file was loaded, meanwhile
    this.#pairs = loaded;
    this.#takeUp(kept);
    this.#restored = true;
    return this.#pairs;
  }

  /**
   * Before training: the browser keeps this tab's run from now on, unless another tab's. `goesOn`: whether training
   * would go on with a run. What another tab has made of it since is taken up; throws while that tab may go on itself.
   */
  async claim(goesOn: (run: RunInfo) => boolean): Promise<void> {
    this.#complained = false;
    const free = await this.#keeper.claim();
    if (!this.#restored || !this.#held || !goesOn(this.#held.run)) return;
    if (!free) {
      throw new EngineError(
        'Train',
        'this run goes on in another tab',
        'Look there, or close that tab. With other settings a new run begins here.',
      );
    }
    const kept = await this.#keptRun().catch(() => null); // the run that is here takes its place
    if (!kept || !goesOn(kept.run) || kept.run.step <= this.#held.run.step) return;
    this.#takeUp(kept);
    this.setState('preparing');
  }

  /** A new run, or another part of the same one, `before`: the browser knows from now on how far that is to go. */
  async begin(run: RunInfo, pairs: LoadedPairs, before: Held | null): Promise<void> {
    const history = before?.history ?? { losses: [], validation: [], scores: [] };
    history.losses.length = Math.min(history.losses.length, run.step);
    this.#pairs = pairs;
    this.#restored = false;
    this.#held = { run, history, bytes: before?.bytes ?? null };
    this.#emit({ kind: 'history', history });
    await this.#keep(true);
  }

  /** A checkpoint of it. Its weights translate from now on. */
  async advance(step: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (!this.#held) return;
    if (!this.#held.bytes) this.#runs++; // the first of a new run
    this.#update(step, bytes);
    this.#chosen = null;
    this.#setWeights(bytes);
    if (this.#state === 'preparing') this.setState('training');
    await this.#keep(this.#state === 'paused'); // a pause may be the end
  }

  /** Its end: the last checkpoint, and the weights that translate best. */
  async finish(
    step: number,
    bytes: Uint8Array<ArrayBuffer>,
    weights: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    this.#update(step, bytes);
    this.#chosen = weights;
    this.#setWeights(weights);
    await this.#keep(true);
  }

  /** The last checkpoint, with what the page knows of the run. */
  async save(): Promise<SavedFile> {
    const held = this.#held;
    if (!held?.bytes) {
      throw new EngineError('Save checkpoint', 'there is no run yet', 'Press Train, or load a file.');
    }
    const { run, history, bytes } = held;
    const page = JSON.stringify({ run, history: rounded(history) });
    return {
      name: `heed-translate-${slugOf(run)}-${run.size}-${run.step}.safetensors`,
      bytes: await withExtra(bytes, 'page', page),
    };
  }

  /** Weights alone, to translate with: those that training chose in the end, or the newest. */
  async saveModel(): Promise<SavedFile> {
    const held = this.#held;
    if (!held?.bytes)
      throw new EngineError('Save model', 'there is no run yet', 'Press Train, or load a file.');
    const { run, bytes } = held;
    return {
      name: `heed-model-${slugOf(run)}-${run.size}-${run.step}.safetensors`,
      bytes: await translationWeights(this.#chosen ?? bytes),
    };
  }

  /**
   * Takes up a file: a run of this page, or null for weights that only translate. `stop` is awaited when the file has
   * proved to be one. Throws if it is neither.
   */
  async load(bytes: Uint8Array<ArrayBuffer>, stop: () => Promise<void>): Promise<RunInfo | null> {
    const { extras } = await TranslationModel.open(bytes);
    if (!extras['page'] || !extras['training']) {
      await stop();
      this.#runs++;
      this.#setWeights(bytes);
      return null;
    }
    const page = checkedJson('checkpoint', PAGE, extras['page']);
    const { step } = await checkpointInfo(bytes); // the weights', whatever the page says
    const [run, history] = [{ ...page.run, step }, page.history];
    await stop();
    this.#takeUp({ run, history, bytes });
    this.#restored = false;
    this.#complained = false;
    await this.#keep(true);
    return run;
  }

  async forget(): Promise<void> {
    this.#held = this.#weights = this.#chosen = null;
    await this.#keeper.forget();
    this.#emit({ kind: 'history', history: { losses: [], validation: [], scores: [] } });
    this.setState('empty');
  }

  /** Nothing goes on. */
  rest(): void {
    const run = this.#held?.bytes ? this.#held.run : null;
    this.setState(run ? (run.step >= run.steps ? 'finished' : 'stopped') : 'empty');
  }

  setState(state: RunState): void {
    this.#state = state;
    const held = this.#held?.bytes ? this.#held : null;
    if (held && (state === 'stopped' || state === 'finished')) {
      // Steps after the checkpoint are not there any more.
      cut(held.history, held.run.step);
      this.#emit({ kind: 'history', history: held.history });
    }
    this.#emit({ kind: 'state', state, run: this.#held?.run ?? null });
  }

  async #keptRun(): Promise<KeptRun | null> {
    const kept = await this.#keeper.run();
    return kept && checked('the run that this browser kept', KEPT, kept, LOST);
  }

  #update(step: number, bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#held) this.#held = { ...this.#held, run: { ...this.#held.run, step }, bytes };
  }

  /** Writes the run to the browser's storage: `now`, or when the last time is long enough ago. */
  async #keep(now: boolean): Promise<void> {
    const held = this.#held;
    if (!held?.bytes || (!now && performance.now() - this.#kept < KEEP_MS)) return;
    this.#kept = performance.now();
    try {
      if (!(await this.#keeper.claim())) return this.#complain('tab');
      const { run, history, bytes } = held;
      const pairs = this.#pairs?.name.id === run.pairs.id ? keptOf(this.#pairs) : null;
      const kept = { run, history: rounded(cut(copyOf(history), run.step)), bytes };
      await this.#keeper.keep({ ...kept, ...(this.#chosen && { weights: this.#chosen }) }, pairs);
      this.#complained = false;
    } catch (error) {
      // A transaction that the browser aborts has no error to tell.
      const { name, message } = (error as Error | null) ?? new Error('the browser broke it off');
      this.#complain(name === 'QuotaExceededError' ? 'room' : 'error', message || name);
    }
  }

  /** Once, until it is kept again. */
  #complain(why: (TranslateEvent & { kind: 'unkept' })['why'], reason = ''): void {
    if (!this.#complained) this.#emit({ kind: 'unkept', why, reason });
    this.#complained = true;
  }

  #takeUp({ run, history, bytes, weights }: KeptRun): void {
    this.#held = { run, history: copyOf(history), bytes };
    this.#runs++;
    this.#chosen = weights ?? null;
    this.#setWeights(weights ?? bytes);
    this.#emit({ kind: 'history', history: this.#held.history });
    this.rest();
  }

  #setWeights(bytes: Uint8Array<ArrayBuffer>): void {
    this.#weights = bytes;
    this.#version++;
  }
}

/** The run's pairs, for a file's name. */
const slugOf = ({ pairs }: RunInfo): string =>
  (pairs.kind === 'corpus' ? pairs.id : pairs.title.replace(/\.\w+$/, ''))
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 40);
