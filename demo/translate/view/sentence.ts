import { element } from '../../view/dom';
import { Roving } from '../../view/roving';
import type { Unit } from './units';

/** A share whose tint can be seen, and makes soft ink too faint. */
const TINTED = 0.01;

/** A sentence in units that can be pointed at: by pointer, tap, or Tab and the arrow keys. */
export class Sentence {
  /** Null when nothing is pointed at any more. */
  onPoint: (unit: number | null) => void = () => undefined;
  onChoose: (unit: number) => void = () => undefined;
  readonly #host: HTMLElement;
  readonly #roving: Roving;
  #buttons: readonly HTMLButtonElement[] = [];

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#roving = new Roving(host);
    const unitOf = (target: EventTarget | null): number => this.#buttons.indexOf(target as HTMLButtonElement);
    const point = ({ target }: Event): void => {
      const unit = unitOf(target);
      this.onPoint(unit < 0 ? null : unit);
    };
    host.addEventListener('pointerover', (event) => {
      if (event.pointerType === 'mouse') point(event);
    });
    host.addEventListener('pointerleave', () => this.onPoint(null));
    host.addEventListener('focusin', (event) => {
      if ((event.target as HTMLElement).matches(':focus-visible')) point(event);
    });
    host.addEventListener('focusout', () => this.onPoint(null));
    host.addEventListener('click', ({ target }) => {
      const unit = unitOf(target);
      if (unit >= 0) this.onChoose(unit);
    });
  }

  clear(): void {
    this.#buttons = [];
    this.#host.replaceChildren();
  }

  /** Plain text that still grows. */
  write(text: string, language: string): void {
    this.#buttons = [];
    this.#host.lang = language;
    this.#host.replaceChildren(text);
  }

  show(units: readonly Unit[], language: string): void {
    this.#host.lang = language;
    this.#buttons = units.map(({ text }) =>
      element('button', { type: 'button', class: /^⟨.*⟩$/.test(text) ? 'unit special' : 'unit' }, text),
    );
    this.#host.replaceChildren(
      ...this.#buttons.flatMap((button, i) => (units[i].spaced && i > 0 ? [' ', button] : [button])),
    );
    this.#roving.stopAt(this.#buttons[0]);
  }

  /** Shades each unit by its share, 0 … 1, and frames one. */
  tint(shares: readonly number[], framed: number | null): void {
    this.#buttons.forEach((button, i) => {
      const share = i < shares.length ? shares[i] : 0;
      button.style.setProperty('--share', share.toFixed(3));
      button.classList.toggle('tinted', share >= TINTED);
      button.classList.toggle('framed', i === framed);
    });
  }
}
