/**
 * What the worker does for the page Understand: fills blanks, teaches classes, tags and answers, and searches lines by meaning. A call
 * either succeeds or throws one error that is fit to be shown; a failed call leaves things as they were.
 */
import { EngineError } from '../../../engine/index';
import {
  defaultRate,
  type AnswerExample,
  type ClassExample,
  type TagExample,
} from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import type { Cached, Found, Source, Storage } from '../../bring/session/protocol';
import { Shelf } from '../../bring/session/shelf';
import { titleOf } from '../../bring/session/sources';
import { Connection } from '../../session/connection';
import { InTurn } from '../../session/in-turn';
import { Lifeline, type Calls } from '../../session/lifeline';
import type { Blanked } from '../words';
import type { Answerer } from './answerer';
import { Classifier } from './classifier';
import { Encoder } from './encoder';
import { linesOf, ReadLines } from './lines';
import {
  TASK_NAMES,
  type Answered,
  type Asked,
  type Choices,
  type ExampleSource,
  type Explained,
  type ExplanationMethod,
  type ExportedFile,
  type Filled,
  type KeptModel,
  type LearnSettings,
  type Lessons,
  type LineMap,
  type OpenedEncoder,
  type Rows,
  type ScoredWord,
  type Searched,
  type Tagged,
  type TaskName,
  type Tested,
  type Told,
  type UnderstandEvent,
} from './protocol';
import type { Pupil } from './pupil';
import { Study } from './study';
import { ASK, CLASSIFY, TAG } from './subjects';
import type { Tagger } from './tagger';

/** Tasks that a checkpoint comes with the head for. */
const HEADS: Partial<Record<NonNullable<Found['use']>, TaskName>> = {
  ...{ classify: 'classify', tag: 'tag', answer: 'ask' },
};

/** Held-out texts that explanations are tested on. */
const TESTED = 16;

/** Of the usual learning rate: a visitor's examples are few, and so are the steps. */
const HASTE = 2;

export class UnderstandSession {
  readonly #emit: (event: UnderstandEvent) => void;
  readonly #lifeline: Lifeline;
  readonly #shelf: Shelf;
  readonly #studies: {
    readonly classify: Study<'classify', ClassExample, Classifier>;
    readonly tag: Study<'tag', TagExample, Tagger>;
    readonly ask: Study<'ask', AnswerExample, Answerer>;
  };
  /** What is done with the encoder as it came, also while something learns. */
  readonly #asks = new InTurn();
  #chosen: { readonly source: Source; readonly found: Found } | null = null;
  #encoder: Encoder | null = null;
  #lines: { readonly of: Encoder | Classifier; readonly read: ReadLines } | null = null;

  constructor(emit: (event: UnderstandEvent) => void, connection?: Calls) {
    this.#emit = emit;
    this.#shelf = new Shelf(emit);
    this.#lifeline = new Lifeline(
      connection ?? new Connection((adapter) => emit({ kind: 'adapter', adapter })),
      () => emit({ kind: 'recovered', step: 0 }),
    );
    const folder = (signal: AbortSignal): Promise<ModelFolder> =>
      this.#shelf.folder(this.#expectChosen().source, signal);
    const parts = { emit, lifeline: this.#lifeline, folder };
    this.#studies = {
      classify: new Study(CLASSIFY, parts),
      tag: new Study(TAG, parts),
      ask: new Study(ASK, parts),
    };
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

  /** Loads an encoder in place of the one that is there, and all that it was taught goes with it; one that does not load changes nothing. */
  load(source: Source, found: Found): Promise<OpenedEncoder> {
    const can = HEADS[found.use ?? 'fill'] ?? null;
    const whole = async (signal: AbortSignal): Promise<OpenedEncoder> => {
      const options = { device: await this.#lifeline.open(), signal, onWeights: this.#onWeights };
      const folder = await this.#shelf.folder(source, signal);
      const encoder = await Encoder.open(folder, found, options);
      let placed: { readonly labels: readonly string[]; readonly place: () => Promise<void> } | null;
      try {
        // One that has a head uses it, and says why not, before anything is taught.
        placed = can && (await this.#studies[can].withHead(folder, titleOf(source), options));
      } catch (error) {
        encoder[Symbol.dispose]();
        throw error;
      }
      this.#closeEncoder();
      for (const task of TASK_NAMES) this.#studies[task].drop();
      [this.#chosen, this.#encoder] = [{ source, found }, encoder];
      await placed?.place();
      const { context, width, fills } = encoder;
      const rate = Number((HASTE * defaultRate(width)).toPrecision(1));
      return { ...found, context, rate, fills, can, labels: placed?.labels ?? [] };
    };
    const { classify, tag, ask } = this.#studies;
    return classify.alone(() => tag.alone(() => ask.alone(() => this.#asks.run(whole))));
  }

  /** Ends what is under way, whose call then throws an AbortError; a training ends in order. */
  async cancel(): Promise<void> {
    await Promise.all([this.#asks.cancel(), ...TASK_NAMES.map((task) => this.#studies[task].stop())]);
  }

  // Fill ------------------------------------------------------------------------------------------------------------

  fill(blanked: Blanked): Promise<Filled> {
    return this.#ask((encoder, signal) => encoder.fill(blanked, signal));
  }

  /** By how much less sure it would be of a token without each of the other words. */
  reasons(blanked: Blanked, token: number): Promise<readonly ScoredWord[]> {
    return this.#ask((encoder, signal) => encoder.reasons(blanked, token, signal));
  }

  // What is taught --------------------------------------------------------------------------------------------------

  /** Reads examples; `choice`: null to guess. Throws a `DataError` that says what is wrong with them. */
  chooseExamples<T extends TaskName>(
    task: T,
    source: ExampleSource,
    choice: Choices[T] | null,
  ): Promise<Lessons[T]> {
    return this.#studyOf(task).chooseExamples(source, choice);
  }

  /**
   * Teaches a model the examples: goes on with one that was stopped where settings and examples are its own, else begins anew. One task
   * at a time: what others have learnt leaves the device to it.
   */
  async train(task: TaskName, settings: LearnSettings): Promise<void> {
    for (const other of TASK_NAMES.filter((name) => name !== task)) {
      const study = this.#studies[other];
      if (study.running)
        throw new EngineError('Train', `${other} is learning`, 'Wait for it, or stop it, in its tab.');
      await study.alone(() => Promise.resolve(study.rest()));
    }
    await this.#studies[task].train(settings);
  }

  pause(task: TaskName): void {
    this.#studies[task].pause();
  }

  resume(task: TaskName): void {
    this.#studies[task].resume();
  }

  /** Ends the training in order: the model has the best weights so far. */
  stop(task: TaskName): Promise<void> {
    return this.#studies[task].stop();
  }

  /** The model goes, with all that it learnt. */
  forget(task: TaskName): Promise<void> {
    return this.#studies[task].forget();
  }

  /** The model as a Hugging Face folder. */
  save(task: TaskName): readonly ExportedFile[] {
    return this.#studies[task].save();
  }

  keptModels(task: TaskName): Promise<readonly KeptModel[]> {
    return this.#studies[task].list();
  }

  deleteKept(task: TaskName, id: string): Promise<void> {
    return this.#studies[task].delete(id);
  }

  /** One that this browser keeps, in place of the one that is there. */
  openKept(task: TaskName, id: string): Promise<void> {
    return this.#studies[task].openKept(id);
  }

  /** A folder that was saved, here or by Transformers. */
  openFolder(task: TaskName, files: readonly File[]): Promise<void> {
    return this.#studies[task].openFolder(files);
  }

  // What has learnt -------------------------------------------------------------------------------------------------

  tell(text: string): Promise<Told> {
    return this.#studies.classify.ask((pupil, signal) => pupil.tell(text, signal));
  }

  /** Which words decided for a class; null: for the likeliest. */
  explain(text: string, method: ExplanationMethod, target: string | null): Promise<Explained> {
    return this.#studies.classify.ask((pupil, signal) => pupil.explain(text, method, target, signal));
  }

  /** Whether explanations are faithful to this classifier, by texts that it has not seen. */
  test(): Promise<Tested> {
    const { classify } = this.#studies;
    return classify.ask((pupil, signal) => {
      const { held } = classify;
      if (held.length === 0)
        throw new EngineError('Test', 'there are no held-out texts', 'Choose examples first.');
      const every = Math.max(1, held.length / TESTED);
      const some = held.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every));
      const texts = some.map(({ text }) => text);
      return pupil.test(texts, signal, (done, total) =>
        this.#emit({ kind: 'work', what: 'test', done, total }),
      );
    });
  }

  /** What of a text has a tag. */
  tag(text: string): Promise<Tagged> {
    return this.#studies.tag.ask((pupil, signal) => pupil.tag(text, signal));
  }

  /** The words of a text that answer a question. */
  answer(asked: Asked): Promise<Answered> {
    return this.#studies.ask.ask((pupil, signal) => pupil.answer(asked, signal));
  }

  // Search ----------------------------------------------------------------------------------------------------------

  /** Reads lines, and makes a map of them. */
  readLines(text: string, rows: Rows): Promise<LineMap> {
    const work = async (of: Encoder | Classifier, signal: AbortSignal): Promise<LineMap> => {
      const reader = { rows, reads: of, centred: !(of instanceof Encoder && of.embeds) };
      const onProgress = (done: number, total: number): void =>
        this.#emit({ kind: 'work', what: 'embed', done, total });
      const lines = linesOf(text);
      const read = await ReadLines.of(lines, reader, signal, onProgress);
      this.#lines = { of, read };
      // A classifier's map shows what it takes each line for.
      return of instanceof Classifier
        ? { ...read.map, groups: await of.groups(lines.lines, signal) }
        : read.map;
    };
    return rows === 'base' ? this.#ask(work) : this.#studies.classify.ask(work);
  }

  /** The lines that are nearest to a query. Null where they have to be read again: the model has changed. */
  search(query: string): Promise<Searched | null> {
    const work = async (of: Encoder | Classifier, signal: AbortSignal): Promise<Searched | null> =>
      this.#lines?.of === of ? this.#lines.read.search(of.embedder, query, signal) : null;
    return this.#lines?.read.map.rows === 'taught' ? this.#studies.classify.ask(work) : this.#ask(work);
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#lifeline.lose();
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  readonly #onWeights = (done: number, total: number): void => this.#emit({ kind: 'weights', done, total });

  /** Of the task with this name. */
  #studyOf<T extends TaskName>(task: T): Pick<Study<T, object, Pupil>, 'chooseExamples'> {
    return this.#studies[task] as unknown as Study<T, object, Pupil>;
  }

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
