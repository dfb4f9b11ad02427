import { element, setText } from './dom';
import { percent } from './numbers';

/** A choice of a model, and its share of all. */
export interface Probability {
  readonly text: string;
  /** 0 … 1 */
  readonly share: number;
}

/** Choices as bars, likeliest first; one that is pressed is taken. */
export class ProbabilityBars {
  onChoose: (text: string) => void = () => undefined;
  /** What pressing a bar does. */
  describe: (text: string) => string = (text) => text;
  readonly #list = element('ol', { class: 'probability-bars' });
  #shown: readonly Probability[] = [];

  constructor(host: HTMLElement, rows: number) {
    const bars = Array.from({ length: rows }, () =>
      element(
        'li',
        {},
        element(
          'button',
          { type: 'button', disabled: true },
          element('span', { class: 'word', lang: 'en' }, '…'),
          element('span', { class: 'bar' }),
          element('span', { class: 'percent' }),
        ),
      ),
    );
    this.#list.append(...bars);
    host.append(this.#list);
    this.#list.addEventListener('click', ({ target }) => {
      const item = (target as Element).closest('li');
      const chosen = item && this.#shown[[...this.#list.children].indexOf(item)];
      if (chosen) this.onChoose(chosen.text);
    });
  }

  show(shown: readonly Probability[]): void {
    this.#shown = shown;
    this.say();
  }

  /** Changes language. */
  say(): void {
    const most = this.#shown[0]?.share ?? 1;
    [...this.#list.children].forEach((item, i) => {
      const button = item.firstElementChild as HTMLButtonElement;
      const { text, share } = this.#shown[i] ?? { text: '…', share: 0 };
      const word = visible(text);
      button.disabled = !this.#shown[i];
      setText(button.children[0], word);
      setText(button.children[2], this.#shown[i] ? percent(share) : '');
      button.title = this.#shown[i] ? this.describe(word) : '';
      button.style.setProperty('--share', (share / most).toFixed(4)); // an attribute would break the page's policy
    });
  }
}

/** A token as a reader sees it. */
const visible = (text: string): string => text.replace(/\n/g, '↵').trim() || '␣';
