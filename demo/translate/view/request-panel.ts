import { drawCard } from '../../view/card';
import { finder, element, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { fixed, percent } from '../../view/numbers';
import { Segments } from '../../view/segments';
import type { Address } from '../../site/address';
import type { TranslateStrings } from '../english';
import { SHIPPED, type ShippedModel } from '../models';
import type { DecodeSettings, HypothesisInfo, ModelChoice, ModelInfo } from '../session/protocol';

/** Someone who types has paused: translate what is there. */
const PAUSE_MS = 500;
/** Characters of a text that is translated without being asked for. */
const SHORT = 5000;
/** Characters of a text that an address may have. */
const IN_ADDRESS = 1000;
const OWN = 'own';

/** What to translate, with which model and how; and the candidates that came of it. */
export class RequestPanel {
  readonly #byId = finder();
  onModel: () => void = () => undefined;
  onTranslate: () => void = () => undefined;
  onStop: () => void = () => undefined;
  /** The text is another one, and too long to be translated unasked. */
  onWait: () => void = () => undefined;
  /** Another candidate was chosen. */
  onHypothesis: () => void = () => undefined;
  readonly #models = new Segments(this.#byId('models'), 'model', () => this.#changedModel());
  readonly #source = this.#byId<HTMLTextAreaElement>('source');
  readonly #beams = this.#byId<HTMLInputElement>('beams');
  readonly #penalty = this.#byId<HTMLInputElement>('length-penalty');
  /** Examples for the visitor's own model; null while there is none. */
  #own: readonly string[] | null = null;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #hypotheses: readonly HypothesisInfo[] = [];
  #chosen = 0;
  #strings: TranslateStrings | null = null;

  constructor() {
    this.#byId('request').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#ask();
    });
    this.#byId('stop-translating').addEventListener('click', () => this.onStop());
    this.#source.addEventListener('input', () => {
      clearTimeout(this.#typing);
      if (this.long) this.onWait();
      else this.#typing = setTimeout(() => this.#ask(), PAUSE_MS);
    });
    this.#source.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#ask();
    });
    for (const slider of [this.#beams, this.#penalty]) {
      slider.addEventListener('input', () => this.#drawSliders());
      slider.addEventListener('change', () => {
        if (!this.long) this.#ask();
      });
    }
    this.#byId('hypotheses').addEventListener('click', ({ target }) => {
      const row = (target as Element).closest('li');
      if (row) this.#choose([...row.parentElement!.children].indexOf(row));
    });
  }

  /** Which model is chosen; null while there is none. */
  get model(): ModelChoice | null {
    const shipped = this.#shipped;
    if (shipped) return { kind: 'shipped', ...shipped };
    return this.#models.chosen === OWN ? { kind: 'own' } : null;
  }

  get text(): string {
    return this.#source.value;
  }

  /** What an address has of it. */
  restore(address: Address): void {
    const [beams, penalty, model] = ['beams', 'penalty', 'model'].map((name) => address.get(name));
    if (beams) this.#beams.value = beams;
    if (penalty) this.#penalty.value = penalty;
    if (model && SHIPPED.some(({ id }) => id === model)) this.#models.choose(model);
    if (address.text) this.#source.value = address.text;
  }

  /** Writes to the address what leads to this translation again, as far as it is not as usual. */
  remember(address: Address): void {
    const of = ({ value, defaultValue }: HTMLInputElement): string | null =>
      value === defaultValue ? null : value;
    const shipped = this.#shipped;
    const model = shipped && shipped !== SHIPPED[0] ? shipped.id : null;
    const { value, defaultValue } = this.#source;
    const text = value === defaultValue || value.length > IN_ADDRESS ? '' : value;
    address.set({ model, beams: of(this.#beams), penalty: of(this.#penalty) }, text);
  }

  /** Takes so long that it waits for the button. */
  get long(): boolean {
    return this.#source.value.length > SHORT;
  }

  get settings(): DecodeSettings {
    return { beams: Number(this.#beams.value), lengthPenalty: Number(this.#penalty.value) };
  }

  /** Number of the candidate that is chosen. */
  get hypothesis(): number {
    return this.#chosen;
  }

  /** The visitor's own model, to be offered beside the shipped ones; it is taken when asked for or when alone. */
  setOwn(examples: readonly string[] | null, strings: TranslateStrings, take: boolean): void {
    this.#own = examples;
    this.#offer(strings);
    if (take && examples) this.#models.choose(OWN);
    this.#suggest();
  }

  /** Candidates, best first. */
  setHypotheses(hypotheses: readonly HypothesisInfo[]): void {
    this.#hypotheses = hypotheses;
    this.#chosen = 0;
  }

  say(strings: TranslateStrings): void {
    this.#offer(strings);
    this.#suggest();
    this.#drawCard(strings);
  }

  render(
    strings: TranslateStrings,
    format: Format,
    now: { readonly model: ModelInfo | 'opening' | null; readonly ready: boolean; readonly busy: boolean },
  ): void {
    const { model, ready, busy } = now;
    this.#byId('models').hidden = this.#models.chosen === '';
    const facts =
      model === 'opening'
        ? strings.openingModel
        : model
          ? strings.modelFacts(format.compact(model.parameters), model.layers, model.heads)
          : this.#models.chosen === '' && ready
            ? strings.noModel
            : '';
    setText(this.#byId('model-facts'), facts);
    this.#strings = strings;
    this.#drawSliders();
    const translate = this.#byId<HTMLButtonElement>('translate');
    translate.disabled = !ready || this.model === null;
    const stop = this.#byId<HTMLButtonElement>('stop-translating');
    const focused = document.activeElement === stop;
    stop.hidden = !busy;
    if (focused && !busy) translate.focus();
    this.#drawHypotheses(strings);
  }

  get #shipped(): ShippedModel | undefined {
    return SHIPPED.find(({ id }) => id === this.#models.chosen);
  }

  get #examples(): readonly string[] {
    return this.#shipped?.examples ?? (this.#models.chosen === OWN ? this.#own : null) ?? [];
  }

  #ask(): void {
    clearTimeout(this.#typing);
    this.onTranslate();
  }

  #changedModel(): void {
    this.#suggest();
    this.onModel();
  }

  #offer(strings: TranslateStrings): void {
    const shipped = SHIPPED.map(({ id, title }) => [id, strings.models[title] ?? title] as const);
    const all = [...shipped, ...(this.#own ? [[OWN, strings.own] as const] : [])];
    if (all.length > 0) this.#models.offer(all);
  }

  /** Examples of the model as buttons, and the first as the text, unless someone wrote another. */
  #suggest(): void {
    const examples = this.#examples;
    const untouched = this.#source.value === this.#source.defaultValue;
    if (untouched) this.#source.value = this.#source.defaultValue = examples[0] ?? '';
    const buttons = examples.map((text) => {
      const button = element('button', { type: 'button', class: 'link', dir: 'auto' }, text);
      button.addEventListener('click', () => {
        this.#source.value = text;
        this.#ask();
      });
      return button;
    });
    this.#byId('examples').replaceChildren(...buttons);
    const language = this.#shipped?.languages[0] ?? '';
    this.#source.lang = language;
  }

  #drawSliders(): void {
    const beams = this.#beams.value;
    this.#drawSlider(this.#beams, beams === '1' ? (this.#strings?.greedy ?? beams) : beams);
    this.#drawSlider(this.#penalty, Number(this.#penalty.value).toFixed(1));
  }

  #drawSlider(input: HTMLInputElement, value: string): void {
    setText(this.#byId(`${input.id}-value`), value);
    input.setAttribute('aria-valuetext', value);
  }

  #drawCard(strings: TranslateStrings): void {
    const card = this.#shipped;
    this.#byId('card').hidden = !card;
    if (!card) return;
    drawCard(this.#byId('card-facts'), card, strings.card);
  }

  #choose(index: number): void {
    if (index === this.#chosen) return;
    this.#chosen = index;
    this.onHypothesis();
  }

  #drawHypotheses(strings: TranslateStrings): void {
    const host = this.#byId('hypotheses');
    const best = this.#hypotheses[0]?.score ?? 0;
    const total = this.#hypotheses.reduce((sum, { score }) => sum + Math.exp(score - best), 0);
    if (host.childElementCount !== this.#hypotheses.length) {
      host.replaceChildren(
        ...this.#hypotheses.map(() =>
          element(
            'li',
            {},
            element(
              'button',
              { type: 'button' },
              element('span', { class: 'text', dir: 'auto' }),
              element('small'),
            ),
          ),
        ),
      );
    }
    this.#hypotheses.forEach(({ text, score, logProbability }, i) => {
      const button = host.children[i].firstElementChild as HTMLButtonElement;
      setText(button.firstElementChild!, text || '–');
      setText(button.lastElementChild!, percent(Math.exp(score - best) / total));
      button.title = strings.hypothesisTitle(fixed(score, 4), fixed(logProbability, 4));
      button.setAttribute('aria-pressed', String(i === this.#chosen));
      button.style.setProperty('--share', Math.exp(score - best).toFixed(4));
    });
  }
}
