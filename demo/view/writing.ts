import type { GenerateSettings } from '../session/protocol';
import type { StringKey, Strings } from '../train/english';
import { finder, element, setText } from './dom';

interface Slider {
  readonly id: 'temperature' | 'topK' | 'topP' | 'length' | 'seed';
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  /** Shown as "off" at this value. */
  readonly off?: number;
}

const SLIDERS: readonly Slider[] = [
  { id: 'temperature', min: 0, max: 1.5, step: 0.05, value: 0.8 },
  { id: 'topP', min: 0.05, max: 1, step: 0.05, value: 0.95, off: 1 },
  { id: 'topK', min: 0, max: 100, step: 1, value: 0, off: 0 },
  { id: 'length', min: 20, max: 1000, step: 20, value: 200 },
  { id: 'seed', min: 0, max: 99, step: 1, value: 1 },
];

/** The prompt, how to sample, and the text that comes of it. */
export class WritingPanel {
  readonly #byId = finder();
  onGenerate: (settings: GenerateSettings) => void = () => undefined;
  onStop: () => void = () => undefined;
  readonly #prompt = this.#byId<HTMLTextAreaElement>('prompt');
  readonly #output = this.#byId('output');
  readonly #inputs = new Map<Slider['id'], HTMLInputElement>();
  #strings: Strings | null = null;

  constructor() {
    this.#byId('sliders').append(...SLIDERS.map((slider) => this.#slider(slider)));
    this.#byId('generation').addEventListener('submit', (event) => {
      event.preventDefault();
      this.onGenerate(this.settings);
    });
    this.#byId('stop-writing').addEventListener('click', () => this.onStop());
  }

  get settings(): GenerateSettings {
    return {
      prompt: this.#prompt.value,
      tokens: this.#value('length'),
      temperature: this.#value('temperature'),
      topK: this.#value('topK'),
      topP: this.#value('topP'),
      seed: this.#value('seed'),
    };
  }

  /** A prompt that suits the text; one that a person typed stays. */
  suggest(prompt: string): void {
    if (this.#prompt.value !== '' && this.#prompt.value !== this.#prompt.defaultValue) return;
    this.#prompt.defaultValue = prompt;
    this.#prompt.value = prompt;
  }

  begin(language: string): void {
    this.#output.lang = language;
    this.#output.classList.add('writing-now');
    this.#output.replaceChildren(element('span', { class: 'given' }, this.#prompt.value));
    setText(this.#byId('written'), '');
  }

  add(piece: string): void {
    this.#output.append(piece);
    this.#output.scrollTop = this.#output.scrollHeight;
  }

  end(note: string): void {
    this.#output.classList.remove('writing-now');
    setText(this.#byId('written'), note);
  }

  setButtons(ready: boolean, writing: boolean): void {
    const generate = this.#byId<HTMLButtonElement>('generate');
    const stop = this.#byId<HTMLButtonElement>('stop-writing');
    const focused = document.activeElement;
    generate.disabled = !ready || writing;
    stop.hidden = !writing;
    if (focused === stop && stop.hidden) generate.focus();
  }

  render(strings: Strings): void {
    this.#strings = strings;
    for (const slider of SLIDERS) {
      const input = this.#inputs.get(slider.id)!;
      const [name, output] = [...input.parentElement!.children] as [Element, Element];
      setText(name, strings[slider.id satisfies StringKey]);
      const value = Number(input.value);
      const text = value === slider.off ? strings.off : slider.step < 1 ? value.toFixed(2) : String(value);
      setText(output, text);
      input.setAttribute('aria-valuetext', text);
    }
  }

  #value(id: Slider['id']): number {
    return Number(this.#inputs.get(id)!.value);
  }

  #slider({ id, min, max, step, value }: Slider): HTMLElement {
    const input = element('input', { type: 'range', id: `slider-${id}`, min, max, step, value });
    this.#inputs.set(id, input);
    input.addEventListener('input', () => this.#strings && this.render(this.#strings));
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
