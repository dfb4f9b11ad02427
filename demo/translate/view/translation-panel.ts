import { finder, onClick, setText } from '../../view/dom';
import type { PageEngine } from '../../site/engine';
import type { Format } from '../../view/format';
import { heatMapPng, heatMapSvg } from '../../view/map-file';
import type { Address } from '../../site/address';
import type { Notices } from '../../site/notices';
import { saveFile } from '../../view/save-file';
import type { TranslateStrings } from '../english';
import type { ModelInfo, TranslateEvent, TranslationResult } from '../session/protocol';
import { AlignmentView } from './alignment-view';
import { PartsPicker } from './parts-picker';
import { RequestPanel } from './request-panel';

/** What the panel has from its page. */
interface Host {
  readonly strings: () => TranslateStrings;
  readonly session: () => PageEngine<'translate', TranslateEvent>['session'];
  readonly notices: Notices;
  readonly address: Address;
  readonly onChange: () => void;
}

/** A text and its translation: with which model, which candidates, and what they attended to. */
export class TranslationPanel {
  readonly #byId = finder();
  readonly #host: Host;
  readonly #request = new RequestPanel();
  readonly #alignment: AlignmentView;
  readonly #parts = new PartsPicker(() => this.#showPart());
  #model: ModelInfo | 'opening' | null = null;
  /** Models asked for so far: only the last counts. */
  #asked = 0;
  #result: TranslationResult | null = null;
  /** Translations asked for so far: only the last counts. */
  #turn = 0;
  #translating = false;
  /** Some of the translation under way is on view. */
  #partial = false;

  constructor(host: Host) {
    this.#host = host;
    this.#alignment = new AlignmentView(host.strings());
    this.#request.onModel = () => void this.open();
    this.#request.onTranslate = () => void this.#translate();
    this.#request.onStop = () => void host.session()?.stopTranslating();
    this.#request.onHypothesis = () => void this.#align();
    this.#request.onWait = () => {
      if (this.#translating) void host.session()?.stopTranslating();
      this.#leave();
      host.onChange();
    };
    onClick('save-svg', () => this.#savePicture('svg'));
    onClick('save-png', () => this.#savePicture('png'));
  }

  /** There is a model, or will be. */
  get hasModel(): boolean {
    return this.#model !== null;
  }

  /** The visitor's own model is chosen, or there is no other. */
  get own(): boolean {
    return this.#request.model?.kind !== 'shipped';
  }

  /** The visitor's own model, to be offered beside the shipped ones: see `RequestPanel`. */
  offerOwn(examples: readonly string[] | null, take: boolean): void {
    this.#request.setOwn(examples, this.#host.strings(), take);
  }

  /** Opens the model that is chosen, and translates what is there. */
  async open(): Promise<void> {
    const { strings, session, notices, onChange } = this.#host;
    const choice = this.#request.model;
    const asked = ++this.#asked;
    this.#leave();
    const worker = session();
    if (!worker || !choice) {
      this.#model = null;
      return onChange();
    }
    this.#model = 'opening';
    onChange();
    let model: ModelInfo | null = null;
    try {
      model = await worker.useModel(choice);
    } catch (error) {
      if (asked === this.#asked) notices.error(error as Error);
    }
    if (asked !== this.#asked) return;
    this.#model = model;
    this.#request.say(strings());
    onChange();
    if (model) await this.#translate();
  }

  /** The visitor's own model knows more now: translates again unless someone looks closely at what is there. */
  async refresh(): Promise<void> {
    const { model, text, settings } = this.#request;
    const worker = this.#host.session();
    if (!worker || !this.#info || this.#translating || model?.kind !== 'own' || this.#attended) return;
    const turn = ++this.#turn;
    const result = await worker.translate(text, settings).catch(() => null);
    if (!result || turn !== this.#turn || this.#attended) return;
    this.#show(result);
  }

  /** The translation as far as it is. */
  write(text: string): void {
    if (!this.#translating) return;
    this.#partial = true;
    this.#alignment.write(text, this.#language);
  }

  /** The address chooses; translates at once where there is a model. */
  restore(): void {
    this.#request.say(this.#host.strings()); // models to choose from
    this.#request.restore(this.#host.address);
    if (this.#info) void this.#translate();
  }

  /** Changes language. */
  say(strings: TranslateStrings): void {
    this.#request.say(strings);
    this.#alignment.say(strings);
    this.#alignment.repaint();
  }

  render(strings: TranslateStrings, format: Format, ready: boolean): void {
    this.#request.render(strings, format, { model: this.#model, ready, busy: this.#translating });
    this.#parts.render(this.#result, this.#language);
    const output = this.#byId('output');
    output.classList.toggle('writing-now', this.#translating);
    output.setAttribute('aria-busy', String(this.#translating));
    this.#byId('output-empty').hidden = this.#result !== null || output.textContent !== '';
    setText(this.#byId('took'), this.#took(strings, format));
  }

  #took(strings: TranslateStrings, format: Format): string {
    if (this.#translating) return '';
    if (!this.#result) return this.#request.long && this.hasModel ? strings.longText : '';
    const { parts, milliseconds, compiled } = this.#result;
    const time = format.whole(milliseconds);
    if (compiled > 0) return strings.tookFirst(compiled, time);
    return parts.length > 1 ? strings.tookParts(parts.length, time) : strings.took(time);
  }

  get #info(): ModelInfo | null {
    return this.#model === 'opening' ? null : this.#model;
  }

  get #language(): string {
    return this.#info?.languages[1] ?? '';
  }

  /** Shows the translation as it grows, then its candidates and what they attended to. */
  async #translate(): Promise<void> {
    const { session, notices, onChange } = this.#host;
    const worker = session();
    if (!worker || this.#model === 'opening') return;
    notices.clear('error');
    if (this.#model === null) {
      // It did not open before: perhaps now.
      if (this.#request.model) await this.open();
      return;
    }
    const { text, settings } = this.#request;
    this.#request.remember(this.#host.address);
    const turn = ++this.#turn;
    this.#translating = true;
    this.#partial = false;
    onChange();
    try {
      const result = await worker.translate(text, settings);
      if (turn !== this.#turn) return;
      if (result) this.#show(result);
      else this.#drop(this.#partial);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#drop();
      notices.error(error as Error);
    } finally {
      if (turn === this.#turn) this.#translating = false;
      onChange();
    }
  }

  #show(result: TranslationResult): void {
    this.#result = result;
    this.#parts.offer(result);
    this.#showPart();
  }

  /** Translations of the model or the text before count no more. */
  #leave(): void {
    this.#turn++;
    this.#translating = false;
    this.#drop();
  }

  /** What was translated before is of another text: nothing of it stays, but what was written of this one may. */
  #drop(keepText = false): void {
    this.#result = null;
    this.#request.setHypotheses([]);
    if (!keepText) this.#alignment.clear();
  }

  /** Something of the translation on view was chosen, pinned, pointed at or focused. */
  get #attended(): boolean {
    const focused = this.#byId('hypotheses').contains(document.activeElement);
    return focused || this.#request.hypothesis > 0 || this.#parts.chosen > 0 || this.#alignment.attended;
  }

  #showPart(): void {
    const part = this.#result?.parts[this.#parts.chosen];
    this.#request.setHypotheses(part?.hypotheses ?? []);
    if (part) void this.#align();
    else this.#alignment.clear();
    this.#host.onChange();
  }

  /** Brings the attention of the candidate that is chosen. */
  async #align(): Promise<void> {
    const { session, notices, onChange } = this.#host;
    const [worker, info, result] = [session(), this.#info, this.#result];
    if (!worker || !info || !result) return;
    const part = this.#parts.chosen;
    const { hypothesis } = this.#request;
    const wanted = (): boolean =>
      result === this.#result && part === this.#parts.chosen && hypothesis === this.#request.hypothesis;
    onChange();
    try {
      const alignment = await worker.alignment(result.number, part, hypothesis);
      if (alignment && wanted()) this.#alignment.show(alignment, info.languages, info.tokens);
    } catch (error) {
      if (wanted()) notices.error(error as Error);
    }
  }

  async #savePicture(kind: 'svg' | 'png'): Promise<void> {
    const { picture } = this.#alignment;
    if (!picture) return;
    const name = `heed-attention-${this.#alignment.chosen}.${kind}`;
    try {
      const svg = (): Blob => new Blob([heatMapSvg(picture)], { type: 'image/svg+xml' });
      saveFile(name, kind === 'svg' ? svg() : await heatMapPng(picture));
    } catch (error) {
      this.#host.notices.error(error as Error);
    }
  }
}
