import { element, setText } from '../../view/dom';
import type { LaboratoryStrings } from '../english';
import { fixed } from '../../view/numbers';

/** Sliders end at one of these, so that a logit of any size is within reach. */
const ENDS = [10, 100, 1000, 10_000, 100_000, 1_000_000];

/** One logit: whether it takes part, a slider and a number for it, and its share as a bar. */
export class LogitRow {
  readonly element: HTMLElement;
  readonly #name: string;
  readonly #part = element('input', { type: 'checkbox', checked: true });
  readonly #slider = element('input', { type: 'range' });
  readonly #number = element('input', { type: 'text', inputmode: 'decimal', autocomplete: 'off' });
  readonly #bar = element('span', { class: 'share-bar' }, element('span'));
  readonly #share = element('output', { class: 'share' });
  #value = 0;

  constructor(name: string, onChange: () => void) {
    this.#name = name;
    this.element = element(
      'div',
      { class: 'logit-row' },
      element('label', { class: 'tick' }, this.#part, element('i', {}, name)),
      this.#slider,
      this.#number,
      this.#bar,
      this.#share,
    );
    this.#part.addEventListener('change', onChange);
    this.#slider.addEventListener('input', () => {
      this.#value = Number(this.#slider.value);
      this.#number.value = String(this.#value);
      onChange();
    });
    this.#number.addEventListener('change', () => {
      const typed = Number(this.#number.value.replace(',', '.').replace('−', '-'));
      const value = this.#number.value.trim() === '' || !Number.isFinite(typed) ? this.#value : typed;
      this.set(Math.min(1e6, Math.max(-1e6, value)), this.takesPart, Math.abs(value));
      onChange();
    });
  }

  get value(): number {
    return this.#value;
  }

  get takesPart(): boolean {
    return this.#part.checked;
  }

  /** `most`: the largest size that the slider must reach. */
  set(value: number, takesPart: boolean, most: number): void {
    const end = ENDS.find((e) => e >= most) ?? ENDS.at(-1)!;
    this.#slider.min = String(-end);
    this.#slider.max = String(end);
    this.#slider.step = String(end / 1000 >= 1 ? end / 10_000 : 0.01);
    this.#value = value;
    this.#slider.value = String(value);
    this.#number.value = String(value);
    this.#part.checked = takesPart;
  }

  say(strings: LaboratoryStrings): void {
    this.#slider.setAttribute('aria-label', strings.logitName(this.#name));
    this.#number.setAttribute('aria-label', strings.logitName(this.#name));
    this.#part.setAttribute('aria-label', strings.takesPartName(this.#name));
    this.#share.setAttribute('aria-label', `${strings.share} ${this.#name}`);
  }

  show(share: number | undefined, strings: LaboratoryStrings): void {
    this.element.classList.toggle('masked', !this.takesPart);
    this.#bar.style.setProperty('--share', String(share ?? 0));
    const text = share === undefined ? '–' : `${fixed(100 * share, 2)} %`;
    setText(this.#share, this.takesPart ? text : strings.masked);
  }
}
