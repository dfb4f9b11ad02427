import type { RunInfo, TextInfo, TextSource } from '../session/protocol';
import type { Strings } from '../train/english';
import type { Language } from '../site/language';
import { told } from '../site/notices';
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
  #reading = false;
  /** What was chosen last: what comes of anything before it is not shown. */
  #turn = 0;

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

  /**
   * Has what was chosen read by the worker (`take`), and shows the text, or under the field why there is none. Null where there is none, or
   * where another one was chosen meanwhile.
   */
  async read(
    source: TextSource | Promise<TextSource> | null,
    take: (source: TextSource) => Promise<TextInfo>,
    language: () => Language,
  ): Promise<TextInfo | null> {
    const turn = ++this.#turn;
    const isCurrent = (): boolean => turn === this.#turn;
    setText(this.#byId('text-problem'), '');
    this.#reading = source !== null;
    if (source === null) return this.#show(null);
    this.onChange();
    try {
      const chosen = await source;
      const text = isCurrent() ? await take(chosen) : null;
      return isCurrent() ? this.#show(text) : null;
    } catch (error) {
      if (!isCurrent()) return null;
      this.#byId('text-problem').replaceChildren(...told(error as Error, language()));
      return this.#show(null); // the one before is not what the panel shows
    }
  }

  #show(text: TextInfo | null): TextInfo | null {
    this.#reading = false;
    this.#text = text;
    this.onChange();
    return text;
  }

  /** What the worker found in the text that was chosen last; null while there is none. */
  get text(): TextInfo | null {
    return this.#text;
  }

  /** Whether one was chosen that the worker has not read yet. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Whether a run's text is the chosen one, or can be fetched. */
  has({ kind, id, fingerprint }: RunInfo['text']): boolean {
    return fingerprint === this.#text?.fingerprint || (kind === 'corpus' && id in this.#corpora);
  }

  render(strings: TextStrings, format: Format): void {
    const [text, reading] = [this.#text, this.#reading];
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
