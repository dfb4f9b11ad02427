/** The tab that teaches a classifier: its examples, how it learns, what it tells and why, and what is kept. */
import { finder, onClick, setText } from '../view/dom';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { saveFolder } from '../view/save-file';
import { Latest, Pause, TYPING, type Host } from './host';
import type { RecordedFile } from './recording';
import type {
  ClassRun,
  Columns,
  ExampleSource,
  Judged,
  LearnSettings,
  UnderstandEvent,
} from './session/protocol';
import { ExamplesPanel } from './view/examples-panel';
import { FaithPanel } from './view/faith-panel';
import { JudgementPanel } from './view/judgement-panel';
import { KeptPanel } from './view/kept-panel';
import { TryPanel } from './view/try-panel';

export type LearnEvent = Exclude<
  UnderstandEvent,
  { kind: 'adapter' | 'download' | 'weights' | 'notice' | 'recovered' }
>;

export class Classify {
  readonly examples = new ExamplesPanel();
  readonly trial = new TryPanel();
  /** The classifier goes, or another one begins. */
  onForgotten: () => void = () => undefined;
  readonly #host: Host;
  readonly #byId = finder();
  readonly #view = new RunView<ClassRun, 'encode' | 'compile'>();
  readonly #judgement = new JudgementPanel();
  readonly #faith = new FaithPanel();
  readonly #kept = new KeptPanel();
  readonly #latest: Latest;
  readonly #pause = new Pause();
  #judged: Judged | null = null;
  /** The examples that were chosen: only the last count. */
  #reading = 0;
  /** Ends when they have been read. */
  #choosing: Promise<void> = Promise.resolve();

  constructor(host: Host) {
    [this.#host, this.#latest] = [host, new Latest(host)];
    onClick('train', () => this.#train());
    onClick('pause', () => this.#host.session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#host.session?.stop());
    onClick('start-over', () => this.#startOver());
    onClick('save', () => host.attempts.run(() => this.#save()));
    const files = this.#byId<HTMLInputElement>('checkpoint-file');
    [files.multiple, files.accept] = [true, ''];
    onClick('load', () => files.click());
    files.addEventListener('change', () => {
      const chosen = [...(files.files ?? [])];
      files.value = '';
      if (chosen.length > 0) void this.#placed(async () => this.#host.session!.openFolder(chosen));
    });
    this.examples.onExamples = (source, columns) => {
      this.#choosing = this.#read(source, columns);
    };
    this.examples.onChange = () => this.#onSettings();
    this.#judgement.onTry = (text) => {
      this.trial.type(text);
      this.#byId('try-text').focus();
    };
    this.trial.onText = () => {
      host.changed();
      this.#pause.wait(host.replay ? 0 : TYPING, () => this.ask());
    };
    this.trial.onWhy = () => {
      this.#onSettings();
      if (this.canTry) void this.#latest.run((isCurrent) => this.#explain(isCurrent));
    };
    this.#faith.onTest = () => void this.#test();
    this.#kept.onOpen = (id) => void this.#placed(async () => this.#host.session!.openClassifier(id));
    this.#kept.onDelete = (id) =>
      void host.attempts.run(async () => this.#host.session?.deleteClassifier(id));
  }

  get running(): boolean {
    return this.#view.running;
  }

  /** There is a classifier that may be asked. */
  get canTry(): boolean {
    return this.#host.replay !== null || (this.#view.run !== null && !this.#view.running);
  }

  /** Whether enough time has passed to show the next figures. */
  get due(): boolean {
    return this.#view.due;
  }

  /** The session is there. */
  open(): void {
    void this.#listKept();
    this.examples.take();
  }

  replay({ lesson, tested }: RecordedFile): void {
    this.trial.lock();
    this.examples.found(lesson);
    for (const event of this.#host.replay!.events()) this.hear(event as LearnEvent);
    this.#faith.tested = tested;
  }

  hear(event: LearnEvent): void {
    if (event.kind === 'judged') this.#judged = event.judged;
    else if (event.kind === 'work') this.#faith.progress = event;
    else if (event.kind === 'kept') void this.#listKept();
    else this.#view.take(event);
    if (event.kind === 'state' && event.state === 'empty') {
      this.#view.forgetSpeed();
      this.#forgotten();
    }
  }

  repaint(): void {
    this.#view.repaint();
  }

  /** What does well for so many examples, and a model of this width. */
  suggest(): void {
    const { training = 160 } = this.examples.lesson ?? {};
    const { rate = 1e-3 } = this.#host.encoder ?? {};
    const steps = 10 * Math.round(Math.min(600, Math.max(60, training * 0.75)) / 10);
    this.examples.numbers.suggest({ rate, steps });
  }

  #onSettings(): void {
    this.suggest();
    this.#host.changed();
    this.#host.render();
  }

  #forgotten(): void {
    this.trial.clear();
    this.#faith.tested = null;
    this.onForgotten();
  }

  // Learning --------------------------------------------------------------------------------------------------------

  async #read(source: ExampleSource | null, columns: Columns | null): Promise<void> {
    const turn = ++this.#reading;
    if (!source || !this.#host.session) return;
    try {
      const lesson = await this.#host.session.chooseExamples(source, columns);
      if (turn === this.#reading) this.examples.found(lesson);
    } catch (error) {
      if (turn === this.#reading) this.examples.failed(error as Error);
    }
  }

  async #train(): Promise<void> {
    const { session, strings, context } = this.#host;
    const { notices } = context;
    if (!session) return;
    notices.clear();
    await this.#choosing;
    if (!this.#host.encoder) return notices.error(strings.noModel);
    const { lesson, numbers } = this.examples;
    if (!lesson || lesson.question) return notices.error(strings.noExamples);
    const problem = numbers.problem(strings);
    if (problem !== null) return notices.error(problem);
    await this.#trainBy(numbers.values);
  }

  /** Goes on with the classifier that is paused or stopped, by its own settings whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.#host.session?.resume();
    const { run } = this.#view;
    if (!run?.settings) return;
    this.examples.numbers.adopt(run.settings);
    await this.#trainBy(run.settings);
  }

  async #trainBy(settings: LearnSettings): Promise<void> {
    this.#view.prepare();
    this.#forgotten();
    this.#host.render();
    try {
      await this.#host.session!.train(settings);
    } catch (error) {
      this.#host.context.notices.error(error as Error);
      return this.#host.render();
    }
    await this.ask();
  }

  async #startOver(): Promise<void> {
    if (!confirm(this.#host.strings.forgetQuestion)) return;
    await this.#host.attempts.run(async () => this.#host.session?.forget());
    this.#byId('train').focus();
  }

  // What has learnt -------------------------------------------------------------------------------------------------

  /** Tells the class of what is typed, and why. */
  async ask(): Promise<void> {
    if (!this.canTry) return;
    await this.#latest.run(async (isCurrent) => {
      const { text } = this.trial;
      if (text.trim() === '') return this.trial.tell(null);
      const { replay, session } = this.#host;
      const told = replay ? replay.told(text) : await session!.tell(text);
      if (!isCurrent()) return;
      this.trial.tell(told);
      this.#host.render();
      await this.#explain(isCurrent);
    });
  }

  async #explain(isCurrent: () => boolean): Promise<void> {
    const { text, method, target } = this.trial;
    if (text.trim() === '') return;
    const { replay, session } = this.#host;
    const explained = replay ? replay.explained(text, method) : await session!.explain(text, method, target);
    if (isCurrent()) this.trial.explain(explained);
  }

  async #test(): Promise<void> {
    this.#faith.tested = null;
    this.#faith.progress = { done: 0, total: 0 };
    await this.#host.attempts.run(async () => {
      try {
        this.#faith.tested = await this.#host.session!.test();
      } finally {
        this.#faith.progress = null;
      }
    });
  }

  async #save(): Promise<void> {
    const files = await this.#host.session!.save();
    if (await saveFolder(files)) this.#host.context.notices.news(this.#host.strings.saved(files.length));
  }

  /** A classifier is opened in the place of the one that is there. */
  async #placed(open: () => Promise<void>): Promise<void> {
    await this.#host.attempts.run(open);
    await this.ask();
  }

  async #listKept(): Promise<void> {
    this.#kept.kept = (await this.#host.session?.classifiers().catch(() => [])) ?? [];
    this.#host.render();
  }

  // Drawing ---------------------------------------------------------------------------------------------------------

  render(): void {
    const { strings, format, context, ready, replay, encoder, attempts } = this.#host;
    const { busy } = attempts;
    const { run, running, state, latest } = this.#view;
    this.examples.setDisabled(running || !ready);
    this.examples.render(strings, format, context.language);
    const same = run !== null && this.#fits(run);
    const buttons = {
      busy,
      ready,
      writing: false,
      canTrain: encoder !== null,
      canResume: run?.settings != null,
    };
    this.#view.render(strings, format, { ...buttons, same }, this.examples.numbers.values.steps);
    this.#byId<HTMLButtonElement>('save').disabled ||= running || replay !== null;
    this.#judgement.show(strings, this.#judged);
    this.trial.show(strings, this.canTry, running);
    this.#faith.show(strings, this.canTry, ready && !busy && this.examples.lesson !== null);
    this.#kept.show(strings, format, context.language, ready && !running && !busy);
    this.#drawHint(same);
    context.showRun(replay ? null : runStatus(state, latest.step, format.loss(latest.training)));
  }

  /** What Train will do with the classifier that is there. */
  #drawHint(same: boolean): void {
    const { run, running, state } = this.#view;
    this.#byId('hint').hidden = !run || running || this.#host.replay !== null;
    if (!run || running) return;
    const { continues, startsAgain, startsNew, fromFiles } = this.#host.strings;
    const goesOn = state === 'stopped' ? continues(run.step) : startsAgain;
    setText(this.#byId('hint-text'), run.settings === null ? fromFiles : same ? goesOn : startsNew);
  }

  /** Whether Train would go on with this classifier, or learn it again. */
  #fits({ settings, title, labels }: ClassRun): boolean {
    const { lesson, numbers } = this.examples;
    if (!settings || !lesson) return false;
    const { rate, steps } = numbers.values;
    const sameLesson = lesson.title === title && lesson.labels.join('\n') === labels.join('\n');
    return sameLesson && settings.rate === rate && settings.steps === steps;
  }
}
