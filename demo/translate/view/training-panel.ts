import type { RunState } from '../../session/protocol';
import { byId, element, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { LossChart, type ChartValues } from '../../view/loss-chart';
import { Transport } from '../../view/transport';
import type { TranslateStrings } from '../english';
import type {
  DataReport,
  Phase,
  PairsName,
  PairsReport,
  PairsSource,
  RunInfo,
  TrainSettings,
  TranslateEvent,
} from '../session/protocol';
import { DataPanel } from './data-panel';
import { SamplePairs } from './sample-pairs';
import { ScoreChart } from './score-chart';

/** Training of the visitor's own model: what with, how far, how well. */
export class TrainingPanel {
  readonly #data = new DataPanel();
  readonly #transport = new Transport();
  readonly #samples = new SamplePairs();
  readonly #chart = new LossChart(byId('plot'), (values) => this.#drawLegend(values));
  readonly #scores = new ScoreChart(byId('score-plot'));
  #state: RunState = 'empty';
  #run: RunInfo | null = null;
  #phase: { phase: Phase; share: number } | null = null;
  #report: DataReport | null = null;
  #loss: number | undefined;
  #speed: { tokensPerSecond: number; stepMilliseconds: number } | null = null;
  #strings: TranslateStrings | null = null;
  #format: Format | null = null;

  set onPairs(take: (source: PairsSource | null) => void) {
    this.#data.onPairs = take;
  }

  set onChange(take: () => void) {
    this.#data.onChange = take;
  }

  start(): void {
    this.#data.start();
  }

  get state(): RunState {
    return this.#state;
  }

  get run(): RunInfo | null {
    return this.#run;
  }

  get running(): boolean {
    return this.#state === 'preparing' || this.#state === 'training' || this.#state === 'paused';
  }

  /** Whether enough time has passed to show the next figures. */
  get due(): boolean {
    return this.#transport.due;
  }

  get pairs(): PairsName | null {
    return this.#data.pairs;
  }

  get values(): TrainSettings {
    return this.#data.values;
  }

  source(): Promise<PairsSource | null> {
    return this.#data.source();
  }

  takeFile(file: File): void {
    this.#data.takeFile(file);
  }

  setReport(report: PairsReport | null): void {
    this.#data.setReport(report);
  }

  /** Shows a run's settings. Returns false when its pairs are not at hand. */
  adopt(run: RunInfo): boolean {
    this.#speed = null;
    return this.#data.adopt(run);
  }

  /** What the run's pairs are called. */
  title(strings: TranslateStrings): string {
    const { kind, id, title } = this.#run!.pairs;
    return (kind === 'corpus' && strings.corpora[id]) || title;
  }

  /** Train was pressed. */
  prepare(): void {
    this.#state = 'preparing';
  }

  clear(): void {
    this.#samples.clear();
    this.#speed = null;
  }

  take(event: TranslateEvent): void {
    switch (event.kind) {
      case 'state':
        this.#state = event.state;
        this.#run = event.run;
        if (event.state !== 'preparing') this.#phase = null;
        this.#chart.setScale(event.run?.steps ?? 1, null);
        this.#scores.setScale(event.run?.steps ?? 1);
        break;
      case 'progress':
        this.#phase = event;
        break;
      case 'steps':
        this.#chart.add(event.from, event.losses);
        this.#loss = this.#chart.latest.training;
        this.#speed = event;
        break;
      case 'evaluation':
        this.#chart.addValidation(event.step, event.loss);
        this.#scores.add(event.step, event.score);
        break;
      case 'history':
        this.#chart.setHistory(event.history.losses, event.history.validation);
        this.#scores.set(event.history.scores);
        this.#loss = this.#chart.latest.training;
        break;
      case 'data':
        this.#report = event.report;
        break;
      case 'samples':
        this.#samples.show(event.step, event.samples, this.#run?.pairs.languages ?? ['', '']);
        break;
      case 'adapter':
        this.#data.setAdapter(event.adapter.software);
        break;
    }
  }

  /** Colours come from the style sheet. */
  repaint(): void {
    this.#chart.repaint();
    this.#scores.repaint();
  }

  render(
    strings: TranslateStrings,
    format: Format,
    { ready, busy, reading }: { readonly ready: boolean; readonly busy: boolean; readonly reading: boolean },
  ): void {
    [this.#strings, this.#format] = [strings, format];
    const { latest } = this.#chart;
    const run = this.#run;
    const progress = {
      step: run ? Math.max(latest.step, 0) : 0,
      loss: run ? this.#loss : undefined,
      validation: run ? latest.validation : undefined,
      tokensPerSecond: this.#speed?.tokensPerSecond,
      stepMilliseconds: this.#speed?.stepMilliseconds,
    };
    this.#data.render(strings, format, reading);
    this.#data.setDisabled(this.running || !ready);
    document.body.classList.toggle('running', this.running);
    const now = { state: this.#state, run, phase: this.#phase };
    this.#transport.render(strings, format, now, progress, this.#data.values.steps);
    this.#transport.setButtons({ state: this.#state, busy, ready, writing: false });
    this.#drawHint(strings);
    this.#drawReport(strings, format);
    this.#drawLegend(null);
    this.#drawCharts(strings, format);
    this.#samples.render(strings);
  }

  /** What Train will do with the run that is there. */
  #drawHint(strings: TranslateStrings): void {
    const run = this.#run;
    const hint = byId('hint');
    hint.hidden = !run || this.running;
    if (!run || this.running) return;
    const { size, rate } = this.#data.values;
    const { pairs } = this.#data;
    const same = pairs?.id === run.pairs.id && pairs.kind === run.pairs.kind;
    const fits = same && size === run.size && rate === run.rate;
    setText(hint.firstElementChild!, fits ? strings.continues(run.step) : strings.startsNew);
  }

  #drawReport(strings: TranslateStrings, format: Format): void {
    if (!this.#report || !this.#run) return setText(byId('data-report'), '');
    const { train, validation, vocabulary, paddingShare } = this.#report;
    const tokens = vocabulary.map((count) => format.whole(count)).join(' + ');
    setText(
      byId('data-report'),
      strings.dataReport(format.whole(train), format.whole(validation), tokens, format.percent(paddingShare)),
    );
  }

  #drawCharts(strings: TranslateStrings, format: Format): void {
    const { latest } = this.#chart;
    const summary = latest.step
      ? strings.curveSummary(latest.step, format.loss(latest.training), latest.validation?.toFixed(3) ?? '')
      : strings.curveEmpty;
    describe('plot', latest.step === 0, summary);
    const score = this.#run?.score ?? (this.#data.pairs?.id === 'phonemes' ? 'per' : 'bleu');
    const name = strings.scoreNames[score];
    const point = this.#scores.latest;
    setText(byId('score-name'), name);
    setText(byId('score-legend'), point ? strings.scoreNotes[score] : '');
    const told = point ? strings.scoreSummary(name, point[0], point[1].toFixed(1)) : strings.scoreEmpty;
    describe('score-plot', point === undefined, told);
  }

  #drawLegend(at: ChartValues | null): void {
    const [strings, format] = [this.#strings, this.#format];
    if (this.#chart.latest.step === 0 || !strings || !format) return byId('legend').replaceChildren();
    const part = (name: string, label: string, value: number | undefined): HTMLElement =>
      element('span', { class: name }, value === undefined ? label : `${label} ${format.loss(value)}`);
    byId('legend').replaceChildren(
      ...(at ? [document.createTextNode(strings.atStep(at.step))] : []),
      part('training', strings.curveTraining, at?.training),
      part('validation', strings.curveValidation, at?.validation),
    );
  }
}

/** The accessible name of a chart, and whether its place says what will come there. */
function describe(id: string, empty: boolean, summary: string): void {
  const plot = byId(id);
  plot.querySelector<HTMLElement>('.empty')!.hidden = !empty;
  if (plot.getAttribute('aria-label') !== summary) plot.setAttribute('aria-label', summary);
}
