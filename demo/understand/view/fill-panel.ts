import { element, finder, setText } from '../../view/dom';
import { chance } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import { Roving } from '../../view/roving';
import type { UnderstandStrings } from '../english';
import { SENTENCES } from '../examples/sentences';
import type { Filled, OpenedEncoder, ScoredWord } from '../session/protocol';
import { blankIn, withBlank, wordsOf, type Blanked, type Word } from '../words';
import { Chips } from './chips';

/** Bars, and the fall of ln p at which a word is darkest. */
const BARS = 10;
const DARKEST = 3;

/** A sentence of which a word is hidden, what may stand there, and which of the others that goes by. */
export class FillPanel {
  /** Another blank, or another sentence; `typing`: letter by letter. */
  onBlank: (typing: boolean) => void = () => undefined;
  readonly #byId = finder();
  readonly #input = this.#byId<HTMLInputElement>('fill-text');
  readonly #line = this.#byId('fill-words');
  readonly #roving = new Roving(this.#line);
  readonly #bars = new ProbabilityBars(this.#byId('fill-bars'), BARS);
  readonly #chips = new Chips(this.#byId('fill-examples'));
  #blanked: Blanked = blankIn(SENTENCES[0])!;
  #filled: Filled | null = null;
  #reasons: readonly ScoredWord[] | null = null;
  /** The answer is of another blank. */
  #stale = false;
  #strings: UnderstandStrings | null = null;
  #encoder: OpenedEncoder | null = null;
  #locked = false;

  constructor() {
    this.#input.addEventListener('input', () => this.#typed('typing'));
    this.#chips.onChoose = (text) => this.type(text);
    this.#chips.offer(SENTENCES);
    this.#bars.onChoose = (text) => this.#put(text);
    this.type(SENTENCES[0], false);
  }

  get blanked(): Blanked {
    return this.#blanked;
  }

  /** As it stands in an address: with three underscores. */
  get line(): string {
    return withBlank(this.#blanked);
  }

  /** As if somebody typed it. */
  type(text: string, tell = true): void {
    this.#input.value = text;
    this.#typed(tell ? 'put' : 'silently');
  }

  /** Only the sentences that are offered may be looked at. */
  lock(): void {
    this.#locked = true;
    this.#input.disabled = true;
    this.#bars.locked = true;
  }

  show(filled: Filled | null): void {
    [this.#filled, this.#reasons, this.#stale] = [filled, null, false];
    this.#draw();
  }

  showReasons(reasons: readonly ScoredWord[]): void {
    this.#reasons = reasons;
    this.#draw();
  }

  say(strings: UnderstandStrings, encoder: OpenedEncoder | null): void {
    this.#byId('fill-not').hidden = encoder === null || encoder.fills;
    this.#encoder = encoder;
    if (strings === this.#strings) return; // what is focused in the line stays
    this.#strings = strings;
    this.#bars.describe = (word) => strings.put(word);
    this.#draw();
  }

  #typed(how: 'typing' | 'put' | 'silently'): void {
    const text = this.#input.value;
    const typed = blankIn(text);
    if (typed) this.#blanked = typed;
    else {
      // The word in the blank stays the one at this place, else the last word.
      const words = wordsOf(text).filter(({ start, end }) => /[\p{L}\p{N}]/u.test(text.slice(start, end)));
      const at = words.find(({ end }) => end >= this.#blanked.blank.start) ?? words.at(-1);
      if (!at) return;
      this.#blanked = { text, blank: at };
    }
    this.#changed(how);
  }

  /** Another word is hidden; a place that had none gets what is expected there. */
  #hide({ start, end }: Word): void {
    const { text, blank } = this.#blanked;
    const put = blank.start === blank.end ? (this.#best ?? '') : '';
    const by = start >= blank.start ? put.length : 0;
    const made = text.slice(0, blank.start) + put + text.slice(blank.start);
    this.#input.value = made;
    this.#blanked = { text: made, blank: { start: start + by, end: end + by } };
    this.#changed('put');
  }

  /** A candidate takes its place in the sentence; it stays the one that is hidden. */
  #put(word: string): void {
    const { text, blank } = this.#blanked;
    const made = text.slice(0, blank.start) + word + text.slice(blank.end);
    this.#input.value = made;
    this.#blanked = { text: made, blank: { start: blank.start, end: blank.start + word.length } };
    this.#changed('put');
  }

  /** What was expected elsewhere stays, dimmed, until the answer comes. */
  #changed(how: 'typing' | 'put' | 'silently'): void {
    this.#reasons = null;
    this.#stale = true;
    this.#draw();
    if (how !== 'silently') this.onBlank(how === 'typing');
  }

  #draw(): void {
    const strings = this.#strings;
    if (!strings) return;
    const { text, blank } = this.#blanked;
    const best = this.#best;
    this.#drawLine(strings, best);
    this.#byId('fill-bars').classList.toggle('waiting', this.#stale && this.#filled !== null);
    const { candidates = [], hidden = null } = this.#filled ?? {};
    this.#bars.show(
      candidates.map(({ text: word, share, token }) => ({
        text: word,
        share,
        current: token === hidden?.token,
      })),
    );
    const word = text.slice(blank.start, blank.end);
    const said =
      !this.#filled || this.#stale || word === ''
        ? ''
        : hidden
          ? strings.hiddenWas(word, chance(hidden.share))
          : strings.hiddenPieces(word);
    setText(this.#byId('fill-hidden'), said);
    const { long } = this.#filled ?? {};
    setText(
      this.#byId('fill-beyond'),
      long && this.#encoder && !this.#stale ? strings.beyond(long, this.#encoder.context) : '',
    );
    setText(this.#byId('fill-reasons'), this.#reasons && best ? strings.wentBy(best) : '');
  }

  /** What is expected in this blank; null while that is not known. */
  get #best(): string | null {
    return this.#stale ? null : (this.#filled?.candidates[0].text ?? null);
  }

  /** Every word a button; the blank has what is expected most there. */
  #drawLine(strings: UnderstandStrings, best: string | null): void {
    const { text, blank } = this.#blanked;
    const words = wordsOf(text);
    const own = words.findIndex(({ start, end }) => start < blank.end && end > blank.start);
    const parts: (Node | string)[] = [];
    const focused = this.#line.contains(document.activeElement);
    let at = 0;
    let stop: HTMLElement | null = null;
    const slot = (): HTMLElement => {
      const label = best === null ? strings.blankEmpty : strings.blankIs(best);
      const made = element('button', { type: 'button', class: 'slot', 'aria-label': label }, best ?? ' ');
      stop = made;
      return made;
    };
    words.forEach((word, i) => {
      if (blank.start === blank.end && at <= blank.start && word.start >= blank.start) {
        parts.push(text.slice(at, blank.start), slot());
        at = blank.start;
      }
      parts.push(text.slice(at, word.start));
      at = word.end;
      const said = text.slice(word.start, word.end);
      if (i === own) return void parts.push(slot());
      if (!/[\p{L}\p{N}]/u.test(said) || this.#locked) return void parts.push(this.#shaded(word, said));
      const button = element(
        'button',
        { type: 'button', title: strings.hide(said), 'aria-label': strings.hide(said) },
        said,
      );
      this.#shade(button, word);
      button.addEventListener('click', () => this.#hide(word));
      parts.push(button);
    });
    if (!stop) parts.push(text.slice(at), slot());
    else parts.push(text.slice(at));
    this.#line.replaceChildren(...parts);
    this.#roving.stopAt(stop);
    if (focused) (stop as HTMLElement | null)?.focus();
  }

  #shaded(word: Word, said: string): HTMLElement {
    const span = element('span', {}, said);
    this.#shade(span, word);
    return span;
  }

  #shade(target: HTMLElement, { start }: Word): void {
    const score = this.#reasons?.find((one) => one.start === start)?.score ?? 0;
    target.style.setProperty('--share', Math.min(1, Math.max(0, score / DARKEST)).toFixed(3));
  }
}
