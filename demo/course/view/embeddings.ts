import { finder, setText } from '../../view/dom';
import { spaced } from '../../view/heads-view';
import { HeatMap } from '../../view/heat-map';
import { fixed, tidy } from '../../view/numbers';
import { ProbabilityBars, visible } from '../../view/probability-bars';
import type { CourseStrings } from '../english';
import type { Scene } from './scene';

/** Numbers side by side in the picture of a vector. */
const COLUMNS = 16;
const NEAR = 8;

/** Chapter 2: the numbers of a token, and which tokens have such numbers. */
export class EmbeddingsView {
  readonly #byId = finder();
  readonly #map = new HeatMap(this.#byId('vector'), { smallest: 8, largest: 30 });
  readonly #near = new ProbabilityBars(this.#byId('near'), NEAR);
  #vector = new Float32Array();
  #strings: CourseStrings | null = null;

  constructor() {
    this.#near.locked = true;
    this.#map.onPoint = (cell) => this.#tell(cell && cell.row * COLUMNS + cell.column);
  }

  show({ walk, texts, at, info }: Scene, strings: CourseStrings): void {
    this.#strings = strings;
    const { width, tokens } = info;
    this.#vector = walk.tokens.slice(at * width, (at + 1) * width);
    const most = this.#vector.reduce((high, x) => Math.max(high, Math.abs(x)), 0);
    const name = visible(texts[at]);
    setText(this.#byId('vector-title'), strings.vectorTitle(name, width));
    setText(this.#byId('near-title'), strings.nearTitle(name));
    const none = { title: '', labels: [] };
    this.#map.draw({
      ...{ rows: Math.ceil(width / COLUMNS), columns: COLUMNS, palette: 'diverging', range: [-most, most] },
      value: (row, column) => this.#vector[row * COLUMNS + column] ?? 0,
      ...{ rowAxis: none, columnAxis: none, label: strings.vectorTitle(name, width) },
    });
    this.#tell(null);
    // A cosine below 0 has no bar.
    this.#near.amount = (share) => fixed(share, 2);
    this.#near.show(
      walk.near[at].map(({ id, share }) => ({ text: spaced(tokens[id]), share: Math.max(0, share) })),
    );
  }

  #tell(index: number | null): void {
    const readout = this.#byId('vector-readout');
    readout.classList.toggle('idle', index === null);
    const strings = this.#strings!;
    const told = index === null ? strings.pointHint : strings.number(index + 1, tidy(this.#vector[index]));
    setText(readout, told);
  }
}
