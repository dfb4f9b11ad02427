import type { RunInfo, TextInfo, TextSource } from '../session/protocol';
import type { Strings } from '../train/english';
import { finder, onFile, setText } from './dom';
import type { Format } from './format';
import { takeLongPaste } from './long-paste';
import { languageOfText, titleOf } from './text-titles';

/** What is known of a text that the site has. */
type Corpus = Pick<Extract<TextSource, { kind: 'corpus' }>, 'title' | 'url' | 'facts'>;

/** Addresses and names of texts that the site has; each module is fetched only when its text is chosen. */
export type Corpora = Readonly<Record<string, () => Promise<{ readonly corpus: Corpus }>>>;

type TextStrings = Parameters<typeof titleOf>[1] & Pick<Strings, 'textFacts' | 'noText' | 'reading'>;

/** The choice of a text: one that the site has, or the visitor's own, pasted or from a file. */
export class TextPicker {
  readonly #byId = finder();
  /** A text was chosen; null while none is. */
  onText: (source: TextSource | Promise<TextSource> | null) => void = () => undefined;
  onChange: () => void = () => undefined;
  readonly #form: HTMLElement;
  readonly #corpora: Corpora;
  readonly #pasted = this.#byId<HTMLTextAreaElement>('pasted');
  /** A pasted text that is too long for the field. */
  #long = '';
  #text: TextInfo | null = null;

  constructor(form: HTMLElement, corpora: Corpora) {
    [this.#form, this.#corpora] = [form, corpora];
    form.addEventListener('change', ({ target }) => {
      if ((target as HTMLInputElement).name === 'text') this.take();
    });
    this.#byId('use-pasted').addEventListener('click', () => this.#usePasted());
    this.#pasted.addEventListener('change', () => this.#usePasted());
    takeLongPaste(this.#pasted, (text) => {
      this.#long = text;
      this.#usePasted();
    });
    onFile('choose-file', 'text-file', (file) => this.takeFile(file));
  }

  /** An id of a text that the site has, or 'own'. Not by FormData, which leaves out what is disabled. */
  get choice(): string {
    return this.#form.querySelector<HTMLInputElement>('input[name=text]:checked')?.value ?? '';
  }

  /** Takes the text whose button is checked. */
  take(): void {
    const { choice } = this;
    if (choice === 'own') return this.#usePasted();
    const source = this.#corpora[choice]().then(({ corpus }): TextSource => {
      const url = new URL(corpus.url, location.href).href;
      return { kind: 'corpus', id: choice, title: corpus.title, url, facts: corpus.facts };
    });
    this.onText(source);
  }

  /** Checks the button of a text, where there is one. */
  check(id: string): void {
    const input = this.#form.querySelector<HTMLInputElement>(`input[name=text][value=${CSS.escape(id)}]`);
    if (input) input.checked = true;
    this.onChange();
  }

  takeFile(file: File): void {
    this.check('own');
    this.onText({ kind: 'file', file });
  }

  /** What the worker found in the text that was chosen; null while there is none. */
  setText(text: TextInfo | null): void {
    this.#text = text;
    this.onChange();
  }

  get text(): TextInfo | null {
    return this.#text;
  }

  /** Whether a run's text is the chosen one, or can be fetched. */
  has({ kind, id, fingerprint }: RunInfo['text']): boolean {
    return fingerprint === this.#text?.fingerprint || (kind === 'corpus' && id in this.#corpora);
  }

  render(strings: TextStrings, format: Format, reading: boolean): void {
    const text = this.#text;
    const facts = text
      ? `${text.kind === 'corpus' ? '' : `${titleOf(text, strings)}: `}${strings.textFacts(format.whole(text.characters), format.whole(text.distinct))}`
      : strings.noText;
    setText(this.#byId('facts'), reading ? strings.reading : facts);
    const opening = this.#byId('opening');
    // What stands in the field is not shown again.
    const seen = text?.kind === 'pasted' && this.#pasted.value !== '';
    opening.hidden = text === null || reading || seen;
    setText(opening, text?.opening.trim() ?? '');
    opening.lang = languageOfText(text?.id ?? '');
    this.#byId('own').hidden = this.choice !== 'own';
  }

  /** Taken as soon as one leaves the field, so that Train never uses another text than the one on view. */
  #usePasted(): void {
    if (this.#pasted.value !== '') this.#long = '';
    const text = this.#pasted.value || this.#long;
    if (text === '' && this.#text?.kind === 'file') return; // the file that was chosen stays
    this.onText(text === '' ? null : { kind: 'pasted', text });
  }
}
