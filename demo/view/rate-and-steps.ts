import type { Strings } from '../train/english';
import { finder } from './dom';

export interface RateAndStepsValues {
  /** Peak learning rate. NaN where what is typed is no number. */
  readonly rate: number;
  /** Updates in all. */
  readonly steps: number;
}

/** A whole number as people type one: "3000", "3,000", "3 000" or "３，０００". NaN for anything else. */
export function wholeNumber(text: string): number {
  const typed = text.normalize('NFKC').trim();
  const grouped = /^(\d+|\d{1,3}([,\s'’_]\d{3})+)(e\d+)?$/i.test(typed);
  return grouped ? Number(typed.replace(/[,\s'’_]/g, '')) : NaN;
}

/** "0.003", "0,003" or "3e-3". NaN for anything else. */
export function decimalNumber(text: string): number {
  const typed = text.normalize('NFKC').trim();
  return /^(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?$/i.test(typed) ? Number(typed.replace(',', '.')) : NaN;
}

/** The two fields that tell how to train. What a person typed there stays until a run's own numbers are shown. */
export class RateAndSteps {
  readonly #byId = finder();
  readonly #rate = this.#byId<HTMLInputElement>('rate');
  readonly #steps = this.#byId<HTMLInputElement>('steps');
  readonly #touched = new Set<HTMLInputElement>();
  /** Someone typed. */
  onChange: () => void = () => undefined;

  constructor() {
    for (const input of [this.#rate, this.#steps]) {
      input.addEventListener('input', () => {
        this.#touched.add(input);
        input.removeAttribute('aria-invalid');
        this.onChange();
      });
    }
  }

  get values(): RateAndStepsValues {
    return { rate: decimalNumber(this.#rate.value), steps: wholeNumber(this.#steps.value) };
  }

  /** What someone typed, or a run brought; null where a size's own numbers stand. */
  get typed(): { readonly rate: string | null; readonly steps: string | null } {
    const of = (input: HTMLInputElement): string | null => (this.#touched.has(input) ? input.value : null);
    return { rate: of(this.#rate), steps: of(this.#steps) };
  }

  /** As if someone typed these. */
  type(rate: string | null, steps: string | null): void {
    for (const [input, text] of [
      [this.#rate, rate],
      [this.#steps, steps],
    ] as const) {
      if (text === null) continue;
      input.value = text;
      this.#touched.add(input);
    }
  }

  /** What a size does well with. */
  suggest({ rate, steps }: RateAndStepsValues): void {
    if (!this.#touched.has(this.#rate)) this.#set(this.#rate, rate);
    if (!this.#touched.has(this.#steps)) this.#set(this.#steps, steps);
  }

  /** A run's own. */
  adopt({ rate, steps }: RateAndStepsValues): void {
    this.#touched.add(this.#rate).add(this.#steps);
    this.#set(this.#rate, rate);
    this.#set(this.#steps, steps);
  }

  /** What to type instead of what cannot be trained by; null where both are well. */
  problem({ typeRate, typeSteps }: Pick<Strings, 'typeRate' | 'typeSteps'>): string | null {
    const { rate, steps } = this.values;
    const fine = [rate > 0 && Number.isFinite(rate), steps >= 1 && Number.isSafeInteger(steps)];
    [this.#rate, this.#steps].forEach((input, i) => {
      if (fine[i]) input.removeAttribute('aria-invalid');
      else input.setAttribute('aria-invalid', 'true');
    });
    if (!fine[0]) return typeRate(this.#rate.value.trim());
    return fine[1] ? null : typeSteps(this.#steps.value.trim());
  }

  #set(input: HTMLInputElement, value: number): void {
    input.value = String(value);
    input.removeAttribute('aria-invalid');
  }
}
