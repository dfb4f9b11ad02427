import type { Address } from '../site/address';

const valueOf = (input: HTMLInputElement): string =>
  input.type === 'checkbox' ? (input.checked ? '1' : '0') : input.value;
const usualOf = (input: HTMLInputElement): string =>
  input.type === 'checkbox' ? (input.defaultChecked ? '1' : '0') : input.defaultValue;

/** Keeps what is chosen on a page in its address: radio buttons by their name, other inputs by their id. */
export class FormAddress {
  readonly #main: HTMLElement;
  readonly #address: Address;
  readonly #names: readonly string[];
  /** Id of the field whose text goes behind the #. */
  readonly #text: string;

  constructor(main: HTMLElement, address: Address, names: readonly string[], text: string) {
    this.#main = main;
    this.#address = address;
    this.#names = names;
    this.#text = text;
    for (const event of ['input', 'change']) main.addEventListener(event, () => this.#write());
  }

  /** Makes the page as the address has it, as if someone did. */
  restore(): void {
    const said = this.#names.map((name) => [name, this.#address.get(name)] as const);
    const { text } = this.#address;
    for (const [name, value] of said) {
      if (value === null) continue;
      const radio = this.#main.querySelector<HTMLInputElement>(
        `input[type=radio][name="${name}"][value="${CSS.escape(value)}"]`,
      );
      if (radio) radio.click();
      else this.#enter(name, value);
    }
    if (text) this.#enter(this.#text, text);
  }

  #enter(id: string, value: string): void {
    const input = this.#main.querySelector<HTMLInputElement>(`#${id}`);
    if (!input) return;
    if (input.type === 'checkbox') {
      if (input.checked !== (value === '1')) input.click();
      return;
    }
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #write(): void {
    const settings = this.#names.map((name): [string, string | null] => {
      const radios = [...this.#main.querySelectorAll<HTMLInputElement>(`input[type=radio][name="${name}"]`)];
      if (radios.length > 0) {
        const chosen = radios.findIndex(({ checked }) => checked);
        return [name, chosen > 0 ? radios[chosen].value : null]; // the first is the usual one
      }
      const input = this.#main.querySelector<HTMLInputElement>(`#${name}`);
      return [name, input && valueOf(input) !== usualOf(input) ? valueOf(input) : null];
    });
    const field = this.#main.querySelector<HTMLInputElement>(`#${this.#text}`);
    this.#address.set(
      Object.fromEntries(settings),
      field && field.value !== field.defaultValue ? field.value : '',
    );
  }
}
