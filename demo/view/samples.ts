import { element, setText } from './dom';

const KEPT = 12;

/** What stands above a sample, in the language of the page. */
export type Heading = (step: number, loss: string) => { readonly step: string; readonly loss: string };

/** What the model wrote at each evaluation, newest first. */
export class Samples {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  #heading: Heading = () => ({ step: '', loss: '' });
  #current: { readonly step: number; readonly said: HTMLElement } | null = null;

  constructor(list: HTMLElement, empty: HTMLElement) {
    this.#list = list;
    this.#empty = empty;
  }

  /** Writes the headings anew. */
  setHeading(heading: Heading): void {
    this.#heading = heading;
    for (const item of this.#list.children) this.#label(item as HTMLElement);
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

  add(step: number, prompt: string, piece: string, loss: string, language: string): void {
    if (this.#current?.step !== step) {
      const given = element('span', { class: 'given' }, prompt);
      const said = element('p', { class: 'said writing-now', lang: language, dir: 'auto' }, given);
      const when = element('p', { class: 'when' }, element('span'), element('span'));
      const item = element('li', { 'data-step': step, 'data-loss': loss }, when, said);
      this.#label(item);
      this.#list.prepend(item);
      this.#current = { step, said };
      this.#empty.hidden = true;
      while (this.#list.childElementCount > KEPT) this.#list.lastElementChild!.remove();
    }
    this.#current.said.append(piece);
  }

  finish(): void {
    this.#current?.said.classList.remove('writing-now');
    this.#current = null;
  }

  #label(item: HTMLElement): void {
    const { step, loss } = this.#heading(Number(item.dataset.step), item.dataset.loss ?? '');
    const [left, right] = item.firstElementChild!.children;
    setText(left, step);
    setText(right, loss);
  }
}
