import { byId, setText } from '../../view/dom';
import { Segments } from '../../view/segments';
import type { TranslationResult } from '../session/protocol';

/** Characters of a part that its button shows. */
const SHOWN = 24;

/** The whole of a translation that was made in parts, and which of them is looked at. */
export class PartsPicker {
  readonly #segments: Segments;

  constructor(onChange: () => void) {
    this.#segments = new Segments(byId('parts'), 'part', onChange);
  }

  offer({ parts }: TranslationResult): void {
    if (parts.length === 0) return;
    this.#segments.offer(
      parts.map(({ source }, i) => [
        String(i),
        source.length > SHOWN ? `${source.slice(0, SHOWN - 1)}…` : source,
      ]),
    );
  }

  /** Number of the part. */
  get chosen(): number {
    return Number(this.#segments.chosen);
  }

  render(result: TranslationResult | null, language: string): void {
    const several = result !== null && result.parts.length > 1;
    const whole = byId('whole');
    whole.hidden = byId('parts-picker').hidden = !several;
    whole.lang = language;
    setText(whole, several ? result.text : '');
  }
}
