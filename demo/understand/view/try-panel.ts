import { element, finder, setText } from '../../view/dom';
import { fixed } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import { Segments } from '../../view/segments';
import type { UnderstandStrings } from '../english';
import { MESSAGES } from '../examples/sentences';
import type { Explained, ExplanationMethod, Told } from '../session/protocol';
import { Chips } from './chips';

/** Classes on view, and words that are listed. */
const BARS = 8;
const LISTED = 5;

export const METHODS = [
  'integratedGradients',
  'gradientInput',
  'leaveOneOut',
  'attention',
  'rollout',
] as const satisfies readonly ExplanationMethod[];

/** A sentence, the classes that it may be of, and the words that decided. */
export class TryPanel {
  /** Another sentence. */
  onText: (text: string) => void = () => undefined;
  /** Another method, or another class to be explained. */
  onWhy: () => void = () => undefined;
  readonly #byId = finder();
  readonly #input = this.#byId<HTMLInputElement>('try-text');
  readonly #chips = new Chips(this.#byId('try-examples'));
  readonly #bars = new ProbabilityBars(this.#byId('class-bars'), BARS);
  readonly #methods = new Segments(this.#byId('methods'), 'method', () => this.onWhy());
  #text: string = MESSAGES[0];
  #told: Told | null = null;
  #target: string | null = null;
  #explained: Explained | null = null;
  /** What is on view is of another text. */
  #stale = false;

  constructor() {
    this.#methods.offer(METHODS.map((method) => [method, method] as const)); // one may be chosen before they have names
    this.#input.value = this.#text;
    this.#input.addEventListener('input', () => this.#typed());
    this.#chips.onChoose = (text) => this.type(text);
    this.#chips.offer(MESSAGES);
    this.#bars.onChoose = (label) => {
      this.#target = label;
      this.onWhy();
    };
  }

  get text(): string {
    return this.#text;
  }

  /** The class that is explained; null for the likeliest. */
  get target(): string | null {
    return this.#target;
  }

  get method(): ExplanationMethod {
    return (this.#methods.chosen || METHODS[0]) as ExplanationMethod;
  }

  chooseMethod(method: string | null): void {
    if (METHODS.some((one) => one === method)) this.#methods.choose(method!);
  }

  /** As if somebody typed it. */
  type(text: string): void {
    this.#input.value = text;
    this.#typed();
  }

  /** Without telling anybody. */
  put(text: string): void {
    [this.#input.value, this.#text] = [text, text];
  }

  lock(): void {
    this.#input.disabled = true;
    this.#bars.locked = true;
  }

  clear(): void {
    [this.#told, this.#explained, this.#target] = [null, null, null];
    this.#stale = false;
  }

  tell(told: Told | null): void {
    [this.#told, this.#explained, this.#stale] = [told, null, false];
  }

  explain(explained: Explained | null): void {
    this.#explained = explained;
  }

  setDisabled(disabled: boolean): void {
    this.#byId('try-part').inert = disabled;
  }

  /** `reads`: tokens that the model reads at once. */
  show(strings: UnderstandStrings, there: boolean, busy: boolean, reads: number): void {
    this.#byId('try-part').hidden = !there;
    const empty = this.#byId('try-empty');
    empty.hidden = there;
    setText(empty, busy ? strings.busyHere : strings.tryEmpty);
    this.#methods.offer(METHODS.map((method) => [method, strings.methods[method]] as const));
    const { long } = this.#told ?? {};
    setText(this.#byId('try-beyond'), long === undefined || this.#stale ? '' : strings.beyond(long, reads));
    this.#drawClasses(strings);
    this.#drawWhy(strings);
  }

  #typed(): void {
    this.#text = this.#input.value;
    [this.#target, this.#explained, this.#stale] = [null, null, true];
    this.onText(this.#text);
  }

  #drawClasses(strings: UnderstandStrings): void {
    const explained = this.#explained?.target;
    this.#bars.describe = (label) => strings.whyClass(label);
    const classes = this.#told?.classes.slice(0, BARS) ?? [];
    this.#bars.show(
      classes.map(({ label, share }) => ({ text: label, share, current: label === explained })),
    );
    const host = this.#byId('class-bars');
    host.classList.toggle('waiting', this.#stale && classes.length > 0);
    const rows = host.querySelectorAll('li');
    rows.forEach((row, i) => (row.hidden = classes.length > 0 && i >= classes.length));
  }

  #drawWhy(strings: UnderstandStrings): void {
    const explained = this.#explained;
    const label = explained?.target ?? (this.#stale ? undefined : this.#told?.classes[0].label);
    setText(this.#byId('why-title'), label === undefined ? '' : strings.why(label));
    const { method } = explained ?? this;
    const gap = explained?.gap == null ? '' : `${strings.space}${strings.gap(fixed(explained.gap, 2))}`;
    setText(this.#byId('method-story'), strings.methodStories[method] + gap);
    const host = this.#byId('why-words');
    const text = this.#text;
    if (!explained) {
      setText(host, text);
      this.#byId('decisive').replaceChildren();
      return;
    }
    const { words } = explained;
    const most = Math.max(1e-9, ...words.map(({ score }) => Math.abs(score)));
    const parts: (Node | string)[] = [];
    let at = 0;
    for (const { start, end, score } of words) {
      const word = text.slice(start, end);
      const span = element(
        'span',
        { class: score < 0 ? 'against' : 'for', title: strings.wordScore(word, fixed(score, 2)) },
        word,
      );
      span.style.setProperty('--share', (Math.abs(score) / most).toFixed(3));
      parts.push(text.slice(at, start), span);
      at = end;
    }
    host.replaceChildren(...parts, text.slice(at));
    this.#drawDecisive(strings, explained);
  }

  /** The words of the largest scores, in words: colours alone tell not everybody. */
  #drawDecisive(strings: UnderstandStrings, { words, method, target }: Explained): void {
    const looks = method === 'attention' || method === 'rollout';
    const first = [...words].sort((a, b) => Math.abs(b.score) - Math.abs(a.score)).slice(0, LISTED);
    const rows = first.map(({ start, end, score }) =>
      element(
        'li',
        { class: score < 0 ? 'against' : 'for' },
        element('b', { dir: 'auto' }, this.#text.slice(start, end)),
        ' ',
        element('span', {}, looks ? fixed(score, 2) : `${score > 0 ? '+' : ''}${fixed(score, 2)}`),
        ' ',
        element(
          'small',
          {},
          looks ? strings.lookedAt : score < 0 ? strings.speaksAgainst(target) : strings.speaksFor(target),
        ),
      ),
    );
    this.#byId('decisive').replaceChildren(...rows);
  }
}
