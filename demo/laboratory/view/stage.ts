import { finder, element, setText } from '../../view/dom';
import type { LaboratoryStrings } from '../english';
import type { HeadStage } from '../session/protocol';
import { setFormula } from './formula';
import { explain, hasTokenRows, heatMapOf, marked, STEPS, type HeadView } from './head-steps';
import { HeatMap, type Cell } from '../../view/heat-map';
import { drawLegend } from '../../view/legend';

interface Frame {
  readonly figure: HTMLElement;
  readonly name: HTMLElement;
  readonly legend: HTMLElement;
  readonly map: HeatMap;
  stage: HeadStage | null;
}

/** Operands of HEAD_WIDTH columns. */
const NARROW: readonly HeadStage[] = ['q', 'k', 'v', 'weightQ', 'weightK', 'weightV'];

/** One step in full: what it reads on one side, what comes of it on the other, and how the pointed number came. */
export class Stage {
  readonly #byId = finder();
  onQuery: (query: number) => void = () => undefined;
  readonly #host = this.#byId('stage');
  readonly #operands = this.#frames(this.#byId('operands'), 4, 18);
  readonly #results = this.#frames(this.#byId('result-maps'), 3, 42);
  #view: HeadView | null = null;
  #strings: LaboratoryStrings | null = null;
  #step = 0;
  #query = 0;
  #reserved = '';

  /** Draws everything anew, and keeps room for the tallest step so that nothing moves between steps. */
  show(view: HeadView | null, step: number, query: number, strings: LaboratoryStrings): void {
    this.#view = view;
    this.#strings = strings;
    this.#query = query;
    const size = `${view?.tokens.length} ${this.#host.clientWidth} ${strings.lang}`;
    if (view && size !== this.#reserved) {
      this.#reserved = size;
      this.#host.style.minHeight = '';
      const heights = STEPS.map((_, i) => {
        this.#draw(i);
        return this.#host.offsetHeight;
      });
      this.#host.style.minHeight = `${Math.max(...heights)}px`;
    }
    this.#draw(step);
  }

  repaint(): void {
    for (const { map } of [...this.#operands, ...this.#results]) map.repaint();
  }

  #draw(step: number): void {
    const strings = this.#strings!;
    this.#step = step;
    setFormula(this.#byId('formula'), strings.stepFormulas[step]);
    setText(this.#byId('step-text'), strings.stepTexts[step]);
    const { operands, results } = STEPS[step];
    this.#byId('result-maps').dataset.maps = String(results.length);
    // Matrices as wide as X stand alone in their row, narrow ones share one.
    const narrow = operands.filter((stage) => NARROW.includes(stage)).length;
    operands.forEach((stage, i) => {
      this.#operands[i].figure.style.gridColumn = `span ${NARROW.includes(stage) ? 6 / narrow : 6}`;
    });
    this.#fill(this.#operands, operands);
    this.#fill(this.#results, results);
    this.#point(null, null);
  }

  #fill(frames: readonly Frame[], stages: readonly HeadStage[]): void {
    const strings = this.#strings!;
    frames.forEach((frame, i) => {
      const stage = i < stages.length ? stages[i] : null;
      frame.stage = stage;
      frame.figure.hidden = stage === null || this.#view === null;
      if (stage === null || this.#view === null) return;
      setFormula(frame.name, strings.matrices[stage]);
      const data = heatMapOf(this.#view, stage, strings);
      drawLegend(frame.legend, data.palette, data.range);
      frame.map.draw(data);
    });
  }

  #point(frame: Frame | null, cell: Cell | null): void {
    const { results } = STEPS[this.#step];
    const stage = frame?.stage ?? null;
    const from = stage && cell && results.includes(stage) ? { stage, cell } : null;
    for (const other of this.#operands) {
      if (other.stage) other.map.mark(marked(other.stage, from, this.#query));
    }
    for (const other of this.#results) other.map.mark({ row: this.#query });
    const readout = this.#byId('head-readout');
    const text = stage && cell && this.#view ? explain(this.#view, stage, cell, this.#strings!) : null;
    readout.classList.toggle('idle', text === null);
    setFormula(readout, text ?? this.#strings?.cellHint ?? '');
  }

  #frames(host: HTMLElement, count: number, largest: number): readonly Frame[] {
    return Array.from({ length: count }, () => {
      const name = element('span');
      const legend = element('span', { class: 'legend-bar', 'aria-hidden': 'true' });
      const box = element('div');
      const figure = element('figure', { hidden: true }, element('figcaption', {}, name, legend), box);
      host.append(figure);
      const map = new HeatMap(box, { smallest: 6, largest });
      const frame: Frame = { figure, name, legend, map, stage: null };
      map.onPoint = (cell) => this.#point(frame, cell);
      map.onChoose = ({ row }) => {
        if (frame.stage && hasTokenRows(frame.stage)) this.onQuery(row);
      };
      return frame;
    });
  }
}
