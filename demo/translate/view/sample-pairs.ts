import { finder, element, setText } from '../../view/dom';
import type { TranslateStrings } from '../english';
import type { Sample } from '../session/protocol';

/** A few held-out pairs, and what the model makes of their sources at the last evaluation. */
export class SamplePairs {
  readonly #byId = finder();
  readonly #list = this.#byId('sample-pairs');
  #shown: {
    readonly step: number;
    readonly samples: readonly Sample[];
    readonly languages: readonly [string, string];
  } | null = null;

  show(step: number, samples: readonly Sample[], languages: readonly [string, string]): void {
    this.#shown = { step, samples, languages };
  }

  clear(): void {
    this.#shown = null;
  }

  render(strings: TranslateStrings): void {
    const shown = this.#shown;
    this.#byId('samples-empty').hidden = shown !== null;
    setText(this.#byId('samples-step'), shown ? strings.samplesAt(shown.step) : '');
    const [from, to] = shown?.languages ?? ['', ''];
    const rows = (shown?.samples ?? []).map(({ source, target, output }) =>
      element(
        'li',
        {},
        element(
          'dl',
          {},
          ...line(strings.sampleSource, source, from, 'given'),
          ...line(strings.sampleReference, target, to, 'reference'),
          ...line(strings.sampleOutput, output || '–', to, output === target ? 'said right' : 'said'),
        ),
      ),
    );
    this.#list.replaceChildren(...rows);
  }
}

const line = (name: string, text: string, lang: string, kind: string): HTMLElement[] => [
  element('dt', {}, name),
  element('dd', { class: kind, lang, dir: 'auto' }, text),
];
