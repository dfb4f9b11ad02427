import type { SkipReason } from '../../../engine/data';
import { choice, element, finder, onFile, sayChoice, setText, type ChoiceTexts } from '../../view/dom';
import type { Format } from '../../view/format';
import { takeLongPaste } from '../../view/long-paste';
import { RateAndSteps } from '../../view/rate-and-steps';
import type { TranslateStrings } from '../english';
import type {
  PairsName,
  PairsReport,
  PairsSource,
  RunInfo,
  SizeId,
  TrainSettings,
} from '../session/protocol';
import { defaultSize, SIZES, sizeOf, type Size } from '../session/sizes';

const CORPORA = {
  phonemes: () => import('virtual:pairs/phonemes'),
  french: () => import('virtual:pairs/french'),
  chinese: () => import('virtual:pairs/chinese'),
};
type CorpusId = keyof typeof CORPORA;
type Bundled = Awaited<ReturnType<(typeof CORPORA)[CorpusId]>>['pairs'];
const OWN = 'own';
const SKIP_REASONS: readonly SkipReason[] = ['empty', 'missingColumn', 'emptyField', 'openQuote'];

/** What pairs are called in the language of the page. */
export const titleOf = ({ kind, id, title }: PairsName, strings: TranslateStrings): string =>
  kind === 'pasted' ? strings.pastedPairs : (kind === 'corpus' && strings.corpora[id]) || title;

/** The column of settings: which pairs, which model, how to train. */
export class DataPanel {
  readonly #byId = finder();
  /** Pairs of the visitor's own were chosen: they are to be read, and `setReport` told. Null: none any more. */
  onPairs: (source: PairsSource | null) => void = () => undefined;
  onChange: () => void = () => undefined;
  readonly #form = this.#byId<HTMLFormElement>('settings');
  readonly #numbers = new RateAndSteps();
  /** Pasted pairs that are too long for the field. */
  #long = '';
  readonly #pasted = this.#byId<HTMLTextAreaElement>('pasted');
  readonly #bundled = new Map<CorpusId, Bundled>();
  #own: PairsReport | null = null;
  #software = false;
  /** A person chose the size. */
  #sized = false;
  /** A person changed any setting. */
  touched = false;

  constructor() {
    this.#drawRows('corpora', 'data', [...Object.keys(CORPORA), OWN]);
    this.#drawRows(
      'sizes',
      'size',
      SIZES.map(({ id }) => id),
    );
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#form.addEventListener('input', () => (this.touched = true));
    this.#form.addEventListener('change', ({ target }) => this.#changed(target as HTMLInputElement));
    this.#byId('use-pasted').addEventListener('click', () => this.#usePasted());
    this.#pasted.addEventListener('change', () => this.#usePasted());
    takeLongPaste(this.#pasted, (text) => {
      this.#long = text;
      this.#usePasted();
    });
    this.#numbers.onChange = () => this.onChange();
    onFile('choose-file', 'pairs-file', (file) => this.takeFile(file));
    this.#check('data', 'phonemes');
    this.#setSize(SIZES[0]);
  }

  /** What the first corpus is. */
  start(): void {
    void this.#describe();
  }

  setAdapter(software: boolean): void {
    this.#software = software;
    if (!this.#sized) this.#setSize(defaultSize(software));
    this.onChange();
  }

  takeFile(file: File): void {
    this.touched = true;
    this.#check('data', OWN);
    this.onPairs({ kind: 'file', file });
    this.onChange();
  }

  /** What was found in the visitor's own pairs; null while there are none. */
  setReport(report: PairsReport | null): void {
    this.#own = report;
    this.onChange();
  }

  /** The pairs that are chosen, as a run would name them; null where there are none. */
  get pairs(): PairsName | null {
    const bundled = this.#corpus;
    if (!bundled) return this.#own;
    const { name: id, title, languages } = bundled;
    return { kind: 'corpus', id, title, languages };
  }

  /** For `train`: what to fetch; null: the pairs that were read last. */
  async source(): Promise<PairsSource | null> {
    const id = this.#chosen('data') as CorpusId | typeof OWN;
    if (id === OWN) return null;
    const { url, title, languages, apart } = await this.#load(id);
    return { kind: 'corpus', id, title, url: new URL(url, location.href).href, languages, apart };
  }

  get values(): TrainSettings {
    return { size: this.#size.id, ...this.#numbers.values };
  }

  /** What to type instead of numbers that cannot be trained by; null where they can. */
  problem(strings: TranslateStrings): string | null {
    return this.#numbers.problem(strings);
  }

  /** Pairs of the visitor's own are chosen, read or not. */
  get own(): boolean {
    return this.#chosen('data') === OWN;
  }

  /** Whether a run's pairs are the visitor's own that were read last, or can be fetched. */
  has({ kind, id }: PairsName): boolean {
    return kind === 'corpus' ? id in CORPORA : this.#own?.id === id;
  }

  /** Shows a loaded or kept run's settings. Returns false when its pairs are not at hand. */
  adopt(run: RunInfo): boolean {
    this.#sized = true;
    this.#numbers.adopt(run);
    this.#setSize(sizeOf(run.size));
    const known = this.has(run.pairs);
    this.#check('data', known && run.pairs.kind === 'corpus' ? run.pairs.id : OWN);
    void this.#describe();
    return known;
  }

  /** `locked`: a run goes on by them, which the panel says. */
  setDisabled(disabled: boolean, locked: boolean): void {
    this.#form.classList.toggle('locked', locked);
    this.#byId('locked').hidden = !locked;
    for (const fieldset of this.#form.querySelectorAll('fieldset')) fieldset.disabled = disabled;
  }

  render(strings: TranslateStrings, format: Format, reading: boolean): void {
    const { own } = this;
    this.#byId('own').hidden = !own;
    for (const [id, name] of Object.entries(strings.corpora)) {
      const { count } = this.#bundled.get(id as CorpusId) ?? { count: 0 };
      this.#label(
        'corpora',
        id,
        name,
        count ? strings.pairs(format.whole(count)) : '',
        strings.corpusNotes[id],
      );
    }
    for (const { id, layers, width, weights } of SIZES) {
      const slow = this.#software && id !== SIZES[0].id ? ` · ${strings.slowHere}` : '';
      const count = strings.parameters(format.compact(weights));
      this.#label('sizes', id, strings.sizes[id], strings.shape(layers, width), count + slow);
    }
    const facts = this.#byId('facts');
    setText(facts, reading && own ? strings.reading : this.#facts(strings, format, own));
    facts.lang = own ? strings.lang : 'en'; // sources and licences
    setText(
      this.#byId('report'),
      own && !reading && this.#own ? this.#report(this.#own, strings, format) : '',
    );
  }

  get #corpus(): Bundled | undefined {
    return this.#bundled.get(this.#chosen('data') as CorpusId);
  }

  get #size(): Size {
    return sizeOf(this.#chosen('size') as SizeId);
  }

  #facts(strings: TranslateStrings, format: Format, own: boolean): string {
    if (own) {
      const report = this.#own;
      return report
        ? strings.pairsFacts(titleOf(report, strings), format.whole(report.count))
        : strings.noPairs;
    }
    const corpus = this.#corpus;
    return corpus ? `${corpus.source}. ${corpus.licence}.` : '';
  }

  /** What was left out of a file, and where. */
  #report(report: PairsReport, strings: TranslateStrings, format: Format): string {
    const reasons = SKIP_REASONS.filter((reason) => report.skipped[reason].count > 0);
    const count = reasons.reduce((sum, reason) => sum + report.skipped[reason].count, 0);
    const comma = strings.lang === 'en' ? ', ' : '，';
    const sentences = [];
    if (count > 0) {
      const list = reasons.map((reason) => strings.skipped(reason, report.skipped[reason])).join(comma);
      sentences.push(strings.skippedRows(count, list));
    }
    if (report.further > 0) sentences.push(strings.furtherColumns(format.whole(report.further)));
    return sentences.join(' ');
  }

  /** Not by FormData, which leaves out what is disabled. */
  #chosen(name: string): string {
    return this.#form.querySelector<HTMLInputElement>(`input[name=${name}]:checked`)?.value ?? '';
  }

  #changed(target: HTMLInputElement): void {
    if (target.name === 'data') void this.#describe();
    if (target.name === 'size') {
      this.#sized = true;
      this.#setSize(this.#size);
    }
    this.onChange();
  }

  /** Brings what the chosen corpus is, not yet its pairs. */
  async #describe(): Promise<void> {
    const id = this.#chosen('data');
    if (id !== OWN) await this.#load(id as CorpusId);
    this.onChange();
  }

  async #load(id: CorpusId): Promise<Bundled> {
    const { pairs } = await CORPORA[id]();
    this.#bundled.set(id, pairs);
    return pairs;
  }

  /** Taken as soon as one leaves the field, so that Train never uses other pairs than those on view. */
  #usePasted(): void {
    if (this.#pasted.value !== '') this.#long = '';
    const text = this.#pasted.value || this.#long;
    if (text.trim() === '' && this.#own?.kind === 'file') return; // the file that was chosen stays
    this.onPairs(text.trim() === '' ? null : { kind: 'pasted', text });
  }

  /** Rates and steps that a person typed stay. */
  #setSize(size: Size): void {
    this.#check('size', size.id);
    this.#numbers.suggest(size);
  }

  #check(name: string, value: string): void {
    const input = this.#form.querySelector<HTMLInputElement>(`input[name=${name}][value=${value}]`);
    if (input) input.checked = true;
  }

  #label(host: string, id: string, ...texts: ChoiceTexts): void {
    sayChoice(this.#byId(host).querySelector(`[data-id=${id}]`)!, texts);
  }

  #drawRows(host: string, name: string, ids: readonly string[]): void {
    const rows = ids.map((id) => {
      const input = element('input', { type: 'radio', name, value: id });
      return choice(input, undefined, { 'data-id': id });
    });
    this.#byId(host).replaceChildren(...rows);
  }
}
