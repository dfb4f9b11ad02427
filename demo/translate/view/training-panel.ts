import type { RunState } from '../../session/protocol';
import { finder, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import type { ChartValues } from '../../view/loss-chart';
import { describePlot, RunView } from '../../view/run-view';
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
import { DataPanel, titleOf } from './data-panel';
import { SamplePairs } from './sample-pairs';
import { ScoreChart } from './score-chart';

/** Training of the visitor's own model: what with, how far, how well. */
export class TrainingPanel {
  readonly #byId = finder();
  readonly #data = new DataPanel();
  readonly #samples = new SamplePairs();
  readonly #view = new RunView<RunInfo, Phase>();
  readonly #scores = new ScoreChart(this.#byId('score-plot'));
  #report: DataReport | null = null;

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
    return this.#view.state;
  }

  get run(): RunInfo | null {
    return this.#view.run;
  }

  get latest(): ChartValues {
    return this.#view.latest;
  }

  get running(): boolean {
    return this.#view.running;
  }

  /** Whether enough time has passed to show the next figures. */
  get due(): boolean {
    return this.#view.due;
  }

  /** Whether a person changed any setting. */
  get touched(): boolean {
    return this.#data.touched;
  }

  get pairs(): PairsName | null {
    return this.#data.pairs;
  }

  get values(): TrainSettings {
    return this.#data.values;
  }

  /** What to type instead of numbers that cannot be trained by; null where they can. */
  problem(strings: TranslateStrings): string | null {
    return this.#data.problem(strings);
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
    this.#view.forgetSpeed();
    return this.#data.adopt(run);
  }

  /** What the run's pairs are called. */
  title(strings: TranslateStrings): string {
    return titleOf(this.run!.pairs, strings);
  }

  /** Train was pressed. */
  prepare(): void {
    this.#view.prepare();
  }

  clear(): void {
    this.#samples.clear();
    this.#view.forgetSpeed();
  }

  take(event: TranslateEvent): void {
    switch (event.kind) {
      case 'state':
        this.#scores.setScale(event.run?.steps ?? 1);
        break;
      case 'evaluation':
        this.#scores.add(event.step, event.score);
        break;
      case 'history':
        this.#scores.set(event.history.scores);
        break;
      case 'data':
        this.#report = event.report;
        return;
      case 'samples':
        this.#samples.show(event.step, event.samples, this.run?.pairs.languages ?? ['', '']);
        return;
      case 'adapter':
        this.#data.setAdapter(event.adapter.software);
        return;
      case 'progress':
      case 'steps':
        break;
      default:
        return;
    }
    this.#view.take(event);
  }

  /** Colours come from the style sheet. */
  repaint(): void {
    this.#view.repaint();
    this.#scores.repaint();
  }

  render(
    strings: TranslateStrings,
    format: Format,
    { ready, busy, reading }: { readonly ready: boolean; readonly busy: boolean; readonly reading: boolean },
  ): void {
    this.#data.render(strings, format, reading);
    this.#data.setDisabled(this.running || !ready, this.running);
    const canTrain = !(reading && this.#data.own);
    const canResume = this.run !== null && this.#data.has(this.run.pairs);
    const same = this.run !== null && this.fits && this.#data.values.steps === this.run.steps;
    const buttons = { busy, ready, writing: false, canTrain, canResume, same };
    this.#view.render(strings, format, buttons, this.#data.values.steps);
    this.#drawHint(strings, canTrain);
    this.#drawReport(strings, format);
    this.#drawScores(strings);
    this.#samples.render(strings);
  }

  /** Whether Train would go on with the run that is there. */
  get fits(): boolean {
    const { run } = this;
    const { size, rate } = this.#data.values;
    const { pairs } = this.#data;
    const same = run !== null && pairs?.id === run.pairs.id && pairs.kind === run.pairs.kind;
    return same && size === run.size && rate === run.rate;
  }

  /** What Train will do with the run that is there, or why neither it nor Resume can be pressed. */
  #drawHint(strings: TranslateStrings, canTrain: boolean): void {
    const { run } = this;
    this.#byId('hint').hidden = this.running || (!run && canTrain);
    this.#byId('start-over').hidden = !run;
    if (this.running) return;
    const other =
      run && !this.#data.has(run.pairs) ? strings.pairsNeeded(this.title(strings)) : strings.startsNew;
    const text = run && this.fits ? strings.continues(run.step) : other;
    setText(this.#byId('hint-text'), canTrain ? text : strings.reading);
  }

  #drawReport(strings: TranslateStrings, format: Format): void {
    if (!this.#report || !this.run) return setText(this.#byId('data-report'), '');
    const { train, validation, vocabulary, paddingShare } = this.#report;
    const tokens = vocabulary.map((count) => format.whole(count)).join(' + ');
    setText(
      this.#byId('data-report'),
      strings.dataReport(format.whole(train), format.whole(validation), tokens, format.percent(paddingShare)),
    );
  }

  #drawScores(strings: TranslateStrings): void {
    const score = this.run?.score ?? (this.#data.pairs?.id === 'phonemes' ? 'per' : 'bleu');
    const name = strings.scoreNames[score];
    const point = this.#scores.latest;
    setText(this.#byId('score-name'), name);
    setText(this.#byId('score-legend'), point ? strings.scoreNotes[score] : '');
    const told = point ? strings.scoreSummary(name, point[0], point[1].toFixed(1)) : strings.scoreEmpty;
    describePlot(this.#byId('score-plot'), point === undefined, told);
  }
}
