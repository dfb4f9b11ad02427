/** The laboratory page: three panels, and the worker that computes for them. */
import { wrap, type Remote } from 'comlink';
import type { AdapterSummary } from '../session/protocol';
import { Appearance } from '../view/appearance';
import { byId, setText } from '../view/dom';
import { Format } from '../view/format';
import { missingWebGPU, showMissing, type MissingReason } from '../view/missing';
import { Notices } from '../view/notices';
import { chinese } from './chinese';
import { english, type LaboratoryStrings } from './english';
import { Newest } from './newest';
import type { Laboratory } from './session/laboratory';
import type { HeadInput, LaboratoryEvent, SoftmaxInput } from './session/protocol';
import { HeadPanel } from './view/head-panel';
import { PositionsPanel } from './view/positions-panel';
import { SoftmaxPanel } from './view/softmax-panel';

export class LaboratoryPage {
  readonly #appearance = new Appearance({ en: english, zh: chinese });
  readonly #notices = new Notices(byId('notices'));
  readonly #softmax = new SoftmaxPanel(this.#strings, this.#format);
  readonly #positions = new PositionsPanel(this.#strings);
  readonly #head = new HeadPanel(this.#strings);
  #laboratory: Remote<Laboratory> | null = null;
  #adapter: AdapterSummary | null = null;
  #missing: { readonly reason: MissingReason; readonly detail: string } | null = null;

  async start(): Promise<void> {
    this.#appearance.onChange = () => this.#onAppearance();
    byId('laboratory').hidden = false;
    this.#appearance.apply();
    const reason = missingWebGPU();
    if (reason) return this.#giveUp(reason, '');
    const worker = new Worker(new URL('./session/worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('error', ({ message }) =>
      this.#giveUp('other', message || 'The engine did not load.'),
    );
    worker.addEventListener('message', ({ data }: MessageEvent<{ event?: LaboratoryEvent }>) => {
      if (data.event) this.#onEvent(data.event);
    });
    const laboratory = wrap<Laboratory>(worker);
    // For tests and the curious; nothing on the page uses it.
    Object.assign(window, { __heed: { laboratory, loseDevice: () => laboratory.loseDevice() } });
    try {
      await laboratory.open();
    } catch (error) {
      const { message } = error as Error;
      return this.#giveUp(
        /no WebGPU adapter/.test(message) ? 'adapter' : /has no WebGPU/.test(message) ? 'missing' : 'other',
        message,
      );
    }
    this.#laboratory = laboratory;
    const softmax = new Newest((input: SoftmaxInput) =>
      this.#attempt(async () => this.#softmax.show(input, await laboratory.softmax(input))),
    );
    const head = new Newest((input: HeadInput) =>
      this.#attempt(async () => this.#head.show(input, await laboratory.head(input))),
    );
    this.#softmax.onInput = (input) => softmax.push(input);
    this.#head.onInput = (input) => head.push(input);
    this.#refresh();
  }

  /** Asks anew for everything on view. */
  #refresh(): void {
    this.#softmax.onInput(this.#softmax.input);
    this.#head.onInput(this.#head.input);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#notices.clear('error');
    } catch (error) {
      this.#notices.error((error as Error).message);
    }
  }

  #onEvent(event: LaboratoryEvent): void {
    if (event.kind === 'adapter') {
      this.#adapter = event.adapter;
      this.#drawAdapter();
    } else {
      this.#notices.news(this.#strings.recovered);
      if (this.#laboratory) this.#refresh();
    }
  }

  get #strings(): LaboratoryStrings {
    return this.#appearance.strings;
  }

  get #format(): Format {
    return new Format(this.#appearance.language);
  }

  #drawAdapter(): void {
    const { adapter, software, opening } = this.#strings;
    const summary = this.#adapter;
    if (this.#missing) return setText(byId('adapter'), '');
    const extras = summary?.features.length ? ` (${summary.features.join(', ')})` : '';
    const note = summary?.software ? `; ${software}` : '';
    setText(byId('adapter'), summary ? `${adapter}: ${summary.name}${extras}${note}` : opening);
  }

  #giveUp(reason: MissingReason, detail: string): void {
    this.#missing = { reason, detail };
    showMissing(this.#strings, reason, detail);
    this.#drawAdapter();
  }

  #onAppearance(): void {
    const strings = this.#strings;
    document.title = strings.title;
    this.#notices.setDismissLabel(strings.dismiss);
    if (this.#missing) showMissing(strings, this.#missing.reason, this.#missing.detail);
    this.#softmax.say(strings, this.#format);
    this.#positions.say(strings);
    this.#head.say(strings);
    this.#positions.repaint();
    this.#head.repaint();
    this.#drawAdapter();
  }
}
