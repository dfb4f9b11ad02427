/** The home page: a small model that predicts the next word of whatever is typed. */
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { WRITER } from '../models/shipped';
import { finder, setText } from '../view/dom';
import { ProbabilityBars } from '../view/probability-bars';
import { TokenStrip } from '../view/token-strip';
import { chinese } from './chinese';
import { english, type HomeStrings } from './english';
import type { HomeEvent, Prediction } from './session/protocol';

/** Someone who types has paused. */
const PAUSE_MS = 150;
const CHOICES = 6;
/** Of a text in the address; the model reads the end of a longer one. */
const LONGEST = 400;

export class HomePage implements PageView {
  readonly engine: PageEngine<'home', HomeEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  readonly #text = this.#byId<HTMLInputElement>('live-text');
  readonly #strip = new TokenStrip(this.#byId('live-tokens'));
  readonly #bars = new ProbabilityBars(this.#byId('live-bars'), CHOICES);
  #typing: ReturnType<typeof setTimeout> | undefined;
  /** Texts asked for: only the last counts. */
  #turn = 0;
  #state: 'opening' | 'ready' | 'missing' = 'opening';

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'home');
  }

  start(): this {
    this.#text.value = (this.#context.address.text || this.#text.value).slice(0, LONGEST);
    this.#text.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => void this.#predict(), PAUSE_MS);
    });
    this.#byId('live-form').addEventListener('submit', (event) => event.preventDefault());
    this.#bars.onChoose = (word) => {
      this.#text.value = `${this.#text.value}${word.replace(/\n/g, ' ')}`.slice(-LONGEST);
      void this.#predict();
    };
    void this.#open();
    return this;
  }

  arrive(): void {
    this.#text.value = (this.#context.address.text || this.#text.defaultValue).slice(0, LONGEST);
    void this.#predict();
  }

  say(): void {
    const strings = this.#strings;
    const percent = (share: number): string => `${Math.round(100 * share)} %`;
    this.#strip.describe = (token, from) =>
      strings.tokenReads(token, from.map(({ token, share }) => `“${token}” ${percent(share)}`).join(', '));
    this.#bars.describe = strings.writes;
    this.#strip.say();
    this.#bars.say();
    this.#render();
  }

  async #open(): Promise<void> {
    const opened = await this.engine.start((event) => {
      if (event.kind === 'recovered') void this.#predict();
    });
    if (opened) return this.#predict();
    this.#state = 'missing';
    this.#render();
  }

  async #predict(): Promise<void> {
    const { session } = this.engine;
    if (!session || this.engine.missing) return;
    const turn = ++this.#turn;
    const text = this.#text.value;
    try {
      const prediction = await session.predict(WRITER.files, text);
      if (turn === this.#turn) this.#show(prediction);
    } catch (error) {
      if (turn === this.#turn) this.#context.notices.error(error as Error);
    }
  }

  #show({ tokens, next, attention }: Prediction): void {
    this.#state = 'ready';
    this.#strip.show(tokens, attention);
    this.#bars.show(next);
    const { value, defaultValue } = this.#text;
    this.#context.address.set({}, value === defaultValue ? '' : value);
    this.#render();
  }

  #render(): void {
    const { live, liveOpening, liveMissing } = this.#strings;
    const notes = { ready: live, opening: liveOpening, missing: liveMissing };
    setText(this.#byId('live-note'), notes[this.#state]);
  }

  get #strings(): HomeStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }
}
