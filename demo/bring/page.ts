/** The page of models: holds what the worker last said, and hands it to the views. */
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { finder } from '../view/dom';
import { Format } from '../view/format';
import { runStatus } from '../view/run-status';
import { saveFolder } from '../view/save-file';
import { chinese } from './chinese';
import { english, type BringStrings } from './english';
import type { Ask, BringEvent, LearnSettings, Opened } from './session/protocol';
import { ModelChoice } from './choice';
import { SHIPPED } from '../models/shipped';
import { AskPanel } from './view/ask-panel';
import { AttentionPanel } from './view/attention-panel';
import { LearnPanel } from './view/learn-panel';
import { TokensPanel } from './view/tokens-panel';

export class BringPage implements PageView {
  readonly engine: PageEngine<'bring', BringEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #choice: ModelChoice<Opened>;
  readonly #ask: AskPanel;
  readonly #tokens: TokensPanel;
  readonly #attention: AttentionPanel;
  readonly #learn: LearnPanel;
  #asked: Ask | null = null;
  /** What was begun last: what comes of anything before it is not shown. */
  #turn = 0;

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'bring');
    this.#choice = new ModelChoice({
      ...{ context, shipped: SHIPPED, dropsText: true },
      ...{ strings: () => this.#strings, format: () => this.#format, calls: () => this.#session },
      ...{ begin: () => this.#begin(), isCurrent: (turn) => turn === this.#turn },
      attempt: (turn, work) => this.#attempt(turn, work),
      onOpened: (model, shipped) => {
        this.#show(null);
        this.#ask.open(model, shipped?.examples ?? [], this.#context.address.text);
        this.#learn.open(model);
        if (shipped) this.#ask.ask();
      },
    });
    this.#ask = new AskPanel(this.#strings);
    this.#tokens = new TokensPanel(this.#strings);
    this.#attention = new AttentionPanel(this.#strings);
    this.#learn = new LearnPanel(this.#strings, this.#format);
  }

  start(): this {
    this.#ask.onAsk = (ask) => this.#put(ask);
    this.#ask.onStop = () => this.#session?.cancel();
    this.#tokens.onAsk = async (at) => {
      if (!this.#session || !this.#asked) return null;
      const temperature = 'temperature' in this.#asked ? this.#asked.temperature : 1;
      return this.#session.instead(this.#reply, at, temperature);
    };
    this.#tokens.onLayers = async (at) => {
      try {
        return (await this.#session?.layers(this.#reply, at)) ?? null;
      } catch (error) {
        this.#context.notices.error(error as Error);
        return null;
      }
    };
    this.#learn.onLearn = (settings) => this.#teach(settings);
    this.#learn.onProblem = (problem) => this.#context.notices.error(problem);
    this.#learn.onPause = () => this.#session?.pause();
    this.#learn.onResume = () => this.#session?.resume();
    this.#learn.onStop = () => this.#session?.cancel();
    this.#byId('save').addEventListener('click', () => void this.#save());
    void this.#open();
    return this;
  }

  say(): void {
    const [strings, format] = [this.#strings, this.#format];
    this.#choice.panel.say(strings, format, this.#context.language);
    this.#ask.say(strings);
    this.#tokens.say(strings);
    this.#attention.say(strings);
    this.#learn.say(strings, format);
  }

  arrive(): void {
    void this.#choice.fromAddress();
  }

  takeFiles(files: readonly File[]): void {
    if (files.some(({ name }) => name === 'config.json' || name.endsWith('.safetensors'))) {
      this.#choice.panel.takeFiles(files);
    } else void this.#learn.take(files[0]);
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => this.#hear(event));
    if (opened) await this.#choice.open();
  }

  // Asking ----------------------------------------------------------------------------------------------------------

  #reply = 0;

  async #put(ask: Ask): Promise<void> {
    const turn = this.#begin();
    if (turn === null) return;
    this.#asked = ask;
    this.#context.address.set({}, ask.text);
    this.#ask.busy(true);
    await this.#attempt(turn, async () => {
      const reply = await this.#session!.ask(ask);
      if (turn !== this.#turn) return;
      this.#ask.show(reply, ask);
      this.#show(reply);
    });
    if (turn === this.#turn) this.#ask.busy(false);
  }

  /** What is behind a reply: its tokens, and what attended to what. */
  #show(reply: Parameters<AttentionPanel['show']>[0] | null): void {
    this.#reply = reply?.number ?? 0;
    this.#tokens.show(reply);
    if (!reply) return this.#attention.clear();
    const maps = (layer: number) => this.#session!.maps(reply.number, layer);
    this.#attention.show(reply, maps).catch((error: unknown) => this.#context.notices.error(error as Error));
  }

  // Learning --------------------------------------------------------------------------------------------------------

  async #teach(settings: LearnSettings): Promise<void> {
    const turn = this.#begin();
    if (turn === null) return;
    await this.#attempt(turn, async () => {
      await this.#session!.learn(settings);
      if (turn === this.#turn) this.#ask.ask();
    });
    this.#tellRun();
  }

  async #save(): Promise<void> {
    if (!this.#session) return;
    try {
      const files = await this.#session.save();
      if (await saveFolder(files)) this.#context.notices.news(this.#strings.saved(files.length));
    } catch (error) {
      this.#context.notices.error(error as Error);
    }
  }

  // What the worker says --------------------------------------------------------------------------------------------

  #hear(event: BringEvent): void {
    const strings = this.#strings;
    switch (event.kind) {
      case 'download':
      case 'weights':
        return this.#choice.hear(event);
      case 'notice':
        return this.#context.notices.news(event.message);
      case 'lost':
        return this.#context.notices.news(strings.lost);
      case 'piece':
        if (this.#asked) this.#ask.grow(this.#asked, event.text);
        return;
      case 'adapter':
        return;
      default:
        this.#learn.hear(event);
        this.#tellRun();
    }
  }

  #tellRun(): void {
    const { state, latest } = this.#learn;
    this.#context.showRun(runStatus(state, latest.step, this.#format.loss(latest.loss)));
  }

  /** Something else begins: what was under way ends. Null where nothing can. */
  #begin(): number | null {
    if (!this.#session) return null;
    this.#ask.busy(false);
    return ++this.#turn;
  }

  /** Errors of what is not wanted any more are nobody's business. */
  async #attempt(turn: number, work: () => Promise<void>): Promise<void> {
    this.#context.notices.clear('error');
    try {
      await work();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#choice.panel.setState('idle');
      if ((error as Error).name !== 'AbortError') this.#context.notices.error(error as Error);
    }
  }

  get #session() {
    return this.engine.session;
  }

  get #strings(): BringStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #format(): Format {
    return new Format(this.#context.language);
  }
}
