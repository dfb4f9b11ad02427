import { element } from './dom';

const KEPT = 12;

/** What the model wrote at each evaluation, newest first. */
export class Samples {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  #current: { readonly step: number; readonly said: HTMLElement; readonly item: HTMLElement } | null = null;

  constructor(list: HTMLElement, empty: HTMLElement) {
    this.#list = list;
    this.#empty = empty;
  }

  clear(): void {
    this.#list.replaceChildren();
    this.#current = null;
    this.#empty.hidden = false;
  }

  /** Drops what was written after this step: training went back to it. */
  cut(step: number): void {
    for (const item of [...this.#list.children]) {
      if (Number((item as HTMLElement).dataset.step) > step) item.remove();
    }
    this.#current = null;
    this.#empty.hidden = this.#list.childElementCount > 0;
  }

  add(step: number, piece: string, heading: { step: string; loss: string }, language: string): void {
    if (this.#current?.step !== step) {
      const said = element('p', { class: 'said writing-now', lang: language });
      const when = element(
        'p',
        { class: 'when' },
        element('span', {}, heading.step),
        element('span', {}, heading.loss),
      );
      const item = element('li', { 'data-step': step }, when, said);
      this.#list.prepend(item);
      this.#current = { step, said, item };
      this.#empty.hidden = true;
      while (this.#list.childElementCount > KEPT) this.#list.lastElementChild!.remove();
    }
    this.#current.said.append(piece);
  }

  finish(): void {
    if (this.#current?.said.textContent === '') this.#current.item.remove();
    this.#current?.said.classList.remove('writing-now');
    this.#current = null;
  }
}
