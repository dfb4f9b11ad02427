/** The page Understand: holds what the worker last said, and hands it to the views. */
import { ModelChoice } from '../bring/choice';
import { SHIPPED } from '../models/shipped';
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, setText } from '../view/dom';
import { isWeights } from '../view/file-kind';
import { Format } from '../view/format';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { saveFolder } from '../view/save-file';
import { chinese } from './chinese';
import { english, type UnderstandStrings } from './english';
import { Replay } from './replay';
import type { RecordedFile } from './recording';
import type {
  ClassRun,
  Columns,
  ExampleSource,
  Judged,
  LearnSettings,
  OpenedEncoder,
  UnderstandEvent,
} from './session/protocol';
import { TAB_NAMES, type TabName } from './tabs';
import { ExamplesPanel } from './view/examples-panel';
import { FaithPanel } from './view/faith-panel';
import { FillPanel } from './view/fill-panel';
import { JudgementPanel } from './view/judgement-panel';
import { KeptPanel } from './view/kept-panel';
import { SearchPanel } from './view/search-panel';
import { Tabs } from './view/tabs';
import { METHODS, TryPanel } from './view/try-panel';

/** Models of the site that read in both directions. */
const READERS = SHIPPED.filter(({ use }) => use !== 'write' && use !== 'chat' && use !== 'rewrite');

/** Milliseconds that somebody who types waits for an answer. */
const PAUSE = 250;

export class UnderstandPage implements PageView {
  readonly engine: PageEngine<'understand', UnderstandEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #choice: ModelChoice<OpenedEncoder>;
  readonly #tabs = new Tabs();
  readonly #fill = new FillPanel();
  readonly #examples = new ExamplesPanel();
  readonly #view = new RunView<ClassRun, 'encode' | 'compile'>();
  readonly #judgement = new JudgementPanel();
  readonly #try = new TryPanel();
  readonly #faith = new FaithPanel();
  readonly #kept = new KeptPanel();
  readonly #search = new SearchPanel();
  readonly #attempts: Attempts;
  #encoder: OpenedEncoder | null = null;
  #judged: Judged | null = null;
  /** There is nothing but this to look at. */
  #replay: Replay | null = null;
  /** The models that were begun: only the last counts. */
  #turn = 0;
  /** Blanks, sentences, lines and queries that were asked for: only the last of each counts. */
  readonly #asked = { fill: 0, try: 0, lines: 0, query: 0 };
  /** Ends when the examples that were chosen last have been read. */
  #choosing: Promise<void> = Promise.resolve();
  /** The examples that were chosen: only the last count. */
  #reading = 0;
  /** What the map was made of. */
  #lines: string | null = null;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  readonly #typing: Partial<Record<TabName, ReturnType<typeof setTimeout>>> = {};

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'understand');
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#choice = new ModelChoice<OpenedEncoder>({
      ...{ context, shipped: READERS },
      ...{ strings: () => this.#strings, format: () => this.#format, calls: () => this.#session },
      ...{ begin: () => this.#begin(), isCurrent: (turn) => turn === this.#turn },
      attempt: (turn, work) => this.#attempt(turn, work),
      onOpened: (model) => this.#opened(model),
    });
  }

  start(): this {
    this.#connect();
    this.#restore();
    void this.#open();
    return this;
  }

  say(): void {
    this.#choice.panel.say(this.#strings, this.#format, this.#context.language);
    this.#view.repaint();
    this.#search.repaint();
    this.#render();
  }

  arrive(): void {
    this.#restore();
    this.#onTab();
  }

  takeFiles(files: readonly File[]): void {
    if (this.#replay || this.engine.missing) return;
    const names = files.map(({ name }) => name);
    if (names.includes('config.json') || files.some((file) => isWeights(file)))
      return this.#choice.panel.takeFiles(files);
    if (this.#tabs.shown === 'search') return void this.#search.takeFile(files[0]);
    if (this.#view.running) return this.#context.notices.meanwhile(this.#strings.stopFirst);
    this.#showTab('classify');
    this.#examples.takeFile(files[0]);
  }

  /** The tab, and what somebody typed into it. */
  #restore(): void {
    const { address } = this.#context;
    const wanted = address.get('tab');
    const tab = TAB_NAMES.find((name) => name === wanted) ?? 'fill';
    this.#tabs.show(tab);
    this.#examples.numbers.type(address.get('rate'), address.get('steps'));
    this.#try.chooseMethod(address.get('method'));
    if (!address.text) return;
    if (tab === 'fill') this.#fill.type(address.text, false);
    else if (tab === 'classify') this.#try.put(address.text);
    else this.#search.query = address.text;
  }

  #connect(): void {
    this.#tabs.onChoose = () => this.#onTab();
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#resume());
    onClick('stop', () => this.#session?.stop());
    onClick('start-over', () => this.#startOver());
    onClick('save', () => this.#attempts.run(() => this.#save()));
    const files = this.#byId<HTMLInputElement>('checkpoint-file');
    [files.multiple, files.accept] = [true, ''];
    onClick('load', () => files.click());
    files.addEventListener('change', () => {
      const chosen = [...(files.files ?? [])];
      files.value = '';
      if (chosen.length > 0) void this.#openFolder(chosen);
    });
    this.#fill.onBlank = (typing) => this.#soon('fill', () => this.#askFill(), typing);
    this.#examples.onExamples = (source, columns) => {
      this.#choosing = this.#read(source, columns);
    };
    this.#examples.onChange = () => this.#onSettings();
    this.#judgement.onTry = (text) => {
      this.#try.type(text);
      this.#byId('try-text').focus();
    };
    this.#try.onText = () => this.#soon('classify', () => this.#askTry());
    this.#try.onWhy = () => {
      this.#onSettings();
      void this.#askWhy();
    };
    this.#faith.onTest = () => void this.#test();
    this.#kept.onOpen = (id) => void this.#openKept(id);
    this.#kept.onDelete = (id) => void this.#attempts.run(async () => this.#session?.deleteClassifier(id));
    this.#search.onLines = () => void this.#readLines(true);
    this.#search.onQuery = () => {
      this.#address();
      void this.#askSearch();
    };
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => this.#hear(event));
    if (!opened) return this.#openRecording();
    void this.#listKept();
    this.#examples.take();
    await this.#choice.open();
    this.#render();
  }

  /** Without WebGPU there is what was recorded, for the sentences that are offered. */
  async #openRecording(): Promise<void> {
    const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
    this.#replay = new Replay(file);
    if (READERS.length > 0) this.#choice.panel.choose(READERS[0].id);
    for (const panel of [this.#fill, this.#try, this.#search]) panel.lock();
    this.#examples.found(file.lesson);
    for (const event of this.#replay.events()) this.#hear(event);
    this.#faith.tested = file.tested;
    this.#search.found(this.#replay.map);
    this.#onTab();
    await Promise.all([this.#askFill(), this.#askTry(), this.#askSearch()]);
    this.#render();
  }

  // Settings --------------------------------------------------------------------------------------------------------

  #showTab(tab: TabName): void {
    this.#tabs.show(tab);
    this.#onTab();
  }

  #onTab(): void {
    this.#address();
    this.#render();
    if (this.#tabs.shown === 'search') void this.#readLines(false);
  }

  #onSettings(): void {
    this.#suggest();
    this.#address();
    this.#render();
  }

  /** What does well for so many examples, and a model of this width. */
  #suggest(): void {
    const { training = 160 } = this.#examples.lesson ?? {};
    const { rate = 1e-3 } = this.#encoder ?? {};
    const steps = 10 * Math.round(Math.min(600, Math.max(60, training * 0.75)) / 10);
    this.#examples.suggest({ rate, steps });
  }

  #address(): void {
    const tab = this.#tabs.shown;
    const text = { fill: this.#fill.line, classify: this.#try.text, search: this.#search.query }[tab];
    const { rate, steps } = this.#examples.numbers.typed;
    const method = this.#try.method === METHODS[0] ? null : this.#try.method;
    const settings = { tab: tab === 'fill' ? null : tab, method, rate, steps };
    this.#context.address.set(settings, this.#usual[tab] === text ? '' : text);
  }

  /** What stands in each tab's field before anybody typed. */
  readonly #usual: Readonly<Record<TabName, string>> = {
    fill: this.#fill.line,
    classify: this.#try.text,
    search: this.#search.query,
  };

  /** Once somebody who types pauses for a moment. */
  #soon(tab: TabName, work: () => Promise<void>, typing = true): void {
    clearTimeout(this.#typing[tab]);
    this.#address();
    this.#typing[tab] = setTimeout(() => void work(), typing && !this.#replay ? PAUSE : 0);
  }

  // The encoder -----------------------------------------------------------------------------------------------------

  #opened(model: OpenedEncoder): void {
    this.#encoder = model;
    this.#lines = null;
    this.#fill.show(null);
    this.#search.base();
    this.#search.found(null);
    this.#suggest();
    this.#render();
    if (model.fills) void this.#askFill();
    if (model.labels.length > 0) void this.#askTry();
    if (this.#tabs.shown === 'search') void this.#readLines(false);
  }

  /** A model is looked up or loaded: what was under way of that ends. Null where nothing can. */
  #begin(): number | null {
    return this.#session && !this.#view.running ? ++this.#turn : null;
  }

  /** Errors of what is not wanted any more are nobody's business. */
  async #attempt(turn: number, work: () => Promise<void>): Promise<void> {
    this.#context.notices.clear('error');
    try {
      await work();
    } catch (error) {
      if (turn !== this.#turn || (error as Error).name === 'AbortError') return;
      this.#choice.panel.setState('idle');
      this.#context.notices.error(error as Error);
    }
  }

  // Fill ------------------------------------------------------------------------------------------------------------

  async #askFill(): Promise<void> {
    const { blanked } = this.#fill;
    await this.#ask('fill', async (isCurrent) => {
      if (this.#replay) {
        const { filled, reasons } = this.#replay.fill(this.#fill.line);
        this.#fill.show(filled);
        return this.#fill.showReasons(reasons);
      }
      if (!this.#encoder?.fills) return;
      const filled = await this.#session!.fill(blanked);
      if (!isCurrent()) return;
      this.#fill.show(filled);
      const [best] = filled.candidates;
      const reasons = await this.#session!.reasons(blanked, best.token);
      if (isCurrent()) this.#fill.showReasons(reasons);
    });
  }

  /** Of what is asked in one place, the last counts. */
  async #ask(
    what: 'fill' | 'try' | 'lines' | 'query',
    work: (isCurrent: () => boolean) => Promise<void>,
  ): Promise<void> {
    const turn = ++this.#asked[what];
    const isCurrent = (): boolean => turn === this.#asked[what];
    this.#context.notices.clear('error');
    try {
      await work(isCurrent);
    } catch (error) {
      if (isCurrent() && (error as Error).name !== 'AbortError') this.#context.notices.error(error as Error);
    }
    this.#render();
  }

  // Classify --------------------------------------------------------------------------------------------------------

  async #read(source: ExampleSource | null, columns: Columns | null): Promise<void> {
    if (!source || !this.#session) return;
    const turn = ++this.#reading;
    try {
      const lesson = await this.#session.chooseExamples(source, columns);
      if (turn === this.#reading) this.#examples.found(lesson);
    } catch (error) {
      if (turn === this.#reading) this.#examples.failed(error as Error);
    }
  }

  async #train(): Promise<void> {
    if (!this.#session) return;
    const [strings, { notices }] = [this.#strings, this.#context];
    notices.clear();
    await this.#choosing;
    if (!this.#encoder) return notices.error(strings.noModel);
    const { lesson } = this.#examples;
    if (!lesson || lesson.question) return notices.error(strings.noExamples);
    const problem = this.#examples.numbers.problem(strings);
    if (problem !== null) return notices.error(problem);
    await this.#trainBy(this.#examples.numbers.values);
  }

  /** Goes on with the classifier that is paused or stopped, by its own settings whatever the panel shows. */
  async #resume(): Promise<void> {
    if (this.#view.state === 'paused') return this.#session?.resume();
    const { run } = this.#view;
    if (!run?.settings) return;
    this.#examples.numbers.adopt(run.settings);
    await this.#trainBy(run.settings);
  }

  async #trainBy(settings: LearnSettings): Promise<void> {
    this.#view.prepare();
    this.#try.clear();
    this.#faith.tested = null;
    if (this.#search.rows === 'taught') this.#search.base();
    this.#render();
    try {
      await this.#session!.train(settings);
    } catch (error) {
      this.#context.notices.error(error as Error);
      return this.#render();
    }
    await this.#askTry();
  }

  async #startOver(): Promise<void> {
    if (!confirm(this.#strings.forgetQuestion)) return;
    await this.#attempts.run(async () => this.#session?.forget());
    this.#byId('train').focus();
  }

  async #askTry(): Promise<void> {
    const { text } = this.#try;
    if (!this.#canTry) return;
    await this.#ask('try', async (isCurrent) => {
      if (text.trim() === '') return this.#try.tell(null);
      const told = this.#replay ? this.#replay.told(text) : await this.#session!.tell(text);
      if (!isCurrent()) return;
      this.#try.tell(told);
      await this.#explain(isCurrent);
    });
  }

  async #askWhy(): Promise<void> {
    if (this.#canTry) await this.#ask('try', (isCurrent) => this.#explain(isCurrent));
  }

  async #explain(isCurrent: () => boolean): Promise<void> {
    const { text, method, target } = this.#try;
    if (text.trim() === '') return;
    this.#render();
    const explained = this.#replay
      ? this.#replay.explained(text, method)
      : await this.#session!.explain(text, method, target);
    if (isCurrent()) this.#try.explain(explained);
  }

  async #test(): Promise<void> {
    this.#faith.tested = null;
    this.#faith.progress = { done: 0, total: 0 };
    await this.#attempts.run(async () => {
      try {
        this.#faith.tested = await this.#session!.test();
      } finally {
        this.#faith.progress = null;
      }
    });
  }

  async #save(): Promise<void> {
    const files = await this.#session!.save();
    if (await saveFolder(files)) this.#context.notices.news(this.#strings.saved(files.length));
  }

  async #openFolder(files: readonly File[]): Promise<void> {
    if (this.#view.running) return this.#context.notices.meanwhile(this.#strings.stopFirst);
    await this.#placed(async () => this.#session!.openFolder(files));
  }

  #openKept(id: string): Promise<void> {
    return this.#placed(async () => this.#session!.openClassifier(id));
  }

  async #placed(open: () => Promise<void>): Promise<void> {
    this.#faith.tested = null;
    await this.#attempts.run(open);
    await this.#askTry();
  }

  async #listKept(): Promise<void> {
    this.#kept.kept = (await this.#session?.classifiers().catch(() => [])) ?? [];
    this.#render();
  }

  get #canTry(): boolean {
    return this.#replay !== null || (this.#view.run !== null && !this.#view.running);
  }

  // Search ----------------------------------------------------------------------------------------------------------

  /** `anew`: also where the same lines have been read. */
  async #readLines(anew: boolean): Promise<void> {
    if (!this.#encoder || this.#replay) return;
    const { rows, text } = this.#search;
    const wanted = text ?? (await import('./examples/guests')).messages();
    if (wanted === '') return;
    const key = `${rows}\n${wanted}`;
    if (!anew && this.#lines === key) return;
    this.#lines = key;
    this.#search.reading();
    this.#render();
    await this.#ask('lines', async (isCurrent) => {
      try {
        const map = await this.#session!.readLines(wanted, rows);
        if (!isCurrent()) return;
        this.#search.found(map);
      } catch (error) {
        if (!isCurrent()) return;
        this.#lines = null;
        return this.#search.failed(error as Error);
      }
      this.#render();
      await this.#askSearch();
    });
  }

  async #askSearch(): Promise<void> {
    const { query } = this.#search;
    await this.#ask('query', async (isCurrent) => {
      if (query === '') return this.#search.hits(null);
      if (this.#replay) return this.#search.hits(this.#replay.searched(query));
      const searched = await this.#session!.search(query);
      if (!isCurrent()) return;
      if (searched) this.#search.hits(searched);
      else await this.#readLines(true);
    });
  }

  // Events from the worker ------------------------------------------------------------------------------------------

  #hear(event: UnderstandEvent): void {
    switch (event.kind) {
      case 'adapter':
        break;
      case 'download':
      case 'weights':
        return this.#choice.hear(event);
      case 'notice':
        return this.#context.notices.news(event.message);
      case 'recovered':
        this.#context.notices.news(this.#strings.recovered(event.step));
        break;
      case 'judged':
        this.#judged = event.judged;
        break;
      case 'work':
        if (event.what === 'test') this.#faith.progress = event;
        else this.#search.progress = event;
        break;
      case 'kept':
        return void this.#listKept();
      default:
        this.#view.take(event);
    }
    if (event.kind === 'state' && event.state === 'empty') this.#forgot();
    if ((event.kind === 'steps' || event.kind === 'work') && !this.#view.due) this.#renderSoon();
    else this.#render();
  }

  /** The classifier went. */
  #forgot(): void {
    this.#view.forgetSpeed();
    this.#try.clear();
    this.#faith.tested = null;
    this.#search.base();
  }

  // Drawing ---------------------------------------------------------------------------------------------------------

  #renderSoon(): void {
    this.#waiting ??= setTimeout(() => this.#render(), 250);
  }

  #render(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const [strings, format, view] = [this.#strings, this.#format, this.#view];
    const { language } = this.#context;
    const { run, running, state, latest } = view;
    const { ready } = this.engine;
    const { busy } = this.#attempts;
    const recorded = this.#replay !== null;
    this.#fill.say(strings);
    this.#byId('fill-not').hidden = this.#encoder === null || this.#encoder.fills;
    this.#examples.setDisabled(running || !ready);
    this.#examples.render(strings, format, language);
    const canResume = run?.settings != null;
    const same = run !== null && this.#fits(run);
    const canTrain = this.#encoder !== null;
    const { steps } = this.#examples.numbers.values;
    view.render(strings, format, { busy, ready, writing: false, canTrain, canResume, same }, steps);
    const save = this.#byId<HTMLButtonElement>('save');
    save.disabled ||= running || recorded;
    this.#judgement.show(strings, this.#judged);
    this.#try.show(strings, this.#canTry, running);
    this.#faith.show(strings, this.#canTry, ready && !busy && this.#examples.lesson !== null);
    this.#kept.show(strings, format, language, ready && !running && !busy);
    const embeds = this.#encoder !== null && !this.#encoder.fills && this.#search.rows === 'base';
    const taught = this.#canTry && !recorded;
    this.#search.render(strings, format, { language, ready, taught, embeds });
    this.#byId('model-part').inert = running || !ready;
    this.#drawHint(same);
    const note = this.#byId('recorded');
    note.hidden = !recorded;
    const from = this.#replay ? strings.recordedFrom(this.#replay.adapter) : '';
    setText(note, recorded ? `${strings.recorded}${strings.space}${from}` : '');
    this.#context.showRun(recorded ? null : runStatus(state, latest.step, format.loss(latest.training)));
  }

  /** What Train will do with the classifier that is there. */
  #drawHint(same: boolean): void {
    const { run, running, state } = this.#view;
    this.#byId('hint').hidden = !run || running || this.#replay !== null;
    if (!run || running) return;
    const { continues, startsAgain, startsNew, fromFiles } = this.#strings;
    const goesOn = state === 'stopped' ? continues(run.step) : startsAgain;
    setText(this.#byId('hint-text'), run.settings === null ? fromFiles : same ? goesOn : startsNew);
  }

  /** Whether Train would go on with this classifier, or learn it again. */
  #fits({ settings, title, labels }: ClassRun): boolean {
    const { lesson, numbers } = this.#examples;
    if (!settings || !lesson) return false;
    const { rate, steps } = numbers.values;
    const sameLesson = lesson.title === title && lesson.labels.join('\n') === labels.join('\n');
    return sameLesson && settings.rate === rate && settings.steps === steps;
  }

  get #session() {
    return this.engine.session;
  }

  get #strings(): UnderstandStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #format(): Format {
    return new Format(this.#context.language);
  }
}
