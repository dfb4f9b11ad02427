/** The page Tasks: holds what the worker last said, and hands it to the views. */
import { countParameters } from '../session/sizes';
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, setText } from '../view/dom';
import { Format } from '../view/format';
import { Later } from '../view/later';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { chinese } from './chinese';
import { english, type TaskStrings } from './english';
import { unpack, type RecordedFile, type RecordedRun } from './recording';
import type { ByHead, Judged, TaskRun, TasksEvent, TaskSettings } from './session/protocol';
import { sameSettings } from './session/settings';
import { Lesson } from './tasks/lesson';
import type { Example } from './tasks/task';
import { EXAMPLES, makeTask, TASKS, WIDTH } from './tasks/tasks';
import { AccuracyPanel } from './view/accuracy-panel';
import { AskPanel } from './view/ask-panel';
import { CoursePanel } from './view/course-panel';
import { ExamplesView } from './view/examples-view';
import { HeadsPanel } from './view/heads-panel';

/** While it learns, the model answers the same input again at most this often. */
const FOLLOW_MS = 1000;

export class TasksPage implements PageView {
  readonly engine: PageEngine<'tasks', TasksEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #course = new CoursePanel();
  readonly #view = new RunView<TaskRun, 'compile'>();
  readonly #examples = new ExamplesView();
  readonly #accuracy = new AccuracyPanel();
  readonly #ask: AskPanel;
  readonly #heads: HeadsPanel;
  readonly #attempts: Attempts;
  #judged: readonly Judged[] = [];
  #without: ByHead | null = null;
  /** Of the settings on view, and of the run. */
  #lesson: Lesson;
  #exam: readonly Example[] = [];
  #taught: { readonly settings: TaskSettings; readonly lesson: Lesson } | null = null;
  /** What the model answers again and again while it learns. */
  #asked: readonly number[] | null = null;
  #answering = false;
  #answered = -Infinity;
  #recording: Readonly<Record<string, RecordedRun>> | null = null;
  #adapter = '';
  readonly #soon = new Later(() => this.#render());

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'tasks');
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#ask = new AskPanel(this.#strings);
    this.#heads = new HeadsPanel(this.#strings);
    this.#lesson = lessonOf(this.#course.settings);
  }

  start(): this {
    this.#connect();
    this.#course.restore(this.#context.address);
    this.#onSettings();
    void this.#open();
    return this;
  }

  say(): void {
    const strings = this.#strings;
    this.#ask.say(strings);
    this.#heads.say(strings);
    this.#view.repaint();
    this.#accuracy.repaint();
    this.#render();
  }

  /** A link led here again, with settings of its own: a run that goes on goes first. */
  arrive(): void {
    if (this.#view.running) return;
    this.#course.restore(this.#context.address);
    this.#onSettings();
    this.#startIfAsked();
  }

  #connect(): void {
    onClick('train', () => this.#train(this.#course.settings));
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#session?.stop());
    onClick('start-over', () => this.#startOver());
    // Toys of some seconds are not kept: the same settings make the same model again.
    this.#byId('save').parentElement!.hidden = true;
    this.#course.onChange = () => this.#onSettings();
    this.#ask.onAsk = (text) => this.#typed(text);
    this.#examples.onChoose = ({ input }) => this.#put(input);
  }

  async #open(): Promise<void> {
    if (await this.engine.start((event) => this.#hear(event))) return this.#startIfAsked();
    await this.#openRecording();
  }

  /** Without WebGPU there is one run of each task to look at. */
  async #openRecording(): Promise<void> {
    const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
    this.#recording = Object.fromEntries(
      Object.entries(file.runs).map(([task, run]) => [task, unpack(run)] as const),
    );
    this.#adapter = file.adapter;
    this.#onSettings();
  }

  /** A link may ask to train at once. */
  #startIfAsked(): void {
    const { address } = this.#context;
    if (address.get('start') === null) return;
    address.set({ start: null });
    if (this.engine.ready && !this.#view.running) void this.#train(this.#course.settings);
  }

  #onSettings(): void {
    const { settings } = this.#course;
    this.#context.address.set(this.#course.address);
    this.#lesson = lessonOf(settings);
    this.#exam = this.#lesson.exam(EXAMPLES);
    const recorded = this.#recording?.[settings.task];
    if (recorded) this.#replay(recorded);
    else if (!this.#taught) this.#ask.text = this.#usualInput;
    this.#render();
  }

  // Calls to the worker -------------------------------------------------------------------------------------------

  async #train(settings: TaskSettings): Promise<void> {
    if (!this.#session) return;
    this.#context.notices.clear();
    this.#view.prepare();
    this.#render();
    try {
      await this.#session.train(settings);
    } catch (error) {
      this.#context.notices.error(error as Error);
    }
  }

  /** Goes on with the run that is paused or stopped, whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.#session?.resume();
    if (!this.#taught) return;
    this.#course.adopt(this.#taught.settings);
    this.#onSettings();
    await this.#train(this.#taught.settings);
  }

  async #startOver(): Promise<void> {
    await this.#attempts.run(async () => this.#session?.forget());
    this.#byId('train').focus();
  }

  #typed(text: string): void {
    const { lesson } = this.#taught ?? { lesson: this.#lesson };
    const typed = lesson.task.read(text);
    this.#ask.problem(typed, lesson);
    if ('input' in typed) void this.#answer(typed.input, true);
  }

  /** An example is asked as if it had been typed. */
  #put(input: readonly number[]): void {
    this.#ask.text = input.map((id) => this.#lesson.symbols[id]).join('');
    this.#ask.problem(null, this.#lesson);
    if (!this.#taught || !sameSettings(this.#taught.settings, this.#course.settings)) return;
    void this.#answer(input, true);
  }

  async #answer(input: readonly number[], anew: boolean): Promise<void> {
    const taught = this.#taught;
    if (!taught) return;
    this.#asked = input;
    if (this.#recording) return this.#answerRecorded(input);
    if (!this.#session || (this.#answering && !anew)) return;
    this.#answering = true;
    this.#answered = performance.now();
    try {
      const answered = await this.#session.answer(input);
      if (taught !== this.#taught || input !== this.#asked) return;
      this.#ask.show(taught.lesson, answered, anew);
      this.#heads.look(taught.lesson, answered);
    } catch (error) {
      // The run itself tells of what goes wrong with it.
      if (anew && !this.#view.running) this.#context.notices.error(error as Error);
    } finally {
      this.#answering = false;
    }
  }

  /** While it learns: what it answers now to what was asked last, or to the usual input. */
  #follow(): void {
    if (!this.#taught || (this.#view.running && performance.now() - this.#answered < FOLLOW_MS)) return;
    if (!this.#asked) {
      const typed = this.#taught.lesson.task.read(this.#usualInput);
      this.#asked = 'input' in typed ? typed.input : null;
    }
    if (this.#asked) void this.#answer(this.#asked, false);
  }

  // Recordings ----------------------------------------------------------------------------------------------------

  #replay({ run, history, without, answers }: RecordedRun): void {
    this.#hear({ kind: 'state', state: 'finished', run });
    this.#hear({ kind: 'history', history });
    this.#hear({ kind: 'without', answers: without });
    this.#answerRecorded(answers[0].input);
  }

  #answerRecorded(input: readonly number[]): void {
    const { task } = this.#course;
    const answered = this.#recording![task].answers.find((one) => one.input.join() === input.join());
    if (!answered || !this.#taught) return;
    this.#ask.show(this.#taught.lesson, answered, true);
    this.#heads.look(this.#taught.lesson, answered);
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #hear(event: TasksEvent): void {
    switch (event.kind) {
      case 'adapter':
        break;
      case 'judged':
        this.#judged = [...this.#judged, event.judged];
        this.#follow();
        break;
      case 'without':
        this.#without = event.answers;
        break;
      case 'recovered':
        this.#context.notices.news(this.#strings.recovered(event.step));
        break;
      case 'history':
        this.#judged = event.history.judged;
        this.#view.take(event);
        break;
      case 'state':
        this.#view.take(event);
        this.#take(event.run, event.state);
        break;
      default:
        this.#view.take(event);
    }
    if (event.kind === 'steps' && !this.#view.due) this.#soon.start();
    else this.#render();
  }

  #take(run: TaskRun | null, state: string): void {
    if (state === 'training') this.#without = null;
    if (run && this.#taught && sameSettings(run.settings, this.#taught.settings)) {
      if (!this.#view.running) this.#follow();
      return;
    }
    this.#taught = run && { settings: run.settings, lesson: lessonOf(run.settings) };
    [this.#asked, this.#without] = [null, null];
    this.#ask.clear();
    this.#heads.clear();
    this.#view.forgetSpeed();
    if (run) this.#ask.text = this.#usualInput;
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  /** What stands in the field at first: an input that the task takes as it is set. */
  get #usualInput(): string {
    const { lesson, settings } = this.#taught ?? { lesson: this.#lesson, settings: this.#course.settings };
    const usual = this.#strings.placeholders[settings.task];
    if ('input' in lesson.task.read(usual)) return usual;
    const [example] = lesson.exam(1);
    return example.input.map((id) => lesson.symbols[id]).join('');
  }

  #render(): void {
    this.#soon.cancel();
    const [strings, format, view] = [this.#strings, this.#format, this.#view];
    const { running, run, state, latest } = view;
    const { ready } = this.engine;
    const { settings } = this.#course;
    const recorded = this.#recording !== null;
    const parameters = countParameters(
      { layers: settings.layers, width: WIDTH, context: this.#lesson.length },
      this.#lesson.symbols.length,
    );
    this.#course.say(strings, strings.modelFacts(format.compact(parameters)));
    this.#course.setDisabled(running || !ready, { locked: running, recorded });
    const same = run !== null && sameSettings(run.settings, settings);
    const buttons = {
      busy: this.#attempts.busy,
      ready,
      writing: false,
      canTrain: true,
      canResume: run !== null,
    };
    view.render(strings, format, { ...buttons, same }, TASKS[settings.task].course.steps);
    this.#examples.show(this.#lesson, this.#exam);
    this.#accuracy.show(this.#judged, run, !running, strings);
    this.#ask.setReady(run !== null && state !== 'preparing', recorded);
    if (run) {
      this.#heads.show({ task: run.settings.task, judged: this.#judged, without: this.#without });
    }
    this.#drawHint(same);
    const note = this.#byId('recorded');
    note.hidden = !recorded;
    setText(
      note,
      recorded ? `${strings.recorded}${strings.space}${strings.recordedFrom(this.#adapter)}` : '',
    );
    this.#context.showRun(recorded ? null : runStatus(state, latest.step, format.loss(latest.training)));
  }

  /** What Train will do with the model that is there. */
  #drawHint(same: boolean): void {
    const { run, running, state } = this.#view;
    this.#byId('hint').hidden = !run || running || this.#recording !== null;
    if (!run || running) return;
    const { continues, startsAgain, startsNew } = this.#strings;
    const goesOn = state === 'stopped' ? continues(run.step) : startsAgain;
    setText(this.#byId('hint-text'), same ? goesOn : startsNew);
  }

  get #session(): PageEngine<'tasks', TasksEvent>['session'] {
    return this.engine.session;
  }

  get #strings(): TaskStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #format(): Format {
    return new Format(this.#context.language);
  }
}

const lessonOf = ({ task, values, seed }: TaskSettings): Lesson => new Lesson(makeTask(task, values), seed);
