import type { RunInfo, Size, TextInfo, TextSource, TokenizerKind, TrainSettings } from '../session/protocol';
import { BPE_VOCABULARY, countParameters, defaultSize, SIZES } from '../session/sizes';
import type { Address } from '../site/address';
import type { Language } from '../site/language';
import type { Strings } from '../train/english';
import { choice, element, finder, sayChoice } from './dom';
import type { Format } from './format';
import { RateAndSteps } from './rate-and-steps';
import { TextPicker } from './text-picker';

const CORPORA = {
  english: () => import('virtual:corpus/english'),
  tang: () => import('virtual:corpus/tang'),
} as const;

/** The column of settings: which text, which model, how to train. */
export class SettingsPanel {
  readonly #byId = finder();
  onChange: () => void = () => undefined;
  /** A text was chosen; null while none is. */
  set onText(hear: (source: TextSource | Promise<TextSource> | null) => void) {
    this.#texts.onText = hear;
  }
  readonly #form = this.#byId<HTMLFormElement>('settings');
  readonly #numbers = new RateAndSteps();
  readonly #texts = new TextPicker(this.#form, CORPORA);
  #software = false;
  /** A person chose the size. */
  #sized = false;

  constructor() {
    this.#numbers.onChange = () => this.onChange();
    this.#drawSizes();
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('change', (event) => this.#changed(event.target as HTMLInputElement));
    this.#texts.onChange = () => this.onChange();
    this.#setSize(SIZES[0]);
  }

  /** The settings of an address; else the language's text, and a size that suits the adapter. */
  start(address: Pick<Address, 'get'>, language: Language): void {
    // All at once: what is set here is written to the address.
    const [text, sizeId, tokens, rate, steps] = ['text', 'size', 'tokens', 'rate', 'steps'].map((name) =>
      address.get(name),
    );
    this.#numbers.type(rate, steps);
    const size = SIZES.find(({ id }) => id === sizeId);
    this.#sized = size !== undefined;
    if (size) this.#setSize(size);
    if (tokens === 'bytes') this.#check('tokenizer', 'bytes');
    const wanted = text ?? (language === 'zh' ? 'tang' : 'english');
    if (wanted in CORPORA) this.#texts.check(wanted);
    this.#texts.take();
  }

  /** What leads here again: what is as it always is, and a visitor's own text, is left out. */
  addressIn(language: Language): Record<string, string | null> {
    const text = this.#texts.choice;
    const usual = text === 'own' || (text === 'english' && language === 'en');
    return {
      text: usual ? null : text,
      size: this.#sized ? this.size.id : null,
      tokens: this.values.tokenizer === 'bytes' ? 'bytes' : null,
      ...this.#numbers.typed,
    };
  }

  setAdapter(software: boolean): void {
    this.#software = software;
    if (!this.#sized) this.#setSize(defaultSize(software));
    this.onChange();
  }

  takeFile(file: File): void {
    this.#texts.takeFile(file);
  }

  /** As `TextPicker.read`. */
  readText(...given: Parameters<TextPicker['read']>): Promise<TextInfo | null> {
    return this.#texts.read(...given);
  }

  get text(): TextInfo | null {
    return this.#texts.text;
  }

  /** Shows a loaded model's settings. Returns false when its text is not at hand. */
  adopt(run: RunInfo): boolean {
    const { size, tokenizer, text } = run;
    this.#sized = true;
    this.#numbers.adopt(run);
    this.#setSize(SIZES.find(({ id }) => id === size.id) ?? size);
    this.#check('tokenizer', tokenizer);
    if (text.fingerprint === this.text?.fingerprint) return true;
    if (!this.has(text)) return false;
    this.#texts.check(text.id);
    this.#texts.take();
    return true;
  }

  /** Whether a run's text is the chosen one, or can be fetched. */
  has(text: RunInfo['text']): boolean {
    return this.#texts.has(text);
  }

  /** What to type instead of numbers that cannot be trained by; null where they can. */
  problem(strings: Strings): string | null {
    return this.#numbers.problem(strings);
  }

  /** Whether the fields have this run's numbers. */
  numbersOf({ rate, steps }: RunInfo): boolean {
    const { values } = this.#numbers;
    return values.rate === rate && values.steps === steps;
  }

  get size(): Size {
    const id = this.#chosen('size');
    return SIZES.find((size) => size.id === id) ?? SIZES[0];
  }

  get values(): Pick<TrainSettings, 'size' | 'tokenizer' | 'rate' | 'steps'> {
    return {
      size: this.size,
      tokenizer: this.#chosen('tokenizer') as TokenizerKind,
      ...this.#numbers.values,
    };
  }

  /** `locked`: a run goes on by them, which the panel says. */
  setDisabled(disabled: boolean, locked: boolean): void {
    this.#form.classList.toggle('locked', locked);
    this.#byId('locked').hidden = !locked;
    for (const fieldset of this.#form.querySelectorAll('fieldset')) fieldset.disabled = disabled;
  }

  render(strings: Strings, format: Format): void {
    this.#texts.render(strings, format);
    const vocabulary = this.values.tokenizer === 'bytes' ? BPE_VOCABULARY : (this.text?.distinct ?? 80);
    for (const size of SIZES) {
      const slow = this.#software && size !== SIZES[0] ? ` · ${strings.slowHere}` : '';
      sayChoice(this.#form.querySelector(`[data-size=${size.id}]`)!, [
        strings[size.id as 'tiny'],
        strings.parameters(format.compact(countParameters(size, vocabulary))),
        strings.shape(size.layers, size.width, size.context) + slow,
      ]);
    }
  }

  /** Not by FormData, which leaves out what is disabled. */
  #chosen(name: string): string {
    return this.#form.querySelector<HTMLInputElement>(`input[name=${name}]:checked`)?.value ?? '';
  }

  #changed(target: HTMLInputElement): void {
    if (target.name === 'size') {
      this.#sized = true;
      this.#setSize(this.size);
    }
    this.onChange();
  }

  /** Rates and steps that a person typed stay. */
  #setSize(size: Size): void {
    this.#check('size', size.id);
    this.#numbers.suggest(size);
  }

  #check(name: string, value: string): void {
    const input = this.#form.querySelector<HTMLInputElement>(`input[name=${name}][value=${value}]`);
    if (input) input.checked = true;
    this.onChange();
  }

  #drawSizes(): void {
    const rows = SIZES.map(({ id }) => {
      const input = element('input', { type: 'radio', name: 'size', value: id });
      return choice(input, undefined, { 'data-size': id });
    });
    this.#byId('sizes').replaceChildren(...rows);
  }
}
