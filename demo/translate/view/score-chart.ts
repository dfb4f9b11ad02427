import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

type Point = readonly [step: number, score: number];

/** A score by step: points on a line, from 0. */
export class ScoreChart {
  readonly #host: HTMLElement;
  #points: Point[] = [];
  #steps = 1;
  #plot: uPlot | null = null;

  constructor(host: HTMLElement) {
    this.#host = host;
    new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = host;
      if (width > 0) this.#plot?.setSize({ width, height });
    }).observe(host);
  }

  /** Steps that the axis leaves room for at the least. */
  setScale(steps: number): void {
    this.#steps = steps;
  }

  set(points: readonly Point[]): void {
    this.#points = [...points];
    this.#draw();
  }

  add(step: number, score: number): void {
    this.#points = [...this.#points.filter(([at]) => at < step), [step, score]];
    this.#draw();
  }

  get latest(): Point | undefined {
    return this.#points.at(-1);
  }

  /** Colours come from the style sheet: draw again after a change of theme. */
  repaint(): void {
    this.#plot?.redraw(true, true);
  }

  #draw(): void {
    if (this.#points.length === 0) {
      this.#plot?.destroy();
      this.#plot = null;
      return;
    }
    const data: uPlot.AlignedData = [
      this.#points.map(([step]) => step),
      this.#points.map(([, score]) => score),
    ];
    if (this.#plot) this.#plot.setData(data);
    else this.#plot = new uPlot(this.#options(), data, this.#host);
  }

  #options(): uPlot.Options {
    const color = (name: string): string => getComputedStyle(this.#host).getPropertyValue(name).trim();
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
      cursor: { show: false },
      scales: {
        x: {
          time: false,
          range: (_u, _min, max) =>
            [0, Math.max(20, Math.min(this.#steps, max * 1.25), max)] as [number, number],
        },
        y: { range: (_u, _min, max) => [0, Number.isFinite(max) && max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 30,
          values: (_u, ticks) => ticks.map((t) => (t % 1 ? '' : String(t))),
        },
        { ...axis, size: 38, gap: 6 },
      ],
      series: [
        {},
        {
          stroke: () => color('--second'),
          width: 1.5,
          points: { show: true, size: 6, fill: () => color('--second') },
        },
      ],
    };
  }
}
