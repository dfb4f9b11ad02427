import { element } from './dom';

/** A row of choices of which one is taken: radio buttons that look like one control. */
export class Segments {
  readonly #host: HTMLElement;
  readonly #name: string;
  readonly #onChange: () => void;
  #offered = '';

  constructor(host: HTMLElement, name: string, onChange: () => void) {
    this.#host = host;
    this.#name = name;
    this.#onChange = onChange;
    host.addEventListener('change', () => this.#onChange());
  }

  get chosen(): string {
    return this.#host.querySelector<HTMLInputElement>('input:checked')?.value ?? '';
  }

  /** Takes one of those on offer, as a visitor would but without `onChange`. */
  choose(id: string): void {
    for (const input of this.#host.querySelectorAll('input')) input.checked = input.value === id;
  }

  /** Replaces what there is to choose from; a choice that is still there stays, else the first is taken. */
  offer(choices: readonly (readonly [id: string, label: string])[]): void {
    const key = JSON.stringify(choices);
    if (key === this.#offered) return;
    this.#offered = key;
    const kept = choices.some(([id]) => id === this.chosen) ? this.chosen : choices[0][0];
    const labels = choices.map(([id, label]) =>
      element(
        'label',
        {},
        element('input', { type: 'radio', name: this.#name, value: id, checked: id === kept }),
        element('span', {}, label),
      ),
    );
    this.#host.replaceChildren(...labels);
  }
}
