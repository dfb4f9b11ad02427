import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** What one plot has of its own. */
export interface StepPlotParts {
  readonly y: uPlot.Scale;
  /** How the numbers of the y axis are written; default as they are. */
  readonly values?: uPlot.Axis['values'];
  /** Room for them, px. Default 38. */
  readonly room?: number;
  readonly cursor: uPlot.Cursor;
  /** After the steps'. */
  readonly series: uPlot.Series[];
  readonly hooks?: uPlot.Hooks.Arrays;
}

/** A custom property of the style sheet, as it is now. */
export type Color = (name: string) => string;

/** Curves by step: quiet axes, room for the steps to come, colours from the style sheet, as large as its host. */
export class StepPlot {
  /** Steps that the axis leaves room for at the least. */
  steps = 1;
  readonly #host: HTMLElement;
  readonly #parts: (color: Color) => StepPlotParts;
  #plot: uPlot | null = null;

  constructor(host: HTMLElement, parts: (color: Color) => StepPlotParts) {
    this.#host = host;
    this.#parts = parts;
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = host;
      if (width > 0) this.#plot?.setSize({ width, height });
    }).observe(host);
  }

  /** Steps, then a column for each series; null empties the plot. */
  draw(data: uPlot.AlignedData | null): void {
    if (data === null) {
      this.#plot?.destroy();
      this.#plot = null;
    } else if (this.#plot) this.#plot.setData(data);
    else this.#plot = new uPlot(this.#options(), data, this.#host);
  }

  /** After a change of theme. */
  repaint(): void {
    this.#plot?.redraw(true, true);
  }

  #options(): uPlot.Options {
    const color: Color = (name) => getComputedStyle(this.#host).getPropertyValue(name).trim();
    const { y, values, room = 38, cursor, series, hooks } = this.#parts(color);
    const axis: uPlot.Axis = {
      stroke: () => color('--soft'),
      font: `12px ${color('--sans')}`,
      grid: { stroke: () => color('--rule'), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.#host.clientWidth,
      height: this.#host.clientHeight,
      padding: [8, 16, 0, 0],
      legend: { show: false },
      cursor,
      scales: {
        x: {
          time: false,
          range: (_u, _min, max) =>
            [0, Math.max(20, Math.min(this.steps, max * 1.25), max)] as [number, number],
        },
        y,
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          values: (_u, ticks) => ticks.map((t) => (t % 1 ? '' : String(t))),
        },
        { ...axis, size: room, gap: 6, ...(values && { values }) },
      ],
      series: [{}, ...series],
      ...(hooks && { hooks }),
    };
  }
}
