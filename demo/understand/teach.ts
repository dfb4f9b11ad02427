/** A tab that teaches: its examples, how a model learns them, what that tells, and what of it is kept. */
import { finder, onClick, setText } from '../view/dom';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { saveFolder } from '../view/save-file';
import type { RunStatus } from '../site/page';
import { Latest, Pause, TYPING, type Host } from './host';
import type {
  Choices,
  ExampleSource,
  Judged,
  LearnEvent,
  LearnSettings,
  Lessons,
  Mistakes,
  TaskName,
  TaughtRun,
} from './session/protocol';
import type { JudgementPanel } from './view/judgement-panel';
import { KeptPanel } from './view/kept-panel';
import type { LessonPanel } from './view/lesson-panel';

/** What a tab has beside what all that teach have. */
export interface TeachParts<T extends TaskName> {
  readonly task: T;
  readonly examples: LessonPanel<T>;
  readonly judgement: JudgementPanel<T>;
  /** Of the model's usual learning rate, and updates for each example. */
  readonly pace: { readonly rate: number; readonly steps: number };
}

export abstract class Teach<T extends TaskName> {
  readonly task: T;
  readonly examples: LessonPanel<T>;
  /** The model goes, or another one begins. */
  onForgotten: () => void = () => undefined;
  protected readonly host: Host;
  protected readonly byId = finder();
  protected readonly latest: Latest;
  readonly #view = new RunView<TaughtRun, 'encode' | 'compile'>();
  readonly #judgement: JudgementPanel<T>;
  readonly #pace: TeachParts<T>['pace'];
  readonly #kept: KeptPanel;
  readonly #pause = new Pause();
  #judged: Judged<T> | null = null;
  /** The examples that were chosen: only the last count. */
  #reading = 0;
  /** Ends when they have been read. */
  #choosing: Promise<void> = Promise.resolve();

  constructor(host: Host, { task, examples, judgement, pace }: TeachParts<T>) {
    [this.host, this.latest] = [host, new Latest(host)];
    [this.task, this.examples, this.#judgement, this.#pace] = [task, examples, judgement, pace];
    this.#kept = new KeptPanel(task);
    onClick('train', () => this.#train());
    onClick('pause', () => this.host.session?.pause(task));
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.host.session?.stop(task));
    onClick('start-over', () => this.#startOver());
    onClick('save', () => host.attempts.run(() => this.#save()));
    const files = this.byId<HTMLInputElement>('checkpoint-file');
    [files.multiple, files.accept] = [true, ''];
    onClick('load', () => files.click());
    files.addEventListener('change', () => {
      const chosen = [...(files.files ?? [])];
      files.value = '';
      if (chosen.length > 0) void this.#placed(async () => this.host.session!.openFolder(task, chosen));
    });
    examples.onExamples = (source, choice) => {
      this.#choosing = this.#read(source, choice);
    };
    examples.onChange = () => this.changed();
    judgement.onTry = (mistake) => this.tryAgain(mistake);
    this.#kept.onOpen = (id) => void this.#placed(async () => this.host.session!.openKept(task, id));
    this.#kept.onDelete = (id) => void host.attempts.run(async () => this.host.session?.deleteKept(task, id));
  }

  /** What stands in the fields to try it: as addresses have it. */
  abstract readonly text: string;
  abstract put(text: string): void;
  /** Asks the model that is there, of what is typed. */
  protected abstract asks(isCurrent: () => boolean): Promise<void>;
  /** What was asked of it is no more. */
  protected abstract clear(): void;
  /** Draws what it tells. */
  protected abstract draw(running: boolean): void;
  /** A text that it got wrong is to be tried. */
  protected abstract tryAgain(mistake: Mistakes[T]): void;

  get running(): boolean {
    return this.#view.running;
  }

  /** There is a model that may be asked. */
  get canTry(): boolean {
    return this.host.replay !== null || (this.#view.run !== null && !this.#view.running);
  }

  /** Whether enough time has passed to show the next figures. */
  get due(): boolean {
    return this.#view.due;
  }

  /** A training for the header of other pages. */
  get status(): RunStatus | null {
    const { state, latest } = this.#view;
    return runStatus(state, latest.step, this.host.format.loss(latest.training));
  }

  /** The session is there. */
  open(): void {
    void this.#listKept();
    this.examples.take();
  }

  hear(event: LearnEvent<T>): void {
    if (event.kind === 'judged') this.#judged = event.judged;
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
    const { rate = 1e-3 } = this.host.encoder ?? {};
    const steps = 10 * Math.round(Math.min(600, Math.max(60, training * this.#pace.steps)) / 10);
    this.examples.numbers.suggest({ rate: Number((rate * this.#pace.rate).toPrecision(1)), steps });
  }

  protected changed(): void {
    this.suggest();
    this.host.changed();
    this.host.render();
  }

  /** Somebody types: it is asked when they pause. */
  protected typed(): void {
    this.host.changed();
    this.host.render();
    this.#pause.wait(this.host.replay ? 0 : TYPING, () => this.ask());
  }

  #forgotten(): void {
    this.clear();
    this.onForgotten();
  }

  // Learning --------------------------------------------------------------------------------------------------------

  async #read(source: ExampleSource | null, choice: Choices[T] | null): Promise<void> {
    const turn = ++this.#reading;
    if (!source || !this.host.session) return;
    try {
      const lesson = await this.host.session.chooseExamples(this.task, source, choice);
      if (turn === this.#reading) this.examples.found(lesson as Lessons[T]);
    } catch (error) {
      if (turn === this.#reading) this.examples.failed(error as Error);
    }
  }

  async #train(): Promise<void> {
    const { session, strings, context } = this.host;
    const { notices } = context;
    if (!session) return;
    notices.clear();
    await this.#choosing;
    if (!this.host.encoder) return notices.error(strings.noModel);
    const { lesson, numbers } = this.examples;
    if (!lesson || asks(lesson)) return notices.error(strings.noExamples);
    const problem = numbers.problem(strings);
    if (problem !== null) return notices.error(problem);
    await this.#trainBy(numbers.values);
  }

  /** Goes on with the model that is paused or stopped, by its own settings whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.host.session?.resume(this.task);
    const { run } = this.#view;
    if (!run?.settings) return;
    this.examples.numbers.adopt(run.settings);
    await this.#trainBy(run.settings);
  }

  async #trainBy(settings: LearnSettings): Promise<void> {
    this.#view.prepare();
    this.#forgotten();
    this.host.render();
    try {
      await this.host.session!.train(this.task, settings);
    } catch (error) {
      this.host.context.notices.error(error as Error);
      return this.host.render();
    }
    await this.ask();
  }

  async #startOver(): Promise<void> {
    if (!confirm(this.host.strings.forgetQuestion)) return;
    await this.host.attempts.run(async () => this.host.session?.forget(this.task));
    this.byId('train').focus();
  }

  // What has learnt -------------------------------------------------------------------------------------------------

  /** Asks the model, where there is one. */
  async ask(): Promise<void> {
    if (this.canTry) await this.latest.run((isCurrent) => this.asks(isCurrent));
  }

  async #save(): Promise<void> {
    const files = await this.host.session!.save(this.task);
    if (await saveFolder(files)) this.host.context.notices.news(this.host.strings.saved(files.length));
  }

  /** A model is opened in the place of the one that is there. */
  async #placed(open: () => Promise<void>): Promise<void> {
    await this.host.attempts.run(open);
    await this.ask();
  }

  async #listKept(): Promise<void> {
    this.#kept.kept = (await this.host.session?.keptModels(this.task).catch(() => [])) ?? [];
    this.host.render();
  }

  // Drawing ---------------------------------------------------------------------------------------------------------

  /** `elsewhere`: the task that learns in another tab. */
  render(elsewhere: TaskName | null): void {
    const { strings, format, context, ready, replay, encoder, attempts } = this.host;
    const { busy } = attempts;
    const { run, running } = this.#view;
    this.examples.setDisabled(running || !ready);
    this.examples.render(strings, format, context.language);
    const same = run !== null && this.#fits(run);
    const buttons = {
      ...{ busy, ready, writing: false },
      canTrain: encoder !== null && elsewhere === null,
      canResume: run?.settings != null && elsewhere === null,
    };
    const told = { ...strings, asIfAmong: strings.asIfs[this.task] };
    this.#view.render(told, format, { ...buttons, same }, this.examples.numbers.values.steps);
    this.byId<HTMLButtonElement>('save').disabled ||= running || replay !== null;
    this.#judgement.show(strings, this.#judged);
    this.draw(running);
    this.#kept.show(strings, format, context.language, ready && !running && !busy);
    this.#drawHint(same, elsewhere);
  }

  /** What Train will do with the model that is there, or why it cannot. */
  #drawHint(same: boolean, elsewhere: TaskName | null): void {
    const { run, running, state } = this.#view;
    const { strings } = this.host;
    const told = !running && this.host.replay === null && (run !== null || elsewhere !== null);
    this.byId('hint').hidden = !told;
    this.byId('start-over').hidden = run === null;
    if (!told) return;
    const goesOn = state === 'stopped' ? strings.continues(run?.step ?? 0) : strings.startsAgain;
    const plan = run?.settings === null ? strings.fromFiles : same ? goesOn : strings.startsNew;
    const hint = elsewhere === null ? plan : strings.learnsElsewhere(strings.tabs[elsewhere]);
    setText(this.byId('hint-text'), hint);
  }

  /** Whether Train would go on with this model, or learn it again. */
  #fits({ settings, lesson: learnt }: TaughtRun): boolean {
    const { lesson, numbers } = this.examples;
    if (!settings || !lesson) return false;
    const { rate, steps } = numbers.values;
    return lesson.fingerprint === learnt && settings.rate === rate && settings.steps === steps;
  }
}

/** Whether something is to be answered before these examples are all known. */
const asks = (lesson: Lessons[TaskName]): boolean => 'question' in lesson && lesson.question !== null;
