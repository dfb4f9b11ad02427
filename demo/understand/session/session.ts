/**
 * What the worker does for the page Understand: fills blanks, teaches a classifier and explains it, and searches lines by meaning. A call
 * either succeeds or throws one error that is fit to be shown; a failed call leaves things as they were.
 */
import { EngineError } from '../../../engine/index';
import { defaultRate } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import type { Cached, Found, Source, Storage } from '../../bring/session/protocol';
import { Shelf } from '../../bring/session/shelf';
import { titleOf } from '../../bring/session/sources';
import { Connection } from '../../session/connection';
import { InTurn } from '../../session/in-turn';
import type { Blanked } from '../words';
import { Encoder } from './encoder';
import { Lifeline, type Calls } from './lifeline';
import { linesOf, ReadLines } from './lines';
import type {
  Columns,
  ExampleSource,
  Explained,
  ExplanationMethod,
  ExportedFile,
  Filled,
  KeptClassifier,
  LearnSettings,
  Lesson,
  LineMap,
  OpenedEncoder,
  Rows,
  ScoredWord,
  Searched,
  Tested,
  Told,
  UnderstandEvent,
} from './protocol';
import { Pupil } from './pupil';
import { Study } from './study';

/** Of the usual learning rate: a visitor's examples are few, and so are the steps. */
const HASTE = 2;

export class UnderstandSession {
  readonly #emit: (event: UnderstandEvent) => void;
  readonly #lifeline: Lifeline;
  readonly #shelf: Shelf;
  readonly #study: Study;
  /** What is done with the encoder as it came, also while a classifier learns. */
  readonly #asks = new InTurn();
  #chosen: { readonly source: Source; readonly found: Found } | null = null;
  #encoder: Encoder | null = null;
  #lines: { readonly of: Encoder | Pupil; readonly read: ReadLines } | null = null;

  constructor(emit: (event: UnderstandEvent) => void, connection?: Calls) {
    this.#emit = emit;
    this.#shelf = new Shelf(emit);
    const own = (): Connection =>
      new Connection(
        (adapter) => emit({ kind: 'adapter', adapter }),
        () => undefined, // the next call loads the model on another device
      );
    this.#lifeline = new Lifeline(connection ?? own(), () =>
      emit({ kind: 'recovered', step: this.#study.step }),
    );
    const folder = (signal: AbortSignal): Promise<ModelFolder> =>
      this.#shelf.folder(this.#expectChosen().source, signal);
    this.#study = new Study({ emit, lifeline: this.#lifeline, folder });
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#lifeline.open();
  }

  // The encoder -----------------------------------------------------------------------------------------------------

  kept(): Promise<readonly Cached[]> {
    return this.#shelf.kept();
  }

  forgetModel(model: string): Promise<void> {
    return this.#shelf.forget(model);
  }

  /** What a model is and what it takes. */
  find(source: Source, storage: Storage): Promise<Found> {
    return this.#asks.run(async (signal) => {
      return this.#shelf.find(source, storage, await this.#lifeline.open(), signal);
    });
  }

  /** Loads an encoder in place of the one that is there, whose classifier goes with it; one that does not load changes nothing. */
  load(source: Source, found: Found): Promise<OpenedEncoder> {
    const whole = async (signal: AbortSignal): Promise<OpenedEncoder> => {
      const options = { device: await this.#lifeline.open(), signal, onWeights: this.#onWeights };
      const folder = await this.#shelf.folder(source, signal);
      const encoder = await Encoder.open(folder, found, options);
      let pupil: Pupil | null = null;
      try {
        // One that can tell classes does so, and says why, before anything is taught.
        if (found.use === 'classify') pupil = await Pupil.open(folder, null, options);
      } catch (error) {
        encoder[Symbol.dispose]();
        throw error;
      }
      this.#closeEncoder();
      this.#study.drop();
      [this.#chosen, this.#encoder] = [{ source, found }, encoder];
      if (pupil) await this.#study.place(pupil, titleOf(source));
      const { context, width, fills } = encoder;
      const rate = Number((HASTE * defaultRate(width)).toPrecision(1));
      return { ...found, context, rate, fills, labels: pupil?.labels ?? [] };
    };
    return this.#study.alone(() => this.#asks.run(whole));
  }

  /** Ends what is under way, whose call then throws an AbortError; a training ends in order. */
  async cancel(): Promise<void> {
    await Promise.all([this.#asks.cancel(), this.#study.stop()]);
  }

  // Fill ------------------------------------------------------------------------------------------------------------

  fill(blanked: Blanked): Promise<Filled> {
    return this.#ask((encoder, signal) => encoder.fill(blanked, signal));
  }

  /** By how much less sure it would be of a token without each of the other words. */
  reasons(blanked: Blanked, token: number): Promise<readonly ScoredWord[]> {
    return this.#ask((encoder, signal) => encoder.reasons(blanked, token, signal));
  }

  // Classify --------------------------------------------------------------------------------------------------------

  /** Reads labelled examples; `columns`: null to guess. Throws a `DataError` that says what is wrong with them. */
  chooseExamples(source: ExampleSource, columns: Columns | null): Promise<Lesson> {
    return this.#study.chooseExamples(source, columns);
  }

  /** Teaches a classifier the examples: goes on with one that was stopped where settings and examples are its own, else begins anew. */
  train(settings: LearnSettings): Promise<void> {
    return this.#study.train(settings);
  }

  pause(): void {
    this.#study.pause();
  }

  resume(): void {
    this.#study.resume();
  }

  /** Ends the training in order: the classifier has the best weights so far. */
  stop(): Promise<void> {
    return this.#study.stop();
  }

  /** The classifier goes, with all that it learnt. */
  forget(): Promise<void> {
    return this.#study.forget();
  }

  tell(text: string): Promise<Told> {
    return this.#study.ask((pupil, signal) => pupil.tell(text, signal));
  }

  /** Which words decided for a class; null: for the likeliest. */
  explain(text: string, method: ExplanationMethod, target: string | null): Promise<Explained> {
    return this.#study.ask((pupil, signal) => pupil.explain(text, method, target, signal));
  }

  /** Whether explanations are faithful to this classifier, by texts that it has not seen. */
  test(): Promise<Tested> {
    return this.#study.test();
  }

  /** The classifier as a Hugging Face folder. */
  save(): readonly ExportedFile[] {
    return this.#study.save();
  }

  classifiers(): Promise<readonly KeptClassifier[]> {
    return this.#study.list();
  }

  deleteClassifier(id: string): Promise<void> {
    return this.#study.delete(id);
  }

  /** One that this browser keeps, in place of the one that is there. */
  openClassifier(id: string): Promise<void> {
    return this.#study.openKept(id);
  }

  /** A folder that was saved, here or by Transformers. */
  openFolder(files: readonly File[]): Promise<void> {
    return this.#study.openFolder(files);
  }

  // Search ----------------------------------------------------------------------------------------------------------

  /** Reads lines, and makes a map of them. */
  readLines(text: string, rows: Rows): Promise<LineMap> {
    const work = async (of: Encoder | Pupil, signal: AbortSignal): Promise<LineMap> => {
      const reader = { rows, embedder: of.embedder, centred: !(of instanceof Encoder && of.embeds) };
      const onProgress = (done: number, total: number): void =>
        this.#emit({ kind: 'work', what: 'embed', done, total });
      const lines = linesOf(text);
      const read = await ReadLines.of(lines, reader, signal, onProgress);
      this.#lines = { of, read };
      // A classifier's map shows what it takes each line for.
      return of instanceof Pupil ? { ...read.map, groups: await of.groups(lines.lines, signal) } : read.map;
    };
    return rows === 'base' ? this.#ask(work) : this.#study.ask(work);
  }

  /** The lines that are nearest to a query. Null where they have to be read again: the model has changed. */
  search(query: string): Promise<Searched | null> {
    const work = async (of: Encoder | Pupil, signal: AbortSignal): Promise<Searched | null> =>
      this.#lines?.of === of ? this.#lines.read.search(of.embedder, query, signal) : null;
    return this.#lines?.read.map.rows === 'taught' ? this.#study.ask(work) : this.#ask(work);
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#lifeline.lose();
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  readonly #onWeights = (done: number, total: number): void => this.#emit({ kind: 'weights', done, total });

  /** A call about the encoder as it came: done again once where its device is lost meanwhile. */
  #ask<T>(work: (encoder: Encoder, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#asks.run((signal) =>
      this.#lifeline.hold(
        () => this.#encoder,
        async () => {
          const { source, found } = this.#expectChosen();
          this.#encoder = await this.#lifeline.current(this.#encoder, async (device) => {
            const folder = await this.#shelf.folder(source, signal);
            return Encoder.open(folder, found, { device, signal, onWeights: this.#onWeights });
          });
          return work(this.#encoder, signal);
        },
        signal,
      ),
    );
  }

  #expectChosen() {
    if (this.#chosen) return this.#chosen;
    throw new EngineError('Understand', 'no model is loaded', 'Load one.');
  }

  #closeEncoder(): void {
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = null;
  }
}
