/** The laboratory page: three panels, and the worker that computes for them. */
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { FormAddress } from '../view/form-address';
import { Format } from '../view/format';
import { chinese } from './chinese';
import { english, type LaboratoryStrings } from './english';
import { Newest } from './newest';
import type { HeadInput, LaboratoryEvent, SoftmaxInput } from './session/protocol';
import { HeadPanel } from './view/head-panel';
import { PositionsPanel } from './view/positions-panel';
import { SoftmaxPanel } from './view/softmax-panel';

/** Settings that the address has; of inputs that depend on others, those come first. */
const IN_ADDRESS = [
  ...[
    'temperature',
    'scheme',
    'view',
    'knob-length',
    'knob-width',
    'knob-heads',
    'knob-head',
    'bidirectional',
  ],
  ...['causal', 'padding', 'add-positions', 'weights'],
];

export class LaboratoryPage implements PageView {
  readonly engine: PageEngine<'laboratory', LaboratoryEvent>;
  readonly #context: SiteContext;
  readonly #softmax: SoftmaxPanel;
  readonly #positions: PositionsPanel;
  readonly #head: HeadPanel;
  /** The panel whose error is on view. */
  #failed: 'softmax' | 'head' | null = null;
  #opened = false;

  readonly #form: FormAddress;

  constructor(main: HTMLElement, context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'laboratory');
    this.#softmax = new SoftmaxPanel(this.#strings, this.#format);
    this.#positions = new PositionsPanel(this.#strings);
    this.#head = new HeadPanel(this.#strings);
    this.#form = new FormAddress(main, context.address, IN_ADDRESS, 'sentence');
  }

  start(): this {
    this.say(); // some of what the address may choose is made by it
    this.#form.restore();
    void this.#open();
    return this;
  }

  arrive(): void {
    this.#form.restore();
  }

  /** Language or colours may have changed since. */
  say(): void {
    const strings = this.#strings;
    this.#softmax.say(strings, this.#format);
    this.#positions.say(strings);
    this.#head.say(strings);
    this.#positions.repaint();
    this.#head.repaint();
  }

  async #open(): Promise<void> {
    this.#opened = await this.engine.start((event) => this.#onEvent(event));
    if (!this.#opened) return;
    const laboratory = this.engine.session!;
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
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #format(): Format {
    return new Format(this.#context.language);
  }

  get #notices(): SiteContext['notices'] {
    return this.#context.notices;
  }
}
