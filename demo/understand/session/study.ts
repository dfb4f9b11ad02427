/** What is taught: the examples, the classifier that learns or has learnt, and what of it the browser keeps. */
import { EngineError, PauseSwitch } from '../../../engine/index';
import type { Judgement } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { folderOfFiles } from '../../session/files-folder';
import { InTurn } from '../../session/in-turn';
import type { RunState } from '../../session/protocol';
import { Course } from './course';
import { readLesson, type ReadLesson } from './examples';
import { KeptClassifiers } from './kept';
import type { Lifeline } from './lifeline';
import type {
  ClassRun,
  Columns,
  ExampleSource,
  ExportedFile,
  Judged,
  KeptClassifier,
  LearnSettings,
  Lesson,
  Tested,
  UnderstandEvent,
} from './protocol';
import { Pupil } from './pupil';

/** Held-out texts that explanations are tested on, and mistakes that are told. */
const TESTED = 16;
const MISTAKES = 12;

export interface StudyParts {
  readonly emit: (event: UnderstandEvent) => void;
  readonly lifeline: Lifeline;
  /** The folder of the encoder that is to learn. Throws where none is loaded. */
  readonly folder: (signal: AbortSignal) => Promise<ModelFolder>;
}

export class Study {
  readonly #emit: (event: UnderstandEvent) => void;
  readonly #lifeline: Lifeline;
  readonly #folder: StudyParts['folder'];
  readonly #keptHere = new KeptClassifiers();
  readonly #turns = new InTurn();
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

  constructor({ emit, lifeline, folder }: StudyParts) {
    [this.#emit, this.#lifeline, this.#folder] = [emit, lifeline, folder];
  }

  /** The step up to which it has learnt. */
  get step(): number {
    return this.#run?.step ?? 0;
  }

  /** Does something while nothing learns. */
  alone<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#turns.run(work);
  }

  /** Ends what is under way; a training in order: the classifier has the best weights so far. */
  stop(): Promise<void> {
    return this.#turns.cancel();
  }

  // Learning --------------------------------------------------------------------------------------------------------

  async chooseExamples(source: ExampleSource, columns: Columns | null): Promise<Lesson> {
    const reading = ++this.#reading;
    const read = await readLesson(source, columns);
    if (reading === this.#reading) this.#lesson = read;
    return read.lesson;
  }

  train(settings: LearnSettings): Promise<void> {
    return this.#turns.run(async (signal) => {
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

  async forget(): Promise<void> {
    await this.#turns.cancel();
    this.drop();
  }

  async #train(settings: LearnSettings, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    const lesson = this.#lesson;
    if (!lesson?.split) throw new EngineError('Train', 'there are no examples', 'Choose some.');
    const { split, fingerprint } = lesson;
    const known = this.#course;
    const goesOn = known !== null && !known.done && known.isOf(settings, fingerprint);
    const { title, labels } = lesson.lesson;
    const course = goesOn ? known : new Course(settings, { title, labels, split, fingerprint });
    const folder = await this.#folder(signal);
    // A new head each time: the same settings learn the same. One that goes on finds its weights in its checkpoint.
    const pupil = await this.#opened(folder, labels, signal);
    const before = goesOn ? this.#files : null;
    this.#closePupil();
    [this.#pupil, this.#course, this.#files] = [pupil, course, null];
    this.#emit({ kind: 'history', history: course.history });
    if (!goesOn) this.#emit({ kind: 'judged', judged: null });
    this.#describe();
    try {
      await this.#learn(course, pupil, signal, pause);
    } catch (error) {
      this.#closePupil();
      if (before) this.#files = before;
      else this.drop();
      throw error;
    }
    if (course.judgement) await this.#keep(pupil, course);
    else this.drop(); // it was ended before anything was learnt
  }

  async #learn(course: Course, pupil: Pupil, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    let begun = false;
    await course.learn(pupil, {
      ...{ signal, pause },
      another: (lost) => this.#lifeline.another(lost),
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
      const why = `This browser does not keep the classifier (${message || name}): save it.`;
      this.#emit({ kind: 'notice', message: why });
    }
  }

  // What has learnt -------------------------------------------------------------------------------------------------

  /** A call about the classifier: done again once where its device is lost meanwhile. */
  ask<T>(work: (pupil: Pupil, signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#turns.run((signal) =>
      this.#lifeline.hold(
        () => this.#pupil,
        async () => {
          const files = this.#files;
          if (!files) throw new EngineError('Classify', 'nothing has been taught', 'Teach it first.');
          this.#pupil = await this.#lifeline.current(this.#pupil, () =>
            this.#opened(folderOfFiles(files), null, signal),
          );
          return work(this.#pupil, signal);
        },
        signal,
      ),
    );
  }

  test(): Promise<Tested> {
    return this.ask((pupil, signal) => {
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

  save(): readonly ExportedFile[] {
    if (!this.#files) throw new EngineError('Save', 'there is no classifier', 'Teach one first.');
    return [...this.#files].map(([name, blob]) => ({ name, blob }));
  }

  list(): Promise<readonly KeptClassifier[]> {
    return this.#keptHere.list();
  }

  async delete(id: string): Promise<void> {
    await this.#keptHere.delete(id);
    this.#emit({ kind: 'kept' });
  }

  openKept(id: string): Promise<void> {
    return this.#turns.run(async (signal) => {
      const { about, files } = await this.#keptHere.files(id);
      const pupil = await this.#opened(folderOfFiles(files), null, signal);
      this.drop();
      await this.place(pupil, about.title);
    });
  }

  openFolder(files: readonly File[]): Promise<void> {
    return this.#turns.run(async (signal) => {
      const pupil = await this.#opened(files, null, signal);
      this.drop();
      await this.place(pupil, files[0].webkitRelativePath.split('/')[0] || 'folder');
    });
  }

  /** A classifier that came with its head. */
  async place(pupil: Pupil, title: string): Promise<void> {
    [this.#pupil, this.#files] = [pupil, await pupil.opened.save()];
    const steps = { step: 0, steps: 0, kept: 0, long: 0 };
    this.#run = { title, labels: pupil.labels, settings: null, ...steps, lesson: '' };
    this.#setState('finished');
  }

  /** The classifier goes. */
  drop(): void {
    this.#closePupil();
    [this.#course, this.#files, this.#run] = [null, null, null];
    this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
    this.#emit({ kind: 'judged', judged: null });
    this.#setState('empty');
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  async #opened(folder: ModelFolder, labels: readonly string[] | null, signal: AbortSignal): Promise<Pupil> {
    const device = await this.#lifeline.open();
    return Pupil.open(folder, labels, { device, signal, onWeights: () => undefined });
  }

  #judged(judgement: Judgement, step: number, mistakes: Judged['mistakes']): void {
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

  #closePupil(): void {
    this.#pupil?.[Symbol.dispose]();
    this.#pupil = null;
  }

  #setState(state: RunState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    this.#emit({ kind: 'state', state: this.#state, run: this.#run });
  }
}
