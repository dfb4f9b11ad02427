/** The laboratory page: three panels, and the worker that computes for them. */
import { Appearance } from '../view/appearance';
import { byId } from '../view/dom';
import { EngineWorker } from '../view/engine-worker';
import { Format } from '../view/format';
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
  readonly #engine = new EngineWorker<Laboratory, LaboratoryEvent>(
    () => this.#strings,
    () => this.#engine.draw(),
  );
  /** The panel whose error is on view. */
  #failed: 'softmax' | 'head' | null = null;
  #opened = false;

  async start(): Promise<void> {
    this.#appearance.onChange = () => this.#onAppearance();
    byId('laboratory').hidden = false;
    this.#appearance.apply();
    this.#opened = await this.#engine.start(
      () => new Worker(new URL('./session/worker.ts', import.meta.url), { type: 'module' }),
      (event) => this.#onEvent(event),
    );
    if (!this.#opened) return;
    const laboratory = this.#engine.session!;
    const softmax = new Newest((input: SoftmaxInput) =>
      this.#attempt('softmax', async () => this.#softmax.show(input, await laboratory.softmax(input))),
    );
    const head = new Newest((input: HeadInput) =>
      this.#attempt('head', async () => this.#head.show(input, await laboratory.head(input))),
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

  /** An error stays until the same panel succeeds: the other's success says nothing of it. */
  async #attempt(panel: 'softmax' | 'head', work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#failed === panel) this.#notices.clear('error');
    } catch (error) {
      this.#failed = panel;
      this.#notices.error(error as Error);
    }
  }

  #onEvent(event: LaboratoryEvent): void {
    if (event.kind !== 'recovered') return;
    this.#notices.news(this.#strings.recovered);
    if (this.#opened) this.#refresh();
  }

  get #strings(): LaboratoryStrings {
    return this.#appearance.strings;
  }

  get #format(): Format {
    return new Format(this.#appearance.language);
  }

  #onAppearance(): void {
    const strings = this.#strings;
    document.title = strings.title;
    this.#notices.setDismissLabel(strings.dismiss);
    this.#softmax.say(strings, this.#format);
    this.#positions.say(strings);
    this.#head.say(strings);
    this.#positions.repaint();
    this.#head.repaint();
    this.#engine.draw();
  }
}
