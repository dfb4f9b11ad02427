import { StepPlot } from '../../view/step-plot';

type Point = readonly [step: number, score: number];

/** A score by step: points on a line, from 0. */
export class ScoreChart {
  readonly #plot: StepPlot;
  #points: Point[] = [];

  constructor(host: HTMLElement) {
    this.#plot = new StepPlot(host, (color) => ({
      y: { range: (_u, _min, max) => [0, Number.isFinite(max) && max > 0 ? max * 1.1 : 1] },
      cursor: { show: false },
      series: [
        {
          stroke: () => color('--second'),
          width: 1.5,
          points: { show: true, size: 6, fill: () => color('--second') },
        },
      ],
    }));
  }

  /** Steps that the axis leaves room for at the least. */
  setScale(steps: number): void {
    this.#plot.steps = steps;
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
    this.#plot.repaint();
  }

  #draw(): void {
    const columns = [this.#points.map(([step]) => step), this.#points.map(([, score]) => score)];
    this.#plot.draw(this.#points.length > 0 ? (columns as [number[], number[]]) : null);
  }
}
