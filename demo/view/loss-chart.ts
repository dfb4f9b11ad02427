import type uPlot from 'uplot';
import { StepPlot, type Color, type StepPlotParts } from './step-plot';

/** Weight of the past in the smoothed curve. */
const SMOOTHING = 0.95;
/** Points that one curve draws at most; more are averaged, which no screen shows anyway. */
const POINTS = 1500;

export interface ChartValues {
  readonly step: number;
  readonly training: number | undefined;
  readonly validation: number | undefined;
}

/**
 * Loss by step: every loss faintly, a smoothed line over it, validation as points on a line, and the loss of a blind
 * guess (the logarithm of the vocabulary) as a dashed line to judge them by.
 */
export class LossChart {
  readonly #plot: StepPlot;
  readonly #onCursor: (values: ChartValues | null) => void;
  #losses: number[] = [];
  #smooth: number[] = [];
  #validation: (readonly [number, number])[] = [];
  #guess: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, onCursor: (values: ChartValues | null) => void) {
    this.#plot = new StepPlot(host, (color) => this.#parts(color));
    this.#onCursor = onCursor;
  }

  /** Steps that the time axis leaves room for at the least. */
  setScale(steps: number, vocabulary: number | null): void {
    this.#plot.steps = steps;
    this.#guess = vocabulary === null ? null : Math.log(vocabulary);
    this.#schedule();
  }

  setHistory(losses: readonly number[], validation: readonly (readonly [number, number])[]): void {
    this.#losses = [];
    this.#smooth = [];
    this.#validation = [...validation];
    this.add(0, losses);
    this.#schedule();
  }

  /** Losses of the steps from `from` on; what was there from that step is replaced. */
  add(from: number, losses: readonly number[]): void {
    this.#losses.length = Math.min(this.#losses.length, from);
    this.#smooth.length = this.#losses.length;
    while (this.#losses.length < from) {
      this.#losses.push(NaN); // steps that were not reported
      this.#smooth.push(this.#smooth.at(-1) ?? NaN);
    }
    for (const loss of losses) {
      // The past weighs less while there is little of it.
      const weight = Math.min(SMOOTHING, this.#losses.length / (this.#losses.length + 8));
      const before = this.#smooth.at(-1);
      this.#smooth.push(
        before === undefined || Number.isNaN(before) ? loss : weight * before + (1 - weight) * loss,
      );
      this.#losses.push(loss);
    }
    this.#schedule();
  }

  addValidation(step: number, loss: number): void {
    this.#validation.push([step, loss]);
    this.#schedule();
  }

  get latest(): ChartValues {
    return {
      step: this.#losses.length,
      training: this.#smooth.at(-1),
      validation: this.#validation.at(-1)?.[1],
    };
  }

  /** Colours come from the style sheet: draw again after a change of theme. */
  repaint(): void {
    this.#plot.repaint();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#plot.draw(this.#losses.length > 0 ? this.#columns() : null);
    }, 200);
  }

  /** One row per drawn step; validation points get rows of their own where they fall between. */
  #columns(): uPlot.AlignedData {
    const stride = Math.max(1, Math.ceil(this.#losses.length / POINTS));
    const rows = new Map<number, [number | null, number | null, number | null]>();
    for (let i = 0; i < this.#losses.length; i += stride) {
      const part = this.#losses.slice(i, i + stride).filter((x) => !Number.isNaN(x));
      const mean = part.length > 0 ? part.reduce((a, b) => a + b, 0) / part.length : null;
      rows.set(i, [mean, this.#smooth[Math.min(i + stride, this.#smooth.length) - 1] ?? null, null]);
    }
    for (const [step, loss] of this.#validation) {
      const row = rows.get(step);
      if (row) row[2] = loss;
      else rows.set(step, [null, null, loss]);
    }
    const steps = [...rows.keys()].sort((a, b) => a - b);
    const column = (k: number): (number | null)[] => steps.map((step) => rows.get(step)![k] ?? null);
    return [steps, column(0), column(1), column(2)];
  }

  #parts(color: Color): StepPlotParts {
    return {
      y: { range: (_u, min, max) => this.#lossRange(min, max) },
      values: (_u, ticks, _axis, _space, step) =>
        ticks.map((t) => t.toFixed(step < 0.1 || (step * 10) % 1 ? 2 : 1)),
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      series: [
        { stroke: () => color('--accent-faint'), width: 1, points: { show: false }, spanGaps: true },
        { stroke: () => color('--accent'), width: 2, points: { show: false }, spanGaps: true },
        {
          stroke: () => color('--second'),
          width: 1.5,
          spanGaps: true,
          points: { show: true, size: 6, fill: () => color('--second') },
        },
      ],
      hooks: {
        drawClear: [(plot) => this.#drawGuess(plot, color('--soft'))],
        setCursor: [
          ({ cursor: { idx, left }, data }) => {
            if (idx === null || idx === undefined || left === undefined || left < 0)
              return this.#onCursor(null);
            this.#onCursor({
              step: data[0][idx],
              training: data[2][idx] ?? undefined,
              validation: data[3][idx] ?? undefined,
            });
          },
        ],
      },
    };
  }

  /** Room above and below; the blind guess is in view as long as the curve is not far below it. */
  #lossRange(min: number, max: number): [number, number] {
    if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
    const top = this.#guess !== null ? Math.max(max, this.#guess) : max;
    const pad = Math.max(0.05, (top - min) * 0.06);
    return [Math.max(0, min - pad), top + pad];
  }

  #drawGuess(plot: uPlot, stroke: string): void {
    if (this.#guess === null) return;
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(this.#guess, 'y', true)) + 0.5;
    if (!(y > bbox.top && y < bbox.top + bbox.height)) return;
    ctx.save();
    ctx.strokeStyle = stroke;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }
}
