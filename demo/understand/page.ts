/** The page Understand: an encoder, and tabs of what is done with it. */
import { ModelChoice } from '../bring/choice';
import { SHIPPED } from '../models/shipped';
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, setText, within } from '../view/dom';
import { isWeights } from '../view/file-kind';
import { Format } from '../view/format';
import { AskTab } from './ask';
import { chinese } from './chinese';
import { Classify } from './classify';
import { english, type UnderstandStrings } from './english';
import { Fill } from './fill';
import type { Host } from './host';
import type { RecordedFile } from './recording';
import { Replay } from './replay';
import { Search } from './search';
import type { LearnEvent, OpenedEncoder, TaskName, UnderstandEvent } from './session/protocol';
import { TAB_NAMES, type TabName } from './tabs';
import { TagTab } from './tag';
import type { Teach } from './teach';
import { Tabs } from './view/tabs';
import { METHODS } from './view/try-panel';

/** Models of the site that read in both directions. */
const READERS = SHIPPED.filter(({ use }) => use !== 'write' && use !== 'chat' && use !== 'rewrite');

export class UnderstandPage implements PageView, Host {
  readonly engine: PageEngine<'understand', UnderstandEvent>;
  readonly context: SiteContext;
  readonly attempts: Attempts;
  replay: Replay | null = null;
  encoder: OpenedEncoder | null = null;
  readonly #byId = finder();
  readonly #choice: ModelChoice<OpenedEncoder>;
  readonly #tabs = new Tabs();
  readonly #fill: Fill;
  readonly #classify: Classify;
  readonly #tag: TagTab;
  readonly #ask: AskTab;
  readonly #search: Search;
  /** What stands in each tab's field before anybody typed. */
  readonly #usual: Readonly<Record<TabName, string>>;
  /** The models that were begun: only the last counts. */
  #turn = 0;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(context: SiteContext) {
    this.context = context;
    this.engine = new PageEngine(context.engine, 'understand');
    this.attempts = new Attempts(context.notices, () => this.render());
    [this.#fill, this.#classify, this.#search] = [new Fill(this), new Classify(this), new Search(this)];
    this.#tag = within(this.#byId('panel-tag'), () => new TagTab(this), 'tag-');
    this.#ask = within(this.#byId('panel-ask'), () => new AskTab(this), 'ask-');
    this.#usual = this.#texts;
    this.#tabs.onChoose = () => this.#onTab();
    this.#classify.onForgotten = () => this.#search.taughtNoMore();
    this.#choice = new ModelChoice<OpenedEncoder>({
      ...{ context, shipped: READERS },
      ...{ strings: () => this.strings, format: () => this.format, calls: () => this.session },
      ...{ begin: () => this.#begin(), isCurrent: (turn) => turn === this.#turn },
      attempt: (turn, work) => this.#attempt(turn, work),
      onOpened: (model) => this.#opened(model),
    });
  }

  start(): this {
    this.#restore();
    void this.#open();
    return this;
  }

  say(): void {
    this.#choice.panel.say(this.strings, this.format, this.context.language);
    for (const tab of this.#teaching) tab.repaint();
    this.#search.panel.repaint();
    this.render();
  }

  arrive(): void {
    this.#restore();
    this.#onTab();
    void (this.#taught?.ask() ?? this.#fill.ask());
  }

  takeFiles(files: readonly File[]): void {
    if (this.replay || this.engine.missing) return;
    if (files.some((file) => file.name === 'config.json' || isWeights(file)))
      return this.#choice.panel.takeFiles(files);
    if (this.#tabs.shown === 'search') return void this.#search.panel.takeFile(files[0]);
    const isTagged = /\.(conll\w*|iob2?|bio)$/i.test(files[0].name);
    const tab = isTagged ? this.#tag : (this.#taught ?? this.#classify);
    if (tab.running) return this.context.notices.meanwhile(this.strings.stopFirst);
    this.#tabs.show(tab.task);
    this.#onTab();
    tab.examples.takeFile(files[0]);
  }

  get #teaching(): readonly [Classify, TagTab, AskTab] {
    return [this.#classify, this.#tag, this.#ask];
  }

  /** The tab that is on view, where it teaches. */
  get #taught(): Classify | TagTab | AskTab | null {
    return this.#teaching.find(({ task }) => task === this.#tabs.shown) ?? null;
  }

  get session() {
    return this.engine.session;
  }

  get ready(): boolean {
    return this.engine.ready;
  }

  get strings(): UnderstandStrings {
    return this.context.language === 'zh' ? chinese : english;
  }

  get format(): Format {
    return new Format(this.context.language);
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => this.#hear(event));
    if (!opened) return this.#openRecording();
    for (const tab of this.#teaching) tab.open();
    await this.#choice.open();
    this.render();
  }

  /** Without WebGPU there is what was recorded, for the sentences that are offered. */
  async #openRecording(): Promise<void> {
    const { default: file } = (await import('./recording.json')) as unknown as { default: RecordedFile };
    this.replay = new Replay(file);
    if (READERS.length > 0) this.#choice.panel.choose(READERS[0].id);
    for (const panel of [this.#fill.panel, this.#search.panel]) panel.lock();
    this.#classify.replay(file);
    for (const tab of [this.#tag, this.#ask]) tab.trial.lock();
    this.#replayed(this.#classify, file);
    this.#replayed(this.#tag, file);
    this.#replayed(this.#ask, file);
    this.render();
    await Promise.all([...this.#teaching.map((tab) => tab.ask()), this.#fill.ask(), this.#search.read(true)]);
  }

  #replayed<T extends TaskName>(tab: Teach<T>, { taught }: RecordedFile): void {
    tab.examples.found(taught[tab.task].lesson);
    for (const event of this.replay!.events(tab.task)) tab.hear(event);
  }

  // Address ---------------------------------------------------------------------------------------------------------

  /** The tab, its settings, and what somebody typed into it. */
  #restore(): void {
    const { address } = this.context;
    const wanted = address.get('tab');
    const tab = TAB_NAMES.find((name) => name === wanted) ?? 'fill';
    this.#tabs.show(tab);
    this.#taught?.examples.numbers.type(address.get('rate'), address.get('steps'));
    this.#classify.trial.chooseMethod(address.get('method'));
    const text = address.text;
    if (!text) return;
    if (this.#taught) this.#taught.put(text);
    else if (tab === 'fill') this.#fill.panel.type(text, false);
    else this.#search.panel.query = text;
  }

  get #texts(): Readonly<Record<TabName, string>> {
    const { panel } = this.#search;
    const [classify, tag, ask] = this.#teaching.map(({ text }) => text);
    return { fill: this.#fill.panel.line, classify, tag, ask, search: panel.query };
  }

  changed(): void {
    const tab = this.#tabs.shown;
    const text = this.#texts[tab];
    const { rate = null, steps = null } = this.#taught?.examples.numbers.typed ?? {};
    const { method } = this.#classify.trial;
    const isUsual = tab !== 'classify' || method === METHODS[0];
    const settings = { tab: tab === 'fill' ? null : tab, method: isUsual ? null : method };
    this.context.address.set({ ...settings, rate, steps }, this.#usual[tab] === text ? '' : text);
  }

  #onTab(): void {
    this.changed();
    this.render();
    if (this.#tabs.shown === 'search') void this.#search.read(false);
  }

  // The encoder -----------------------------------------------------------------------------------------------------

  #opened(model: OpenedEncoder): void {
    this.encoder = model;
    this.#fill.panel.show(null);
    this.#search.forget();
    for (const tab of this.#teaching) tab.suggest();
    this.render();
    void this.#fill.ask();
    for (const tab of this.#teaching) void tab.ask();
    if (this.#tabs.shown === 'search') void this.#search.read(false);
  }

  /** A model is looked up or loaded: what was under way of that ends. Null where nothing can. */
  #begin(): number | null {
    return this.session && !this.#running ? ++this.#turn : null;
  }

  /** The task that learns. */
  get #running(): TaskName | null {
    return this.#teaching.find(({ running }) => running)?.task ?? null;
  }

  /** Errors of what is not wanted any more are nobody's business. */
  async #attempt(turn: number, work: () => Promise<void>): Promise<void> {
    this.context.notices.clear('error');
    try {
      await work();
    } catch (error) {
      if (turn !== this.#turn || (error as Error).name === 'AbortError') return;
      this.#choice.panel.setState('idle');
      this.context.notices.error(error as Error);
    }
  }

  // Events from the worker, and drawing -----------------------------------------------------------------------------

  #hear(event: UnderstandEvent): void {
    switch (event.kind) {
      case 'adapter':
        break;
      case 'download':
      case 'weights':
        return this.#choice.hear(event);
      case 'notice':
        return this.context.notices.news(event.message);
      case 'recovered':
        this.context.notices.news(this.strings.recovered(event.step));
        break;
      default:
        if (event.kind !== 'work') this.#learns(event);
        else if (event.what === 'embed') this.#search.hear(event);
        else this.#classify.tests(event);
    }
    if ((event.kind === 'steps' || event.kind === 'work') && this.#teaching.some(({ due }) => !due))
      this.#waiting ??= setTimeout(() => this.render(), 250);
    else this.render();
  }

  #learns(event: LearnEvent): void {
    const tab = this.#teaching.find(({ task }) => task === event.task)!;
    (tab as unknown as Teach<TaskName>).hear(event);
  }

  render(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#fill.render();
    const running = this.#running;
    for (const tab of this.#teaching) tab.render(running === tab.task ? null : running);
    const { shown } = this.#tabs;
    this.#byId('code').hidden = shown === 'tag' || shown === 'ask'; // these have their own
    const status = this.#teaching.find(({ running: goesOn }) => goesOn)?.status ?? null;
    this.context.showRun(this.replay ? null : status);
    this.#search.render(this.#classify.canTry && this.replay === null);
    this.#byId('model-part').inert = running !== null || !this.ready;
    const { strings, replay } = this;
    const note = this.#byId('recorded');
    note.hidden = !replay;
    setText(note, replay ? `${strings.recorded}${strings.space}${strings.recordedFrom(replay.adapter)}` : '');
  }
}
