/** What is taught of one task: the examples, the model that learns or has learnt, and what of it the browser keeps. */
import { EngineError, type PauseSwitch } from '../../../engine/index';
import type { Judgement, Split } from '../../../models/finetune/index';
import type { ModelFolder } from '../../../models/index';
import { folderOfFiles } from '../../session/files-folder';
import type { Lifeline } from '../../session/lifeline';
import { Training } from '../../session/training';
import { Course } from './course';
import type { OpenOptions } from './encoder';
import { KeptModels } from './kept';
import type { ReadLesson } from './lesson';
import type {
  Choices,
  ExampleSource,
  ExportedFile,
  Judged,
  KeptModel,
  LearnEvent,
  LearnSettings,
  Lessons,
  TaskName,
  TaughtRun,
  UnderstandEvent,
} from './protocol';
import type { Pupil } from './pupil';
import type { Subject } from './subjects';

/** Mistakes that are told. */
const MISTAKES = 12;

export interface StudyParts {
  readonly emit: (event: UnderstandEvent) => void;
  readonly lifeline: Lifeline;
  /** The folder of the encoder that is to learn. Throws where none is loaded. */
  readonly folder: (signal: AbortSignal) => Promise<ModelFolder>;
}

type Said<Event> = Event extends unknown ? Omit<Event, 'task'> : never;

export class Study<T extends TaskName, E extends object, P extends Pupil> {
  readonly #subject: Subject<T, E, P>;
  readonly #parts: StudyParts;
  readonly #training: Training<TaughtRun>;
  readonly #keptHere: KeptModels;
  #lesson: ReadLesson<Lessons[T], E> | null = null;
  /** The examples that were chosen last: what comes of earlier ones is not taken. */
  #reading = 0;
  #pupil: P | null = null;
  /** What it learns by; null for one that came from files. */
  #course: Course<E> | null = null;
  /** The model at rest, as a folder: what is put back where a device is lost. */
  #files: ReadonlyMap<string, Blob> | null = null;

  constructor(subject: Subject<T, E, P>, parts: StudyParts) {
    [this.#subject, this.#parts] = [subject, parts];
    this.#keptHere = new KeptModels(subject.name);
    this.#training = new Training((state, run) => this.#emit({ kind: 'state', state, run }));
  }

  get running(): boolean {
    return this.#training.running;
  }

  /** Examples that were held out of what was learnt, or else of those that were chosen. */
  get held(): readonly E[] {
    return (this.#course?.taught.split ?? this.#lesson?.split)?.held ?? [];
  }

  /** Does something while nothing learns. */
  alone<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    return this.#training.turns.run(work);
  }

  /** Ends what is under way; a training in order: the model has the best weights so far. */
  stop(): Promise<void> {
    return this.#training.turns.cancel();
  }

  // Learning --------------------------------------------------------------------------------------------------------

  async chooseExamples(source: ExampleSource, choice: Choices[T] | null): Promise<Lessons[T]> {
    const reading = ++this.#reading;
    const read = await this.#subject.read(source, choice);
    if (reading === this.#reading) this.#lesson = read;
    return read.lesson;
  }

  train(settings: LearnSettings): Promise<void> {
    return this.#training.train(
      (signal, pause) => this.#train(settings, signal, pause),
      (before) => this.#course?.done ?? before === 'finished',
    );
  }

  pause(): void {
    this.#training.pause();
  }

  resume(): void {
    this.#training.resume();
  }

  async forget(): Promise<void> {
    await this.stop();
    this.drop();
  }

  async #train(settings: LearnSettings, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    const { split = null, lesson } = this.#lesson ?? {};
    if (!split || !lesson) throw new EngineError('Train', 'there are no examples', 'Choose some.');
    const known = this.#course;
    const goesOn = known !== null && !known.done && known.isOf(settings, lesson.fingerprint);
    const course = goesOn ? known : this.#courseOf(settings, lesson, split);
    const folder = await this.#parts.folder(signal);
    // A new head each time: the same settings learn the same. One that goes on finds its weights in its checkpoint.
    const pupil = await this.#opened(folder, lesson.labels, signal);
    const before = goesOn ? this.#files : null;
    this.rest();
    [this.#pupil, this.#course, this.#files] = [pupil, course, null];
    this.#emit({ kind: 'history', history: course.history });
    if (!goesOn) this.#emit({ kind: 'judged', judged: null });
    this.#describe();
    try {
      await this.#learn(course, pupil, signal, pause);
    } catch (error) {
      this.rest();
      if (before) this.#files = before;
      else this.drop();
      throw error;
    }
    if (course.judgement) await this.#keep(pupil, course);
    else this.drop(); // it was ended before anything was learnt
  }

  #courseOf(settings: LearnSettings, { title, labels, fingerprint }: Lessons[T], split: Split<E>): Course<E> {
    const { tokens, length, task } = this.#subject;
    return new Course(settings, { title, labels, split, fingerprint, task: task(labels), tokens, length });
  }

  async #learn(course: Course<E>, pupil: P, signal: AbortSignal, pause: PauseSwitch): Promise<void> {
    let begun = false;
    await course.learn(pupil, {
      ...{ signal, pause },
      another: (lost) => this.#parts.lifeline.another(lost),
      onCompile: (share) => this.#emit({ kind: 'progress', phase: 'compile', share }),
      onSteps: (event) => {
        if (!begun) this.#training.set('training');
        begun = true;
        this.#emit({ kind: 'steps', ...event });
      },
      onJudged: (step, loss, judgement) => {
        this.#emit({ kind: 'evaluation', step, loss });
        this.#judged(judgement, step, null);
      },
      onPaused: (paused) => this.#training.set(paused ? 'paused' : 'training'),
      onRecovered: (step) => {
        this.#emit({ kind: 'history', history: course.history });
        this.#parts.emit({ kind: 'recovered', step });
      },
    });
  }

  /** What it learnt stays: as files, which no device takes away, on this page and in the browser. */
  async #keep(pupil: P, course: Course<E>): Promise<void> {
    this.#files = await pupil.opened.save();
    this.#describe();
    const { id, kept } = course;
    const { title, labels, split } = course.taught;
    const judgement = course.judgement!;
    const rest = new AbortController().signal; // also where the visitor stopped it
    const mistakes = await this.#subject.mistakes(pupil, split.held, rest);
    this.#judged(judgement, kept, mistakes.slice(0, MISTAKES));
    try {
      const f1 = this.#subject.score(judgement);
      const is = await this.#keptHere.keep({ id, title, labels, f1 }, this.#files);
      if (is) this.#emit({ kind: 'kept' });
    } catch (error) {
      const { message, name } = error as Error;
      const why = `This browser does not keep the model (${message || name}): save it.`;
      this.#parts.emit({ kind: 'notice', message: why });
    }
  }

  // What has learnt -------------------------------------------------------------------------------------------------

  /** A call about the model: done again once where its device is lost meanwhile. */
  ask<R>(work: (pupil: P, signal: AbortSignal) => Promise<R>): Promise<R> {
    const { lifeline } = this.#parts;
    return this.alone((signal) =>
      lifeline.hold(
        () => this.#pupil,
        async () => {
          const files = this.#files;
          if (!files) throw new EngineError('Model', 'nothing has been taught', 'Teach it first.');
          const open = (): Promise<P> => this.#opened(folderOfFiles(files), null, signal);
          this.#pupil = await lifeline.current(this.#pupil, open);
          return work(this.#pupil, signal);
        },
        signal,
      ),
    );
  }

  /** Its place on the device is free: what is at rest comes back from its files. */
  rest(): void {
    this.#pupil?.[Symbol.dispose]();
    this.#pupil = null;
  }

  // Files -----------------------------------------------------------------------------------------------------------

  save(): readonly ExportedFile[] {
    if (!this.#files) throw new EngineError('Save', 'there is no model', 'Teach one first.');
    return [...this.#files].map(([name, blob]) => ({ name, blob }));
  }

  list(): Promise<readonly KeptModel[]> {
    return this.#keptHere.list();
  }

  async delete(id: string): Promise<void> {
    await this.#keptHere.delete(id);
    this.#emit({ kind: 'kept' });
  }

  openKept(id: string): Promise<void> {
    return this.alone(async (signal) => {
      const { about, files } = await this.#keptHere.files(id);
      const pupil = await this.#opened(folderOfFiles(files), null, signal);
      this.drop();
      await this.#place(pupil, about.title);
    });
  }

  openFolder(files: readonly File[]): Promise<void> {
    return this.alone(async (signal) => {
      const pupil = await this.#opened(files, null, signal);
      this.drop();
      await this.#place(pupil, files[0].webkitRelativePath.split('/')[0] || 'folder');
    });
  }

  /** A checkpoint that has a head for this, opened, and what puts it in the place of the one that is there. */
  async withHead(folder: ModelFolder, title: string, options: OpenOptions) {
    const pupil = await this.#subject.open(folder, null, options);
    return { labels: pupil.labels, place: () => this.#place(pupil, title) };
  }

  async #place(pupil: P, title: string): Promise<void> {
    [this.#pupil, this.#files] = [pupil, await pupil.opened.save()];
    const steps = { step: 0, steps: 0, kept: 0, long: 0 };
    this.#training.run = { title, labels: pupil.labels, settings: null, ...steps, lesson: '' };
    this.#training.set('finished');
  }

  /** The model goes. */
  drop(): void {
    this.rest();
    [this.#course, this.#files, this.#training.run] = [null, null, null];
    this.#emit({ kind: 'history', history: { losses: [], validation: [] } });
    this.#emit({ kind: 'judged', judged: null });
    this.#training.set('empty');
  }

  // Parts -----------------------------------------------------------------------------------------------------------

  async #opened(folder: ModelFolder, labels: readonly string[] | null, signal: AbortSignal): Promise<P> {
    const device = await this.#parts.lifeline.open();
    return this.#subject.open(folder, labels, { device, signal, onWeights: () => undefined });
  }

  #judged(judgement: Judgement, step: number, mistakes: Judged<T>['mistakes']): void {
    const { labels } = this.#course!.taught;
    this.#emit({ kind: 'judged', judged: { ...judgement, step, labels, mistakes } });
  }

  #describe(): void {
    const { settings, step, kept, long } = this.#course!;
    const { title, labels, fingerprint } = this.#course!.taught;
    this.#training.run = {
      ...{ title, labels, settings, step, kept, long },
      ...{ steps: settings.steps, lesson: fingerprint },
    };
    this.#training.tell();
  }

  #emit(event: Said<LearnEvent<T>>): void {
    this.#parts.emit({ ...event, task: this.#subject.name });
  }
}
