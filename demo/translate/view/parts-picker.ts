import { finder, setText } from '../../view/dom';
import { Segments } from '../../view/segments';
import type { TranslationResult } from '../session/protocol';

/** Characters of a part that its button shows. */
const SHOWN = 24;
/** Parts that have a button each. Of more, one is chosen by its number. */
const BUTTONS = 40;

/** The whole of a translation that was made in parts, and which of them is looked at. */
export class PartsPicker {
  readonly #byId = finder();
  readonly #segments: Segments;
  readonly #number = this.#byId<HTMLInputElement>('part');
  #count = 0;

  constructor(onChange: () => void) {
    this.#segments = new Segments(this.#byId('parts'), 'part', onChange);
    this.#number.addEventListener('input', onChange);
  }

  offer({ parts }: TranslationResult): void {
    this.#count = parts.length;
    this.#byId('parts').hidden = this.#many;
    this.#byId('part-number').hidden = !this.#many;
    setText(this.#byId('part-count'), `/ ${parts.length}`);
    this.#number.max = String(parts.length);
    this.#number.value = '1';
    if (parts.length === 0 || this.#many) return;
    this.#segments.offer(
      parts.map(({ source }, i) => [
        String(i),
        source.length > SHOWN ? `${source.slice(0, SHOWN - 1)}…` : source,
      ]),
    );
  }

  /** Number of the part. */
  get chosen(): number {
    if (!this.#many) return Number(this.#segments.chosen);
    const typed = Math.floor(Number(this.#number.value)) - 1;
    return Math.min(this.#count - 1, Math.max(0, typed || 0));
  }

  get #many(): boolean {
    return this.#count > BUTTONS;
  }

  render(result: TranslationResult | null, language: string): void {
    const several = result !== null && result.parts.length > 1;
    const whole = this.#byId('whole');
    whole.hidden = this.#byId('parts-picker').hidden = !several;
    whole.lang = language;
    setText(whole, several ? result.text : '');
  }
}
