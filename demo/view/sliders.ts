import { element, setText } from './dom';

export interface Slider<Id extends string> {
  readonly id: Id;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  /** Shown as "off" at this value. */
  readonly off?: number;
}

/** Sliders with their names and values, in a host. */
export class Sliders<Id extends string> {
  onInput: () => void = () => undefined;
  readonly #sliders: readonly Slider<Id>[];
  readonly #inputs = new Map<Id, HTMLInputElement>();

  constructor(host: HTMLElement, sliders: readonly Slider<Id>[]) {
    this.#sliders = sliders;
    host.append(...sliders.map((slider) => this.#make(slider)));
  }

  value(id: Id): number {
    return Number(this.#inputs.get(id)!.value);
  }

  /** What stands at the beginning. */
  usual(id: Id): number {
    return Number(this.#inputs.get(id)!.defaultValue);
  }

  set(id: Id, value: number): void {
    this.#inputs.get(id)!.value = String(value);
  }

  /** Says names and values. */
  say(names: Readonly<Record<Id | 'off', string>>): void {
    for (const { id, step, off } of this.#sliders) {
      const input = this.#inputs.get(id)!;
      const [name, output] = [...input.parentElement!.children] as [Element, Element];
      setText(name, names[id]);
      const value = Number(input.value);
      const text = value === off ? names.off : step < 1 ? value.toFixed(2) : String(value);
      setText(output, text);
      input.setAttribute('aria-valuetext', text);
    }
  }

  /** What stands under a slider. */
  note(id: Id, text: string): void {
    const slider = this.#inputs.get(id)!.parentElement!;
    const note = slider.querySelector('.effect') ?? slider.appendChild(element('span', { class: 'effect' }));
    setText(note, text);
  }

  #make({ id, min, max, step, value }: Slider<Id>): HTMLElement {
    const input = element('input', { type: 'range', id: `slider-${id}`, min, max, step, value });
    this.#inputs.set(id, input);
    input.addEventListener('input', () => this.onInput());
    // The value stands outside of the label, which would name it and not the slider.
    return element(
      'div',
      { class: 'slider' },
      element('label', { class: 'name', for: input.id }),
      element('output', { for: input.id }),
      input,
    );
  }
}
