import { StepPlot } from './step-plot';

/** A curve of shares. */
export interface ShareLine {
  /** Name of a colour of the style sheet. */
  readonly color: string;
  readonly width?: number;
  readonly dash?: boolean;
  /** One for each step, 0 … 1. */
  readonly values: readonly number[];
}

/** Shares by step, from 0 to 100 %. */
export class ShareChart {
  readonly #plot: StepPlot;
  #lines: readonly ShareLine[] = [];
  /** How the lines that are drawn look: other ones take another plot. */
  #look = '';

  constructor(host: HTMLElement) {
    this.#plot = new StepPlot(host, (color) => ({
      y: { range: () => [0, 1.02] },
      values: (_u, ticks) => ticks.map((tick) => `${Math.round(100 * tick)} %`),
      room: 48,
      cursor: { show: false },
      series: this.#lines.map(({ color: name, width = 1.5, dash = false }) => ({
        stroke: () => color(name),
        width,
        points: { show: false },
        ...(dash && { dash: [4, 4] }),
      })),
    }));
  }

  draw(steps: readonly number[], lines: readonly ShareLine[]): void {
    this.#lines = lines;
    const look = JSON.stringify(lines.map(({ color, width, dash }) => [color, width, dash]));
    if (look !== this.#look || steps.length === 0) this.#plot.draw(null);
    this.#look = look;
    if (steps.length > 0) this.#plot.draw([[...steps], ...lines.map(({ values }) => [...values])]);
  }

  /** Colours come from the style sheet: draw again after a change of theme. */
  repaint(): void {
    this.#plot.repaint();
  }
}
