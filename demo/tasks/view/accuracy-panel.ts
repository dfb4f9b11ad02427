import { element, finder, setText } from '../../view/dom';
import { HeatMap, type Cell } from '../../view/heat-map';
import { percent } from '../../view/numbers';
import { describePlot } from '../../view/run-view';
import type { TaskStrings } from '../english';
import type { Judged, TaskRun } from '../session/protocol';
import { ShareChart } from '../../view/share-chart';

/** Judgements that have a column of their own; of more, the older ones are shown less often. */
const COLUMNS = 60;
/** Columns that tell their step. */
const LABELS = 6;

/** How a model does on held-out examples: whole answers and tokens by step, and tokens by their place in the answer. */
export class AccuracyPanel {
  readonly #byId = finder();
  readonly #chart = new ShareChart(this.#byId('accuracy'));
  readonly #map = new HeatMap(this.#byId('places'), { smallest: 2, largest: 40, square: false });
  #columns: readonly Judged[] = [];
  #strings: TaskStrings | null = null;

  constructor() {
    this.#map.onPoint = (cell) => this.#tell(cell);
  }

  show(judged: readonly Judged[], run: TaskRun | null, ended: boolean, strings: TaskStrings): void {
    this.#strings = strings;
    const last = judged.at(-1);
    this.#chart.draw(
      judged.map(({ step }) => step),
      [
        { color: '--soft', values: judged.map(({ tokens }) => tokens) },
        { color: '--second', width: 2, values: judged.map(({ answers }) => answers) },
      ],
    );
    this.#byId('accuracy-legend').replaceChildren(
      ...(last
        ? [
            element('span', { class: 'answers-line' }, strings.answersRight(percent(last.answers))),
            element('span', { class: 'tokens-line' }, strings.tokensRight(percent(last.tokens))),
          ]
        : []),
    );
    const summary = last
      ? strings.accuracySummary(last.step, percent(last.answers), percent(last.tokens))
      : strings.accuracyEmpty;
    describePlot(this.#byId('accuracy'), !last, summary);
    setText(this.#byId('verdict'), last && run && ended ? verdictOf(run, last, strings) : '');
    this.#byId('verdict').classList.toggle('solved', Boolean(run?.solved) && ended);
    this.#drawPlaces(judged, strings);
  }

  repaint(): void {
    this.#chart.repaint();
    this.#map.repaint();
  }

  #drawPlaces(judged: readonly Judged[], strings: TaskStrings): void {
    const last = judged.at(-1);
    this.#byId('places').hidden = !last;
    this.#byId('places-empty').hidden = last !== undefined;
    if (!last) return this.#tell(null);
    const every = Math.ceil(judged.length / COLUMNS);
    // The last one is always there.
    this.#columns = judged.filter((_, i) => (judged.length - 1 - i) % every === 0);
    const labelled = Math.max(1, Math.ceil(this.#columns.length / LABELS));
    const shares = last.places.map(percent).join(', ');
    this.#map.draw({
      rows: last.places.length,
      columns: this.#columns.length,
      value: (row, column) => this.#columns[column].places[row],
      palette: 'sequential',
      range: [0, 1],
      rowAxis: { title: strings.placesAxis, labels: last.places.map((_, place) => String(place + 1)) },
      columnAxis: {
        title: strings.stepsAxis,
        labels: this.#columns.map(({ step }, i) => (i % labelled === 0 ? String(step) : '')),
      },
      text: percent,
      label: strings.placesSummary(last.step, shares),
    });
    this.#tell(null);
  }

  #tell(cell: Cell | null): void {
    const readout = this.#byId('places-readout');
    readout.classList.toggle('idle', cell === null);
    const judged = cell && this.#columns[cell.column];
    if (!this.#strings) return;
    const { placesCell, pointHint } = this.#strings;
    const hint = this.#columns.length > 0 ? pointHint : '';
    setText(readout, judged ? placesCell(judged.step, cell.row + 1, percent(judged.places[cell.row])) : hint);
  }
}

function verdictOf({ solved }: TaskRun, last: Judged, strings: TaskStrings): string {
  const right = `${Math.round(last.answers * last.examples)}`;
  return solved
    ? strings.solved(solved.step, solved.seconds.toFixed(1), right, last.examples)
    : strings.unsolved(last.step, right, last.examples);
}
