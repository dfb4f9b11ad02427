/** The page Next: holds what was chosen so far, what the worker last said of it, and hands both to the views. */
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { Attempts } from '../view/attempts';
import { finder, onClick, onFile, setText } from '../view/dom';
import { Format } from '../view/format';
import { Later } from '../view/later';
import { runStatus } from '../view/run-status';
import { RunView } from '../view/run-view';
import { Unsaved } from '../view/unsaved';
import modelUrl from '../models/next-item.safetensors?url';
import { chinese } from './chinese';
import { english, type NextStrings } from './english';
import { unpack, type RecordedFile } from './recording';
import recording from './recording.json';
import type { Answer, DataFacts, NextEvent, NextRun } from './session/protocol';
import { GOODS } from './shop/goods';
import { itemsOf, PRESET_NAMES } from './shop/presets';
import { LEARNT, SHIPPED } from './shipped';
import { BasketPanel } from './view/basket-panel';
import { DataPanel } from './view/data-panel';
import { NextPanel, worthOf } from './view/next-panel';
import { ScorePanel, type JudgedScore } from './view/score-panel';
import { Shelves } from './view/shelves';

const RECORDED = recording as unknown as RecordedFile;
const PARAMETERS = 17632;
/** What stands there before the worker has said what it is. */
const OPENING: NextRun = {
  ...SHIPPED,
  items: GOODS.map(({ en }) => en),
  vocabulary: GOODS.length,
  parameters: PARAMETERS,
};

export class NextPage implements PageView {
  readonly engine: PageEngine<'next', NextEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #data = new DataPanel();
  readonly #basket: BasketPanel;
  readonly #next = new NextPanel();
  readonly #score = new ScorePanel();
  readonly #shelves = new Shelves();
  readonly #view = new RunView<NextRun, 'compile'>();
  readonly #unsaved = new Unsaved();
  readonly #attempts: Attempts;
  readonly #answers = RECORDED.answers.map(unpack);
  #history: readonly number[] = itemsOf(PRESET_NAMES[0]);
  #before: (readonly number[])[] = [];
  #answer: Answer | null = null;
  #pointed: number | null = null;
  #asking = false;
  /** What there is to answer, now that an answer is under way. */
  #wanted = false;
  #facts: DataFacts | null = null;
  #file: File | null = null;
  /** What answers: while another one learns, that of before. */
  #held: NextRun = OPENING;
  #judged: readonly JudgedScore[] = [];
  #recorded = false;
  #all: readonly string[] = [];
  readonly #soon = new Later(() => this.#render());

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'next');
    this.#attempts = new Attempts(context.notices, () => this.#render());
    this.#basket = new BasketPanel(
      () => this.#undo(),
      () => this.#take([]),
    );
  }

  start(): this {
    this.#connect();
    this.#view.take({ kind: 'state', state: 'finished', run: OPENING });
    this.#learnt();
    this.#restore();
    this.#replay();
    void this.#open();
    return this;
  }

  say(): void {
    this.#view.repaint();
    this.#score.repaint();
    this.#all = [];
    this.#render();
  }

  /** A link led here again, with items of its own. */
  arrive(): void {
    if (!this.#held.shop) return;
    this.#restore();
    void this.#ask();
  }

  takeFiles([file]: readonly File[]): void {
    if (this.#view.running) return this.#context.notices.news(this.#strings.stopFirst);
    if (/\.safetensors$/i.test(file.name)) void this.#load(file);
    else this.#choose(file);
  }

  #connect(): void {
    onClick('train', () => this.#train());
    onClick('pause', () => this.#session?.pause());
    onClick('resume', () => this.#session?.resume());
    onClick('stop', () => this.#session?.stop());
    onClick('save', () => this.#save());
    onFile('load', 'checkpoint-file', (file) => void this.#load(file));
    addEventListener('beforeunload', (event) => this.#unsaved.steps && event.preventDefault());
    this.#byId('start-over').hidden = true;
    this.#basket.onRemove = (at) => this.#take(this.#history.filter((_, i) => i !== at));
    this.#basket.onAdd = (name) => this.#add(name);
    this.#basket.onPreset = (name) => this.#take(itemsOf(name));
    this.#next.onTake = (item) => this.#take([...this.#history, item]);
    this.#shelves.onTake = (item) => this.#take([...this.#history, item]);
    this.#next.onPoint = (row) => {
      if (row === this.#pointed) return;
      this.#pointed = row;
      this.#render();
    };
    this.#data.onSource = (own) => this.#source(own);
    this.#data.onFile = (file) => this.#choose(file);
    this.#data.onTable = () => this.#read(false);
    this.#data.onAgain = () => {
      this.#address();
      void this.#ask();
    };
    this.#data.onChange = () => this.#render();
  }

  /** As an address has it: names that the shop does not have are left out. */
  #restore(): void {
    const { address } = this.#context;
    this.#data.again = address.get('again') !== null;
    const names = address.text.split('\n').map((name) => GOODS.findIndex(({ en }) => en === name) + 1);
    const known = names.filter((item) => item > 0);
    if (known.length > 0) this.#history = known;
    this.#address();
  }

  async #open(): Promise<void> {
    if (!(await this.engine.start((event) => this.#hear(event)))) {
      this.#recorded = true;
      if (!this.#recordedAnswer) this.#history = itemsOf(PRESET_NAMES[0]);
      this.#data.again = false;
      return this.#replay();
    }
    await this.#attempts.run(async () => {
      const file = await fetch(modelUrl);
      if (!file.ok) throw new Error(`next-item.safetensors could not be fetched (${file.status})`);
      await this.#session?.ship(new Uint8Array(await file.arrayBuffer()), SHIPPED);
      this.#learnt();
      this.#facts = (await this.#session?.choose(null)) ?? null;
    });
    await this.#ask();
  }

  /** How the recommender that ships learnt. */
  #learnt(): void {
    this.#view.take({ kind: 'history', history: { losses: LEARNT.losses, validation: [] } });
    this.#judged = LEARNT.judged;
  }

  #replay(): void {
    const answer = this.#recordedAnswer;
    if (answer) this.#answer = answer;
    else if (this.#recorded) this.#context.notices.news(this.#strings.notRecorded);
    this.#render();
  }

  get #recordedAnswer(): Answer | undefined {
    const key = this.#history.join();
    return this.#data.again ? undefined : this.#answers.find(({ history }) => history.join() === key);
  }

  // What was chosen -----------------------------------------------------------------------------------------------

  #take(history: readonly number[]): void {
    if (this.#recorded && !this.#answers.some((one) => one.history.join() === history.join()))
      return this.#context.notices.news(this.#strings.notRecorded);
    this.#before = [...this.#before.slice(-99), this.#history];
    this.#set(history);
  }

  #undo(): void {
    const before = this.#before.pop();
    if (before) this.#set(before);
  }

  #set(history: readonly number[]): void {
    this.#history = history;
    this.#pointed = null;
    this.#address();
    if (this.#recorded) return this.#replay();
    void this.#ask();
  }

  #add(name: string): void {
    const wanted = name.toLowerCase();
    const at = this.#names.findIndex((one) => one.toLowerCase() === wanted);
    if (at < 0) this.#context.notices.error(new Error(this.#strings.notItem(name)));
    else this.#take([...this.#history, at + 1]);
  }

  /** Asks of what is there now; one question at a time, the last one counts. */
  async #ask(): Promise<void> {
    this.#wanted = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#wanted) {
      this.#wanted = false;
      const [history, { again }] = [this.#history, this.#data];
      try {
        const session = this.#session;
        const asks = history.length > 0 && session && this.engine.ready;
        const answer = asks ? await session.answer(history, again) : null;
        if (history === this.#history) this.#answer = answer;
      } catch (error) {
        this.#context.notices.error(error as Error);
      }
      this.#render();
    }
    this.#asking = false;
  }

  // What is learnt from -------------------------------------------------------------------------------------------

  #source(own: boolean): void {
    if (own) return this.#read(false);
    this.#facts = null;
    void this.#attempts.run(async () => {
      this.#facts = (await this.#session?.choose(null)) ?? null;
    });
  }

  #choose(file: File): void {
    if (!/\.(csv|tsv|txt|jsonl|json|inter)$/i.test(file.name))
      return this.#context.notices.error(new Error(this.#strings.notTable(file.name)));
    this.#file = file;
    this.#data.own = true;
    this.#read(true);
  }

  #read(anew: boolean): void {
    const file = this.#file;
    if (!file) {
      this.#facts = null;
      return this.#render();
    }
    void this.#attempts.run(async () => {
      this.#facts = (await this.#session?.choose(this.#data.table(file, anew))) ?? this.#facts;
    });
  }

  async #train(): Promise<void> {
    const { notices } = this.#context;
    if (!this.#session) return;
    notices.clear();
    if (!this.#facts) return notices.error(new Error(this.#strings.noTable));
    if (!this.#mayForget()) return;
    const shop = this.#held.shop;
    this.#view.prepare();
    this.#render();
    try {
      await this.#session.train(this.#data.settings);
      // What the shop teaches is learnt again in a moment.
      this.#unsaved.steps = !this.#held.shop;
      // Another table has other items.
      if (!shop || !this.#held.shop) this.#forget();
    } catch (error) {
      notices.error(error as Error);
    }
    await this.#ask();
  }

  async #save(): Promise<void> {
    await this.#attempts.run(async () => {
      const name = await this.#unsaved.save(async () => this.#session!.save());
      this.#context.notices.news(this.#strings.saved(name));
    });
  }

  async #load(file: File): Promise<void> {
    if (!this.#mayForget()) return;
    await this.#attempts.run(async () => {
      await this.#session?.load(file);
      this.#unsaved.steps = false;
      this.#judged = [];
      this.#forget();
    });
    await this.#ask();
  }

  /** A recommender that is in no file goes only where the visitor says so. */
  #mayForget(): boolean {
    return !this.#unsaved.steps || confirm(this.#strings.forgetQuestion);
  }

  #forget(): void {
    [this.#history, this.#before, this.#answer] = [[], [], null];
    this.#address();
  }

  // Events from the worker ----------------------------------------------------------------------------------------

  #hear(event: NextEvent): void {
    if (event.kind === 'judged') this.#judged = [...this.#judged, { step: event.step, ...event.score }];
    else if (event.kind === 'recovered') this.#context.notices.news(this.#strings.recovered);
    else if (event.kind !== 'adapter') {
      this.#view.take(event);
      if (event.kind === 'state' && event.run && !this.#view.running) this.#held = event.run;
      if (event.kind === 'history') {
        this.#judged = this.#judged.filter(({ step }) => step < event.history.losses.length);
      }
    }
    if (event.kind === 'steps' && !this.#view.due) this.#soon.start();
    else this.#render();
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  #render(): void {
    this.#soon.cancel();
    const [strings, view, format] = [this.#strings, this.#view, new Format(this.#context.language)];
    const { running, state, latest } = view;
    const { ready } = this.engine;
    const run = this.#held;
    const shop = run.shop;
    const lang = shop ? this.#context.language : '';
    const names = this.#names;
    if (this.#all.length !== names.length || this.#all[0] !== names[0]) this.#all = names;
    const nameOf = (item: number): string => names[item - 1] ?? '';
    const answer = this.#answer?.history === this.#history || this.#recorded ? this.#answer : null;
    const shown = answer ?? (this.#history.length > 0 ? this.#answer : null);
    const row = this.#pointed !== null && shown && this.#pointed < shown.model.length ? this.#pointed : null;
    const current = shown !== null && shown.history.join() === this.#history.join();
    this.#data.setDisabled(running || !ready, { locked: running, recorded: this.#recorded });
    this.#data.show(strings, format, this.#facts, run.parameters);
    view.render(
      strings,
      format,
      { busy: this.#attempts.busy, ready, writing: false, canTrain: true, canResume: false, same: false },
      0,
    );
    this.#basket.show(strings, {
      items: this.#history.map(nameOf),
      shades: !current ? null : row === null ? shown.attention : worthOf(shown, row),
      about: current && row !== null ? nameOf(shown.model[row].item) : null,
      canUndo: this.#before.length > 0,
      ...{ all: this.#all, shop, recorded: this.#recorded, lang },
    });
    this.#next.show(strings, shown, { nameOf, lang, pointed: row });
    this.#byId('shelves-part').hidden = !shop;
    if (shop) this.#shelves.show(this.#context.language, this.#history, this.#recorded);
    this.#score.show(strings, format, run, this.#judged);
    this.#byId('hint').hidden = running || this.#recorded;
    const isShipped = shop && run.settings === null;
    const hint =
      this.#data.own || !shop ? strings.startsNew : isShipped ? strings.isShipped : strings.startsAgain;
    setText(this.#byId('hint-text'), hint);
    const note = this.#byId('recorded');
    note.hidden = !this.#recorded;
    const says = `${strings.recorded}${strings.space}${strings.recordedFrom(RECORDED.adapter)}`;
    setText(note, this.#recorded ? says : '');
    this.#context.showRun(
      this.#recorded ? null : runStatus(state, latest.step, format.loss(latest.training)),
    );
  }

  #address(): void {
    const text = this.#held.shop ? this.#history.map((item) => GOODS[item - 1].en).join('\n') : '';
    const usual = itemsOf(PRESET_NAMES[0]).join() === this.#history.join();
    this.#context.address.set({ again: this.#data.again ? '1' : null }, usual ? '' : text);
  }

  /** What items are called, in the language of the page where they are the shop's. */
  get #names(): readonly string[] {
    const { language } = this.#context;
    return this.#held.shop ? SHOP_NAMES[language] : this.#held.items;
  }

  get #session(): PageEngine<'next', NextEvent>['session'] {
    return this.engine.session;
  }

  get #strings(): NextStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}

const SHOP_NAMES = { en: GOODS.map(({ en }) => en), zh: GOODS.map(({ zh }) => zh) };
