/**
 * What the worker does for the Translate page: holds the device, the model that translates and the one in training.
 * Every call either succeeds or throws one error that is fit to be shown; a failed call leaves things as they were.
 */
import { EngineError, type Device } from '../../../engine/index';
import { TranslationModel } from '../../../models/translation/model';
import { Connection } from '../../session/connection';
import { fetchFile } from '../../session/fetched';
import type { SavedFile } from '../../session/protocol';
import { OpenModel } from './open-model';
import { OwnRun } from './own-run';
import { readOwn, reportOf, type LoadedPairs } from './pairs';
import type {
  Alignment,
  DecodeSettings,
  ModelChoice,
  ModelInfo,
  PairsReport,
  PairsSource,
  RunInfo,
  TrainSettings,
  TranslateEvent,
  TranslationResult,
} from './protocol';
import { Training } from './training';

export class TranslateSession {
  readonly #emit: (event: TranslateEvent) => void;
  readonly #connection = new Connection(
    (adapter) => this.#emit({ kind: 'adapter', adapter }),
    () => void this.#recover(),
  );
  readonly #own: OwnRun;
  readonly #training: Training;
  #pairs: LoadedPairs | null = null;
  /** How often pairs were chosen: what was chosen last counts, whichever is read first. */
  #choices = 0;
  #choice: ModelChoice | null = null;
  /** Models open one after the other. */
  #opening: Promise<unknown> = Promise.resolve();
  #model: {
    readonly open: OpenModel;
    readonly choice: ModelChoice;
    readonly device: Device;
    /** Of its weights and of the run they come from, where they are the visitor's own. */
    readonly version: number;
    readonly run: number;
  } | null = null;
  #translations = 0;
  #translating: { readonly abort: AbortController; readonly done: Promise<unknown> } | null = null;

  constructor(emit: (event: TranslateEvent) => void) {
    this.#emit = emit;
    this.#own = new OwnRun(emit);
    this.#training = new Training(this.#connection, this.#own, emit);
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
  }

  /**
   * Takes up the run that the browser kept, if there is one. Returns what its pairs are, if they are its own and none
   * were chosen meanwhile.
   */
  async restore(): Promise<PairsReport | null> {
    const before = this.#choices;
    const kept = await this.#own.restore();
    if (!kept || before !== this.#choices) return null;
    this.#pairs = kept;
    return reportOf(kept);
  }

  /** Reads and checks pairs of the visitor's own; they are the ones that `train` will use. */
  async choosePairs(source: PairsSource): Promise<PairsReport | null> {
    if (source.kind === 'corpus') return null;
    const turn = ++this.#choices;
    const { loaded, report } = await readOwn(source);
    if (turn === this.#choices) this.#pairs = loaded;
    return report;
  }

  // Translating ---------------------------------------------------------------------------------------------------

  /** Opens a model to translate with. Null when another one was chosen before it was open. */
  async useModel(choice: ModelChoice): Promise<ModelInfo | null> {
    this.#choice = choice;
    await this.stopTranslating();
    const open = await this.#openModel(choice);
    return open && open.info;
  }

  /** The best translations of a text; events tell how the first grows. Null when a later call has taken over. */
  async translate(text: string, settings: DecodeSettings): Promise<TranslationResult | null> {
    const abort = new AbortController();
    const before = this.#translating;
    before?.abort.abort();
    const work = (async (): Promise<TranslationResult | null> => {
      await before?.done.catch(() => undefined);
      if (abort.signal.aborted) return null;
      return await this.#connection.use(async () => {
        const model = await this.#current();
        if (!model) return null;
        return await model.translate(++this.#translations, text, settings, abort.signal, (partial) =>
          this.#emit({ kind: 'partial', text: partial }),
        );
      });
    })();
    this.#translating = { abort, done: work };
    try {
      return await work;
    } catch (error) {
      if (abort.signal.aborted) return null;
      throw error;
    } finally {
      if (this.#translating.done === work) this.#translating = null;
    }
  }

  async stopTranslating(): Promise<void> {
    this.#translating?.abort.abort();
    await this.#translating?.done.catch(() => undefined);
  }

  /** Cross-attention of a candidate of this translation; null when another model is open by now. */
  async alignment(translation: number, part: number, hypothesis: number): Promise<Alignment | null> {
    return (await this.#model?.open.alignment(translation, part, hypothesis)) ?? null;
  }

  // Training ------------------------------------------------------------------------------------------------------

  /** Trains until `settings.steps`: goes on with the present run where it fits, else starts a new one. */
  async train(source: PairsSource | null, settings: TrainSettings): Promise<void> {
    await this.#training.train(source, this.#pairs, settings);
  }

  pause(): void {
    this.#training.pause();
  }

  resume(): void {
    this.#training.resume();
  }

  async stop(): Promise<void> {
    await this.#training.stop();
  }

  /** The run with everything that training needs to go on, as a file. */
  async save(): Promise<SavedFile> {
    return await this.#own.save();
  }

  /** The run's weights alone, which are much less. */
  async saveModel(): Promise<SavedFile> {
    return await this.#own.saveModel();
  }

  /** Throws where a file is neither a run nor weights that translate, before anything is given up for it. */
  async look(file: Blob): Promise<void> {
    await TranslationModel.open(file);
  }

  /** Takes up a saved run, or weights that only translate (null). The present ones stay if the file does not work. */
  async load(file: Blob): Promise<RunInfo | null> {
    return await this.#own.load(new Uint8Array(await file.arrayBuffer()), () => this.#training.stop());
  }

  /** Drops the run, here and in the browser. */
  async forget(): Promise<void> {
    await this.#training.stop();
    await this.#own.forget();
    if (this.#choice?.kind === 'own') this.#choice = null;
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  /** The model that is chosen, on the device as it is now, with the newest weights. Null: another is chosen by now. */
  async #current(): Promise<OpenModel | null> {
    const device = await this.#connection.open();
    if (!this.#choice) throw new EngineError('Translate', 'no model is chosen', 'Train one, or load a file.');
    const model = this.#model;
    if (model?.device !== device || model.choice !== this.#choice) return await this.#openModel(this.#choice);
    const newest = this.#own.weights;
    if (this.#choice.kind !== 'own' || !newest || newest.version === model.version) return model.open;
    // Of a run that began anew, the vocabulary and the shape may be others.
    if (newest.run !== model.run) return await this.#openModel(this.#choice);
    await model.open.reload(newest.bytes);
    this.#model = { ...model, version: newest.version };
    return model.open;
  }

  #openModel(choice: ModelChoice): Promise<OpenModel | null> {
    const opened = this.#opening
      .then(() => this.#openNext(choice))
      .catch((error: unknown) => {
        if (choice !== this.#choice) return null; // nobody waits for it any more
        throw error;
      });
    this.#opening = opened.catch(() => undefined);
    return opened;
  }

  #openNext(choice: ModelChoice): Promise<OpenModel | null> {
    return this.#connection.use((device) => this.#openOn(device, choice));
  }

  async #openOn(device: Device, choice: ModelChoice): Promise<OpenModel | null> {
    if (choice !== this.#choice) return null;
    const newest = this.#own.weights;
    if (choice.kind === 'own' && !newest) {
      throw new EngineError('model', 'there is none of your own yet', 'Train one, or load a file.');
    }
    const file = choice.kind === 'own' ? newest!.bytes : await fetchFile(choice.url, choice.title);
    const open = await OpenModel.open(device, file);
    if (choice !== this.#choice) {
      open[Symbol.dispose]();
      return null;
    }
    this.#close();
    this.#model = { open, choice, device, version: newest?.version ?? 0, run: newest?.run ?? 0 };
    return open;
  }

  #close(): void {
    this.#model?.open[Symbol.dispose]();
    this.#model = null;
  }

  /** The next translation opens its model anew; a run in training sees to itself. */
  async #recover(): Promise<void> {
    try {
      await this.#connection.open();
      if (!this.#training.active) this.#emit({ kind: 'recovered', step: null });
    } catch {
      // No adapter now: the next call tries again and its error is shown.
    }
  }
}
