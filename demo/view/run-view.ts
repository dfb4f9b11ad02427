import type { RunEvent, RunState } from '../session/protocol';
import type { Strings } from '../train/english';
import { finder, element } from './dom';
import type { Format } from './format';
import { LossChart, type ChartValues } from './loss-chart';
import { Transport, type ButtonsNow, type TransportStrings } from './transport';

type RunViewStrings<Phase extends string> = TransportStrings<Phase> &
  Pick<Strings, 'atStep' | 'curveTraining' | 'curveValidation' | 'curveSummary' | 'curveEmpty'> &
  Partial<Pick<Strings, 'guessing'>>;

/** A training as its page shows it: what goes on, how far and how fast, and the curve of its losses. */
export class RunView<
  Run extends { readonly steps: number; readonly vocabulary?: number },
  Phase extends string,
> {
  readonly #byId = finder();
  readonly #transport = new Transport();
  readonly #chart = new LossChart(this.#byId('plot'), (values) => this.#drawLegend(values));
  #state: RunState = 'empty';
  #run: Run | null = null;
  #phase: { phase: Phase; share: number } | null = null;
  #loss: number | undefined;
  #speed: { tokensPerSecond: number; stepMilliseconds: number } | null = null;
  #words: { readonly strings: RunViewStrings<Phase>; readonly format: Format } | null = null;

  get state(): RunState {
    return this.#state;
  }

  get run(): Run | null {
    return this.#run;
  }

  get running(): boolean {
    return this.#state === 'preparing' || this.#state === 'training' || this.#state === 'paused';
  }

  get latest(): ChartValues {
    return this.#chart.latest;
  }

  /** Whether enough time has passed to show the next figures. */
  get due(): boolean {
    return this.#transport.due;
  }

  /** Train was pressed. */
  prepare(): void {
    this.#state = 'preparing';
  }

  /** Another run, or none, stands there now: how fast the last one went says nothing of it. */
  forgetSpeed(): void {
    this.#speed = null;
  }

  take(event: RunEvent<Run, Phase>): void {
    switch (event.kind) {
      case 'state':
        this.#state = event.state;
        this.#run = event.run;
        if (event.state !== 'preparing') this.#phase = null;
        this.#chart.setScale(event.run?.steps ?? 1, event.run?.vocabulary ?? null);
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
        break;
      case 'history':
        this.#chart.setHistory(event.history.losses, event.history.validation);
        this.#loss = this.#chart.latest.training;
        break;
    }
  }

  /** Colours come from the style sheet. */
  repaint(): void {
    this.#chart.repaint();
  }

  render(strings: RunViewStrings<Phase>, format: Format, buttons: ButtonsNow, plannedSteps: number): void {
    this.#words = { strings, format };
    const { latest } = this.#chart;
    const run = this.#run;
    const progress = {
      step: run ? Math.max(latest.step, 0) : 0,
      loss: run ? this.#loss : undefined,
      validation: run ? latest.validation : undefined,
      tokensPerSecond: this.#speed?.tokensPerSecond,
      stepMilliseconds: this.#speed?.stepMilliseconds,
    };
    this.#byId('status').closest('.panel, .page')!.classList.toggle('running', this.running);
    const now = { state: this.#state, run, phase: this.#phase };
    this.#transport.render(strings, format, now, progress, plannedSteps);
    this.#transport.setButtons({ state: this.#state, ...buttons });
    this.#drawLegend(null);
    const summary = latest.step
      ? strings.curveSummary(latest.step, format.loss(latest.training), latest.validation?.toFixed(3) ?? '')
      : strings.curveEmpty;
    describePlot(this.#byId('plot'), latest.step === 0, summary);
  }

  #drawLegend(at: ChartValues | null): void {
    const run = this.#run;
    if (this.#chart.latest.step === 0 || !run || !this.#words) return this.#byId('legend').replaceChildren();
    const { strings, format } = this.#words;
    const part = (name: string, label: string, value: number | undefined): HTMLElement =>
      element('span', { class: name }, value === undefined ? label : `${label} ${format.loss(value)}`);
    this.#byId('legend').replaceChildren(
      ...(at ? [document.createTextNode(strings.atStep(at.step))] : []),
      part('training', strings.curveTraining, at?.training),
      part('validation', strings.curveValidation, at?.validation),
      ...(strings.guessing !== undefined && run.vocabulary !== undefined
        ? [part('guess', strings.guessing, Math.log(run.vocabulary))]
        : []),
    );
  }
}

/** The accessible name of a plot, and whether its place says what will come there. */
export function describePlot(plot: HTMLElement, empty: boolean, summary: string): void {
  plot.querySelector<HTMLElement>('.empty')!.hidden = !empty;
  if (plot.getAttribute('aria-label') !== summary) plot.setAttribute('aria-label', summary);
}
