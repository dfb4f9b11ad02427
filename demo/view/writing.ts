import type { GenerateSettings } from '../session/protocol';
import type { Strings } from '../train/english';
import { finder, element, setText } from './dom';
import { Sliders, type Slider } from './sliders';

const SLIDERS: readonly Slider<'temperature' | 'topK' | 'topP' | 'length' | 'seed'>[] = [
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
  readonly #sliders = new Sliders(this.#byId('sliders'), SLIDERS);
  #strings: Strings | null = null;

  constructor() {
    this.#sliders.onInput = () => this.#strings && this.#sliders.say(this.#strings);
    this.#byId('generation').addEventListener('submit', (event) => {
      event.preventDefault();
      this.onGenerate(this.settings);
    });
    this.#byId('stop-writing').addEventListener('click', () => this.onStop());
  }

  get settings(): GenerateSettings {
    return {
      prompt: this.#prompt.value,
      tokens: this.#sliders.value('length'),
      temperature: this.#sliders.value('temperature'),
      topK: this.#sliders.value('topK'),
      topP: this.#sliders.value('topP'),
      seed: this.#sliders.value('seed'),
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
    this.#sliders.say(strings);
  }
}
