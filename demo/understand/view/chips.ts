import { element } from '../../view/dom';

/** Texts to try, as buttons; drawn anew only where they are others. */
export class Chips {
  onChoose: (text: string) => void = () => undefined;
  readonly #host: HTMLElement;
  #key = '';

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  offer(texts: readonly string[]): void {
    const key = JSON.stringify(texts);
    if (key === this.#key) return;
    this.#key = key;
    this.#host.replaceChildren(
      ...texts.map((text) => {
        const chip = element('button', { type: 'button', lang: 'en' }, text);
        chip.addEventListener('click', () => this.onChoose(text));
        return chip;
      }),
    );
  }

  set disabled(disabled: boolean) {
    for (const chip of this.#host.querySelectorAll('button')) chip.disabled = disabled;
  }
}
