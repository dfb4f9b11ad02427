import { finder, setText } from '../../view/dom';
import { spaced } from '../../view/heads-view';
import { HeatMap, type Cell } from '../../view/heat-map';
import { fixed } from '../../view/numbers';
import { ProbabilityBars } from '../../view/probability-bars';
import type { CourseStrings } from '../english';
import { POSITIONS, type Stage } from '../session/protocol';
import type { Scene } from './scene';

const LABELLED = 8;

/** Chapter 3: how alike places are, and what the model expects without them. */
export class PositionsView {
  /** Positions are to be added, or no longer. */
  onSwitch: () => void = () => undefined;
  readonly #byId = finder();
  readonly #map = new HeatMap(this.#byId('alike'), { smallest: 3, largest: 8 });
  readonly #bars = new ProbabilityBars(this.#byId('places-bars'), 5);
  #alike: Float32Array = new Float32Array();
  #strings: CourseStrings | null = null;

  constructor() {
    this.#bars.locked = true;
    this.#map.onPoint = (cell) => this.#tell(cell);
    this.#byId('places').addEventListener('change', () => this.onSwitch());
  }

  /** `without`: the model's last stage without positions; null: with them. */
  show({ walk, info, at }: Scene, without: Stage | null, strings: CourseStrings): void {
    this.#strings = strings;
    this.#alike = info.positions;
    const axis = {
      title: strings.place,
      labels: Array.from({ length: POSITIONS }, (_, i) => (i % LABELLED === 0 ? String(i + 1) : '')),
    };
    this.#map.draw({
      ...{ rows: POSITIONS, columns: POSITIONS, palette: 'diverging', range: [-1, 1] },
      value: (row, column) => this.#alike[row * POSITIONS + column],
      ...{ rowAxis: axis, columnAxis: axis, label: strings.alikeName(POSITIONS) },
    });
    this.#tell(null);
    const own = walk.stages.at(-1)!.guesses[at];
    const shown = without?.guesses[at] ?? own;
    this.#bars.show(
      shown.map(({ id, share }) => {
        const was = own.find((one) => one.id === id)?.share ?? 0;
        return { text: spaced(info.tokens[id]), share, ...(without && { own: was }) };
      }),
    );
  }

  #tell(cell: Cell | null): void {
    const readout = this.#byId('alike-readout');
    readout.classList.toggle('idle', cell === null);
    if (!cell) return setText(readout, this.#strings!.pointHint);
    const { row, column } = cell;
    const cosine = fixed(this.#alike[row * POSITIONS + column], 2);
    setText(readout, this.#strings!.alike(row + 1, column + 1, cosine));
  }
}
