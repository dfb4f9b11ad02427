/**
 * What the worker does for the page Understand: fills blanks, teaches a classifier and explains it, and searches lines by meaning. A call
 * either succeeds or throws one error that is fit to be shown; a failed call leaves things as they were.
 */
import { EngineError, PauseSwitch, type Device } from '../../../engine/index';
import { defaultRate } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import type { Cached, Found, Source, Storage } from '../../bring/session/protocol';
import { Shelf } from '../../bring/session/shelf';
import { titleOf } from '../../bring/session/sources';
import { Connection } from '../../session/connection';
import { InTurn } from '../../session/in-turn';
import type { RunState } from '../../session/protocol';
import type { Blanked } from '../words';
import { Course } from './course';
import { Encoder } from './encoder';
import { readLesson, type ReadLesson } from './examples';
import { KeptClassifiers } from './kept';
import { linesOf, ReadLines } from './lines';
import type {
  ClassRun,
  Columns,
  ExampleSource,
  Explained,
  ExplanationMethod,
  ExportedFile,
  Filled,
  Judged,
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

/** Held-out texts that explanations are tested on, and mistakes that are told. */
const TESTED = 16;
const MISTAKES = 12;
/** Of the usual learning rate: a visitor's examples are few, and so are the steps. */
const HASTE = 2;

/** A model that was chosen, and what of it is told. */
interface Chosen {
  readonly source: Source;
  readonly found: Found;
}

type Calls = Pick<Connection, 'open' | 'reopen' | 'lose'>;

export class UnderstandSession {
  readonly #emit: (event: UnderstandEvent) => void;
  readonly #connection: Calls;
  readonly #shelf: Shelf;
  readonly #keptHere = new KeptClassifiers();
  /** What is done with the encoder as it came, also while a classifier learns. */
  readonly #asks = new InTurn();
  /** What is done with the classifier. */
  readonly #lessons = new InTurn();
  #chosen: Chosen | null = null;
  #encoder: Encoder | null = null;
  #lines: { readonly of: Encoder | Pupil; readonly read: ReadLines } | null = null;
  #lesson: ReadLesson | null = null;
  /** The examples that were chosen last: what comes of earlier ones is not taken. */
  #reading = 0;
  #pupil: Pupil | null = null;
  /** What it learns by; null for one that came from files. */
  #course: Course | null = null;
  /** The classifier at rest, as a folder: what is put back where a device is lost. */
  #files: ReadonlyMap<string, Blob> | null = null;
  #run: ClassRun | null = null;
  #state: RunState = 'empty';
  #pause: PauseSwitch | null = null;

  constructor(emit: (event: UnderstandEvent) => void, connection?: Calls) {
    this.#emit = emit;
    this.#shelf = new Shelf(emit);
    this.#connection =
      connection ??
      new Connection(
        (adapter) => emit({ kind: 'adapter', adapter }),
        () => undefined, // the next call loads the model on another device
      );
  }

  /** Opens the adapter. Throws a `DeviceError` where there is none. */
  async open(): Promise<void> {
    await this.#connection.open();
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
      return this.#shelf.find(source, storage, await this.#connection.open(), signal);
    });
  }

  /** Loads an encoder in place of the one that is there, whose classifier goes with it; one that does not load changes nothing. */
  load(source: Source, found: Found): Promise<OpenedEncoder> {
    const whole = async (signal: AbortSignal): Promise<OpenedEncoder> => {
      const device = await this.#connection.open();
      const folder = await this.#shelf.folder(source, signal);
      const options = { device, signal, onWeights: this.#onWeights };
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
      this.#drop();
      [this.#chosen, this.#encoder] = [{ source, found }, encoder];
      if (pupil) await this.#place(pupil, titleOf(source));
      const { context, width, fills } = encoder;
      const rate = Number((HASTE * defaultRate(width)).toPrecision(1));
      return { ...found, context, rate, fills, labels: pupil?.labels ?? [] };
    };
    return this.#lessons.run(() => this.#asks.run(whole));
  }

  /** Ends what is under way, whose call then throws an AbortError; a training ends in order. */
  async cancel(): Promise<void> {
    await Promise.all([this.#asks.cancel(), this.#lessons.cancel()]);
  }

  // Fill ------------------------------------------------------------------------------------------------------------

  fill(blanked: Blanked): Promise<Filled> {
    return this.#asked(async (encoder, signal) => encoder.fill(blanked, signal));
  }

  /** By how much less sure it would be of a token without each of the other words. */
  reasons(blanked: Blanked, token: number): Promise<readonly ScoredWord[]> {
    return this.#asked(async (encoder, signal) => encoder.reasons(blanked, token, signal));
  }

  // Classify --------------------------------------------------------------------------------------------------------

  /** Reads labelled examples; `columns`: null to guess. Throws a `DataError` that says what is wrong with them. */
  async chooseExamples(source: ExampleSource, columns: Columns | null): Promise<Lesson> {
    const reading = ++this.#reading;
    const read = await readLesson(source, columns);
    if (reading === this.#reading) this.#lesson = read;
    return read.lesson;
  }

  /** Teaches a classifier the examples: goes on with one that was stopped where settings and examples are its own, else begins anew. */
  train(settings: LearnSettings): Promise<void> {
    return this.#lessons.run(async (signal) => {
      this.#pause = new PauseSwitch();
      const before = this.#state;
      this.#setState('preparing');
      try {
        await this.#train(settings, signal, this.#pause);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        this.#pause = null;
        const done = this.#course?.done ?? before === 'finished';
        this.#setState(!this.#run ? 'empty' : done ? 'finished' : 'stopped');
      }
    });
  }

  pause(): void {
    this.#pause?.pause();
  }

  resume(): void {
    this.#pause?.resume();
  }

  /** Ends the training in order: the classifier has the best weights so far. */
  async stop(): Promise<void> {
    await this.#lessons.cancel();
  }

  /** The classifier goes, with all that it learnt. */
  async forget(): Promise<void> {
    await this.#lessons.cancel();
    this.#drop();
  }

  tell(text: string): Promise<Told> {
    return this.#taught((pupil, signal) => pupil.tell(text, signal));
  }

  /** Which words decided for a class; null: for the likeliest. */
  explain(text: string, method: ExplanationMethod, target: string | null): Promise<Explained> {
    return this.#taught((pupil, signal) => pupil.explain(text, method, target, signal));
  }

  /** Whether explanations are faithful to this classifier, by texts that it has not seen. */
  test(): Promise<Tested> {
    return this.#taught((pupil, signal) => {
      const held = (this.#course?.split ?? this.#lesson?.split)?.held ?? [];
      if (held.length === 0)
        throw new EngineError('Test', 'there are no held-out texts', 'Choose examples first.');
      const every = Math.max(1, held.length / TESTED);
      const texts = held.filter((_, i) => Math.floor(i / every) !== Math.floor((i - 1) / every));
      const onProgress = (done: number, total: number): void =>
        this.#emit({ kind: 'work', what: 'test', done, total });
      return pupil.test(
        texts.map(({ text }) => text),
        signal,
        onProgress,
      );
    });
  }

  // Files -----------------------------------------------------------------------------------------------------------

  /** The classifier as a Hugging Face folder. */
  save(): readonly ExportedFile[] {
    if (!this.#files) throw new EngineError('Save', 'there is no classifier', 'Teach one first.');
    return [...this.#files].map(([name, blob]) => ({ name, blob }));
  }

  classifiers(): Promise<readonly KeptClassifier[]> {
    return this.#keptHere.list();
  }

  async deleteClassifier(id: string): Promise<void> {
    await this.#keptHere.delete(id);
    this.#emit({ kind: 'kept' });
  }

  /** One that this browser keeps, in place of the one that is there. */
  openClassifier(id: string): Promise<void> {
    return this.#lessons.run(async (signal) => {
      const { about, files } = await this.#keptHere.files(id);
      await this.#openFiles(files, about.title, signal);
    });
  }

  /** A folder that was saved, here or by Transformers. */
  openFolder(files: readonly File[]): Promise<void> {
    return this.#lessons.run(async (signal) => {
      const named = new Map<string, Blob>(files.map((file) => [file.name, file]));
      await this.#openFiles(named, files[0].webkitRelativePath.split('/')[0] || 'folder', signal);
    });
  }

  // Search ----------------------------------------------------------------------------------------------------------

  /** Reads lines, and makes a map of them. */
  readLines(text: string, rows: Rows): Promise<LineMap> {
    const work = async (of: Encoder | Pupil, signal: AbortSignal): Promise<LineMap> => {
      const reader = { rows, embedder: of.embedder, centred: !(of instanceof Encoder && of.embeds) };
      const onProgress = (done: number, total: number): void =>
        this.#emit({ kind: 'work', what: 'embed', done, total });
      const read = await ReadLines.of(linesOf(text), reader, signal, onProgress);
      this.#lines = { of, read };
      return read.map;
    };
    return rows === 'base' ? this.#asked(work) : this.#taught(work);
  }

  /** The lines that are nearest to a query. Null where they have to be read again: the model has changed. */
  search(query: string): Promise<Searched | null> {
    const work = async (of: Encoder | Pupil, signal: AbortSignal): Promise<Searched | null> =>
      this.#lines?.of === of ? this.#lines.read.search(of.embedder, query, signal) : null;
    return this.#lines?.read.map.rows === 'taught' ? this.#taught(work) : this.#asked(work);
  }

  /** For tests: destroys the device, as a driver crash would. */
  loseDevice(): void {
    this.#connection.lose();
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  readonly #onWeights = (done: number, total: number): void => this.#emit({ kind: 'weights', done, total });

  async #train(settings: LearnSettings, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    const [lesson, chosen] = [this.#lesson, this.#chosen];
    if (!lesson?.split) throw new EngineError('Train', 'there are no examples', 'Choose some.');
    if (!chosen) throw new EngineError('Train', 'no model is loaded', 'Load one.');
    const { split, fingerprint } = lesson;
    const known = this.#course;
    const goesOn = known !== null && !known.done && known.isOf(settings, fingerprint);
    const { title, labels } = lesson.lesson;
    const course = goesOn ? known : new Course(settings, { title, labels, split, fingerprint });
    const device = await this.#connection.open();
    const folder = await this.#shelf.folder(chosen.source, signal);
    // A new head each time: the same settings learn the same. One that goes on finds its weights in its checkpoint.
    const pupil = await Pupil.open(folder, labels, { device, signal, onWeights: () => undefined });
    const before = goesOn ? this.#files : null;
    this.#closePupil();
    [this.#pupil, this.#course, this.#files] = [pupil, course, null];
    this.#emit({ kind: 'history', history: course.history });
    if (!goesOn) this.#emit({ kind: 'judged', judged: null });
    this.#describe();
    let begun = false;
    try {
      await course.learn(pupil, {
        ...{ signal, pause },
        another: (lost) => this.#another(lost),
        onCompile: (share) => this.#emit({ kind: 'progress', phase: 'compile', share }),
        onSteps: (event) => {
          if (!begun) this.#setState('training');
          begun = true;
          this.#emit({ kind: 'steps', ...event });
        },
        onJudged: (step, loss, judgement) => {
          this.#emit({ kind: 'evaluation', step, loss });
          this.#judged(judgement, step, null);
        },
        onPaused: (paused) => this.#setState(paused ? 'paused' : 'training'),
        onRecovered: (step) => {
          this.#emit({ kind: 'history', history: course.history });
          this.#emit({ kind: 'recovered', step });
        },
      });
    } catch (error) {
      this.#closePupil();
      if (before) this.#files = before;
      else this.#drop();
      throw error;
    }
    if (course.judgement) await this.#keep(pupil, course);
    else this.#drop(); // it was ended before anything was learnt
  }

  /** What it learnt stays: as files, which no device takes away, on this page and in the browser. */
  async #keep(pupil: Pupil, course: Course): Promise<void> {
    this.#files = await pupil.opened.save();
    this.#describe();
    const { id, title, labels, split, judgement, kept } = course;
    const rest = new AbortController().signal; // also where the visitor stopped it
    const held = split.held.map(({ text, label }) => ({ text, label: labels[label as number] }));
    const mistakes = await pupil.mistakes(held, rest);
    this.#judged(judgement!, kept, mistakes.slice(0, MISTAKES));
    const { macroF1 = null } = judgement!.metrics;
    try {
      const is = await this.#keptHere.keep({ id, title, labels, macroF1 }, this.#files);
      if (is) this.#emit({ kind: 'kept' });
    } catch (error) {
      const { message, name } = error as Error;
      this.#emit({
        kind: 'notice',
        message: `This browser does not keep the classifier (${message || name}): save it.`,
      });
    }
  }

  async #openFiles(files: ReadonlyMap<string, Blob>, title: string, signal: AbortSignal): Promise<void> {
    const device = await this.#connection.open();
    const pupil = await Pupil.open(inMap(files), null, { device, signal, onWeights: () => undefined });
    this.#drop();
    await this.#place(pupil, title);
  }

  /** A classifier that came with its head. */
  async #place(pupil: Pupil, title: string): Promise<void> {
    [this.#pupil, this.#files] = [pupil, await pupil.opened.save()];
    const steps = { step: 0, steps: 0, kept: 0, long: 0 };
    this.#run = { title, labels: pupil.labels, settings: null, ...steps, lesson: '' };
    this.#setState('finished');
  }

  #judged(judgement: NonNullable<Course['judgement']>, step: number, mistakes: Judged['mistakes']): void {
    const { labels } = this.#course!;
    this.#emit({ kind: 'judged', judged: { ...judgement, step, labels, mistakes } });
  }

  #describe(): void {
    const { title, labels, settings, step, kept, long, fingerprint } = this.#course!;
    this.#run = {
      ...{ title, labels, settings, step, kept, long },
      ...{ steps: settings.steps, lesson: fingerprint },
    };
    this.#tell();
  }

  /** A call about the encoder as it came: done again once where its device is lost meanwhile. */
  #asked<T>(work: (encoder: Encoder, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#asks.run((signal) =>
      this.#alive(
        () => this.#encoder,
        async () => {
          const device = await this.#connection.open();
          const chosen = this.#chosen;
          if (!chosen) throw new EngineError('Understand', 'no model is loaded', 'Load one.');
          if (this.#encoder?.device !== device) {
            this.#closeEncoder();
            const folder = await this.#shelf.folder(chosen.source, signal);
            this.#encoder = await Encoder.open(folder, chosen.found, {
              ...{ device, signal, onWeights: this.#onWeights },
            });
          }
          return work(this.#encoder, signal);
        },
        signal,
      ),
    );
  }

  /** The same of the classifier. */
  #taught<T>(work: (pupil: Pupil, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#lessons.run((signal) =>
      this.#alive(
        () => this.#pupil,
        async () => {
          const device = await this.#connection.open();
          const files = this.#files;
          if (!files) throw new EngineError('Classify', 'nothing has been taught', 'Teach it first.');
          if (this.#pupil?.device !== device) {
            this.#closePupil();
            this.#pupil = await Pupil.open(inMap(files), null, {
              ...{ device, signal, onWeights: () => undefined },
            });
          }
          return work(this.#pupil, signal);
        },
        signal,
      ),
    );
  }

  async #alive<T>(
    on: () => { readonly device: Device } | null,
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const { device } = on() ?? {};
      if (signal.aborted || !device || (await device.loss()) === null) throw error;
      await this.#another(device);
      this.#emit({ kind: 'recovered', step: this.#run?.step ?? 0 });
      return work();
    }
  }

  /** The device in the place of one that is lost: the one that somebody has opened since, or a new one. */
  async #another(lost: Device): Promise<Device> {
    const now = await this.#connection.open();
    return now === lost ? this.#connection.reopen() : now;
  }

  /** The classifier goes. */
  #drop(): void {
    this.#closePupil();
    [this.#course, this.#files, this.#run] = [null, null, null];
    this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
    this.#emit({ kind: 'judged', judged: null });
    this.#setState('empty');
  }

  #closePupil(): void {
    this.#pupil?.[Symbol.dispose]();
    this.#pupil = null;
  }

  #closeEncoder(): void {
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = null;
  }

  #setState(state: RunState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    this.#emit({ kind: 'state', state: this.#state, run: this.#run });
  }
}

const inMap =
  (files: ReadonlyMap<string, Blob>): ModelFolder =>
  (name) =>
    Promise.resolve(files.get(name) ?? null);
