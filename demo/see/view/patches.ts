/** A picture in patches, which words light up, and which tell the words that looked at them. */
import { element } from '../../view/dom';
import { indexIn, onPointed } from './pointed';

export class PatchesView {
  /** The pointer or the focus comes to a patch, by number, row by row; null: it goes. */
  onPoint: (patch: number | null) => void = () => undefined;
  readonly #host: HTMLElement;
  #buttons: HTMLButtonElement[] = [];
  #columns = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
    onPointed(
      host,
      () => this.#buttons,
      (patch) => this.onPoint(patch),
    );
    host.addEventListener('keydown', (event) => this.#onKey(event, indexIn(this.#buttons, event.target)));
  }

  /** Patches of a grid; of one of no rows there are none. */
  grid([rows, columns]: readonly [number, number]): void {
    if (this.#buttons.length === rows * columns && this.#columns === columns) return;
    this.#columns = columns;
    this.#buttons = Array.from({ length: rows * columns }, (_, i) =>
      element('button', { type: 'button', tabindex: i === 0 ? 0 : -1 }),
    );
    this.#host.style.gridTemplateColumns = `repeat(${columns}, 1fr)`;
    this.#host.replaceChildren(...this.#buttons);
  }

  /** Row and column of a patch, from 1. */
  place(patch: number): [row: number, column: number] {
    return [Math.floor(patch / this.#columns) + 1, (patch % this.#columns) + 1];
  }

  name(describe: (patch: number) => string): void {
    for (const [i, button] of this.#buttons.entries()) button.setAttribute('aria-label', describe(i));
  }

  /** Lights patches by their shares, the largest fully; null: all alike. */
  light(shares: ArrayLike<number> | null): void {
    const most = shares ? Math.max(...Array.from(shares)) : 0;
    for (const [i, { style }] of this.#buttons.entries()) {
      // The eye tells small shares from none by their root.
      if (shares && most > 0) style.setProperty('--share', Math.sqrt(shares[i] / most).toFixed(3));
      else style.removeProperty('--share');
    }
  }

  #onKey(event: KeyboardEvent, at: number | null): void {
    if (at === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const columns = this.#columns;
    const last = this.#buttons.length - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
      Home: 0,
      End: last,
    };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    const to = this.#buttons[steps[event.key]] as HTMLButtonElement | undefined;
    if (!to) return;
    this.#buttons[at].tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}
