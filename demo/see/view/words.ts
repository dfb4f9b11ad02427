/** The words of a caption, one of which may be chosen; patches shade those that looked at them. */
import { element } from '../../view/dom';
import { Roving } from '../../view/roving';
import { indexIn, onPointed } from './pointed';

export class WordsView {
  /** The pointer or the focus comes to a word, by number; null: it goes. */
  onPoint: (word: number | null) => void = () => undefined;
  /** A word is pressed: it stays chosen, or no longer is. */
  onChoose: (word: number) => void = () => undefined;
  readonly #host: HTMLElement;
  readonly #roving: Roving;
  #buttons: HTMLButtonElement[] = [];

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#roving = new Roving(host);
    onPointed(
      host,
      () => this.#buttons,
      (word) => this.onPoint(word),
    );
    host.addEventListener('click', ({ target }) => {
      const word = indexIn(this.#buttons, target);
      if (word !== null) this.onChoose(word);
    });
  }

  show(words: readonly string[]): void {
    this.#buttons = words.map((word) => element('button', { type: 'button', 'aria-pressed': 'false' }, word));
    this.#host.replaceChildren(...this.#buttons);
    this.#roving.stopAt(this.#buttons[0] ?? null);
  }

  name(describe: (word: number) => string): void {
    for (const [i, button] of this.#buttons.entries()) button.title = describe(i);
  }

  choose(word: number | null): void {
    for (const [i, button] of this.#buttons.entries())
      button.setAttribute('aria-pressed', String(i === word));
  }

  /** Shades words by their shares of a patch, the largest fully; null: none. */
  shade(shares: readonly number[] | null): void {
    const most = Math.max(0, ...(shares ?? []));
    for (const [i, { style }] of this.#buttons.entries()) {
      if (shares && most > 0) style.setProperty('--share', (shares[i] / most).toFixed(3));
      else style.removeProperty('--share');
    }
  }
}
