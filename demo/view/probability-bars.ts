import { element, setText } from './dom';
import { chance } from './numbers';

/** A choice of a model, and its share of all. */
export interface Probability {
  readonly text: string;
  /** 0 … 1: the length of its bar. */
  readonly share: number;
  /** Why it cannot be drawn, in a word, where that is so: it is shown as cut off. */
  readonly cut?: string;
  /** What the model itself gave it, 0 … 1: a mark on the bar. */
  readonly own?: number;
  /** It is the one that stands there. */
  readonly current?: boolean;
}

/** Choices as bars, likeliest first; one that is pressed is taken. */
export class ProbabilityBars {
  /** `row`: which of those on view. */
  onChoose: (text: string, row: number) => void = () => undefined;
  /** What pressing a bar does. */
  describe: (text: string) => string = (text) => text;
  /** What stands behind a bar. */
  amount: (share: number) => string = chance;
  /** They are to be looked at only. */
  locked = false;
  readonly #list = element('ol', { class: 'probability-bars', lang: 'en' });
  #shown: readonly Probability[] = [];

  /** `cuts`: there is room to say why a choice is cut off. */
  constructor(host: HTMLElement, rows: number, { cuts = false } = {}) {
    const bars = Array.from({ length: rows }, () => {
      const parts = [
        element('span', { class: 'word' }, '…'),
        element('span', { class: 'track' }, element('span', { class: 'bar' })),
        element('span', { class: 'percent' }),
        ...(cuts ? [element('span', { class: 'why' })] : []),
      ];
      return element('li', {}, element('button', { type: 'button', disabled: true }, ...parts));
    });
    this.#list.append(...bars);
    host.append(this.#list);
    this.#list.addEventListener('click', ({ target }) => {
      const item = (target as Element).closest('li');
      const row = item ? [...this.#list.children].indexOf(item) : -1;
      const chosen = this.#shown[row];
      if (chosen) this.onChoose(chosen.text, row);
    });
  }

  /** Of the choices. Default: English. */
  set language(language: string) {
    this.#list.lang = language;
  }

  show(shown: readonly Probability[]): void {
    this.#shown = shown;
    this.say();
  }

  /** Changes language. */
  say(): void {
    const most = this.#shown.reduce((longest, { share, own = 0 }) => Math.max(longest, share, own), 0) || 1;
    this.#list.classList.toggle('locked', this.locked);
    [...this.#list.children].forEach((item, i) => {
      const button = item.firstElementChild as HTMLButtonElement;
      const shown = this.#shown[i] as Probability | undefined;
      const { text, share, cut, own, current = false } = shown ?? { text: '…', share: 0 };
      const word = visible(text);
      button.disabled = !shown || this.locked;
      item.classList.toggle('cut', cut !== undefined);
      if (current) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
      setText(button.children[0], word);
      setText(button.children[2], shown ? this.amount(share) : '');
      if (button.children[3]) setText(button.children[3], cut ?? '');
      button.title = shown && !this.locked ? this.describe(word) : '';
      button.style.setProperty('--share', (share / most).toFixed(4)); // an attribute would break the page's policy
      button.classList.toggle('marked', own !== undefined);
      if (own !== undefined) button.style.setProperty('--own', (own / most).toFixed(4));
    });
  }
}

/** A token as a reader sees it. */
export const visible = (text: string): string => text.replace(/\n/g, '↵').trim() || '␣';
