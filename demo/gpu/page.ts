/** The page My GPU: holds what the worker last said, and hands it to the tables and the card. */
import { PageEngine } from '../site/engine';
import type { PageView, SiteContext } from '../site/page';
import { element, finder, onClick, setText } from '../view/dom';
import { Format } from '../view/format';
import { saveFile } from '../view/save-file';
import { chinese } from './chinese';
import { english, type GpuStrings } from './english';
import type { GpuEvent, Phase, Report, State } from './session/protocol';
import { cardPicture, cardText } from './view/card';
import { drawFast, drawFits, drawRight } from './view/tables';
import { fitsVerdict, rightVerdict } from './view/verdicts';

/** Memory that GPUs have, in GiB. */
const MEMORIES = [2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 128];
/** A run that demo/gpu/record.ts recorded, where there is one. */
const RECORDINGS = import.meta.glob<{ readonly default: Report }>('./recording.json');
const PHASES: readonly Phase[] = ['right', 'fast', 'fits'];

export class GpuPage implements PageView {
  readonly engine: PageEngine<'gpu', GpuEvent>;
  readonly #byId = finder();
  readonly #context: SiteContext;
  #state: State = 'idle';
  #error = '';
  #progress: { readonly phase: Phase; readonly share: number } | null = null;
  #report: Report | null = null;
  /** There is no WebGPU: what is shown was recorded. */
  #unavailable = false;
  #software = false;
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(context: SiteContext) {
    this.#context = context;
    this.engine = new PageEngine(context.engine, 'gpu');
  }

  start(): this {
    onClick('start', () => this.#run());
    onClick('cancel', () => this.engine.session?.cancel());
    onClick('copy-text', () => this.#copy(this.#card));
    onClick('copy-json', () => this.#copy(JSON.stringify(this.#report, null, 1)));
    onClick('save-png', async () => saveFile('heed-gpu.png', await cardPicture(this.#card)));
    const memory = this.#memories;
    memory.addEventListener('change', () => {
      this.#context.address.set({ memory: memory.value || null });
      this.#render();
    });
    this.arrive();
    void this.#open();
    return this;
  }

  say(): void {
    this.#render();
  }

  /** Memory is in the address. */
  arrive(): void {
    const memory = this.#context.address.get('memory');
    const known = memory !== null && MEMORIES.includes(Number(memory));
    this.#sayMemories();
    this.#memories.value = known ? memory : '';
    if (!known) this.#context.address.set({ memory: null });
    this.#render();
  }

  async #open(): Promise<void> {
    const open = await this.engine.start((event) => this.#hear(event));
    if (!open) {
      this.#unavailable = true;
      this.#report = (await RECORDINGS['./recording.json']?.())?.default ?? null;
    }
    this.#render();
  }

  /** `?only=softmax,matmul` checks these families only, `?do=right,fits` leaves the others out. */
  async #run(): Promise<void> {
    const { address, notices } = this.#context;
    const list = (name: string): string[] | null => address.get(name)?.split(',') ?? null;
    const wanted = list('do');
    notices.clear();
    this.#state = 'running';
    this.#progress = null;
    this.#render();
    this.#byId('cancel').focus();
    try {
      const phases = PHASES.filter((phase) => !wanted || wanted.includes(phase));
      await this.engine.session?.run({ only: list('only'), phases });
    } catch (error) {
      notices.error(error as Error);
    }
  }

  async #copy(text: string): Promise<void> {
    const { notices } = this.#context;
    try {
      await navigator.clipboard.writeText(text);
      notices.news(this.#strings.copied);
    } catch {
      notices.error(this.#strings.notCopied);
    }
  }

  #hear(event: GpuEvent): void {
    switch (event.kind) {
      case 'adapter':
        this.#software = event.adapter.software;
        break;
      case 'progress':
        this.#progress = event;
        break;
      case 'report':
        this.#report = event.report;
        break;
      case 'state':
        this.#state = event.state;
        this.#error = event.error;
        if (event.state !== 'running') this.#progress = null;
        break;
    }
    if (event.kind === 'state') this.#render();
    else this.#waiting ??= setTimeout(() => this.#render(), 100);
  }

  // Drawing -------------------------------------------------------------------------------------------------------

  #render(): void {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const [strings, format, report] = [this.#strings, this.#format, this.#report];
    const running = this.#state === 'running';
    const said = { strings, format };
    this.#byId<HTMLButtonElement>('start').disabled = !this.engine.ready || running;
    this.#byId<HTMLButtonElement>('cancel').disabled = !running;
    setText(this.#byId('status'), this.#status());
    this.#drawProgress();
    setText(this.#byId('adapter-note'), this.#software ? strings.pretends : '');
    const note = this.#byId('recorded');
    note.hidden = !this.#unavailable;
    const recorded = report ? strings.recorded(report.adapter.name, report.date) : '';
    if (this.#unavailable) setText(note, `${strings.unavailable}${recorded}`);
    this.#sayMemories();

    const families = report?.families ?? [];
    this.#byId('right-empty').hidden = families.length > 0;
    this.#byId('right-table').hidden = families.length === 0;
    if (report) drawRight(this.#byId<HTMLTableElement>('right-table'), report, said);
    drawFast(this.#byId<HTMLTableElement>('fast-table'), report?.speeds ?? [], said);
    drawFits(this.#byId<HTMLTableElement>('fits-table'), report?.fits ?? [], this.#memory, said);
    setText(this.#byId('right-verdict'), report ? rightVerdict(report, strings, format) : '');
    const peaks = report?.peaks;
    const rates = peaks ? strings.fastVerdict(format.whole(peaks.gflops), format.whole(peaks.gbps)) : '';
    setText(this.#byId('fast-verdict'), peaks ? `${rates} ${strings.clocks[peaks.clock]}` : '');
    setText(this.#byId('fits-verdict'), report ? fitsVerdict(report, this.#memory, strings, format) : '');
    this.#list('wrong', report?.cells.flatMap(({ wrong }) => wrong) ?? []);
    this.#list('void', report?.void ?? []);
    setText(this.#byId('card'), this.#card || strings.cardEmpty);
    for (const id of ['copy-text', 'copy-json', 'save-png']) {
      this.#byId<HTMLButtonElement>(id).disabled = !report || running;
    }
  }

  #status(): string {
    const strings = this.#strings;
    if (this.#unavailable) return '';
    switch (this.#state) {
      case 'idle':
        if (!this.engine.ready) return strings.looking;
        return this.#software ? strings.readySoftware : strings.ready;
      case 'running':
        return this.#progress ? `${strings.phases[this.#progress.phase]} …` : `${strings.phases.right} …`;
      case 'failed':
        return `${strings.failed} ${this.#error}`;
      default:
        return strings[this.#state];
    }
  }

  #drawProgress(): void {
    const share = this.#state === 'finished' ? 1 : (this.#progress?.share ?? 0);
    const bar = this.#byId('progress');
    bar.setAttribute('aria-valuenow', (100 * share).toFixed(0));
    (bar.firstElementChild as HTMLElement).style.transform = `scaleX(${share})`;
  }

  #list(id: string, lines: readonly string[]): void {
    const host = this.#byId(id);
    if ([...host.children].map((item) => item.textContent).join('\n') === lines.join('\n')) return;
    host.replaceChildren(...lines.map((line) => element('li', {}, line)));
  }

  #sayMemories(): void {
    const memory = this.#memories;
    const { value } = memory;
    const options = MEMORIES.map((size) => element('option', { value: size }, `${size} GiB`));
    memory.replaceChildren(element('option', { value: '' }, this.#strings.memoryUnknown), ...options);
    memory.value = value;
  }

  get #memories(): HTMLSelectElement {
    return this.#byId<HTMLSelectElement>('memory');
  }

  /** Bytes; null where nobody said. */
  get #memory(): number | null {
    const { value } = this.#memories;
    return value ? Number(value) * 2 ** 30 : null;
  }

  get #card(): string {
    return this.#report ? cardText(this.#report, this.#memory, this.#strings, this.#format) : '';
  }

  get #strings(): GpuStrings {
    return this.#context.language === 'zh' ? chinese : english;
  }

  get #format(): Format {
    return new Format(this.#context.language);
  }
}
