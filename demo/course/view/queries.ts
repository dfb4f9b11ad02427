import { finder, setText } from '../../view/dom';
import { HeatMap, type Cell } from '../../view/heat-map';
import { spaced } from '../../view/heads-view';
import { fixed, tidy } from '../../view/numbers';
import { visible } from '../../view/probability-bars';
import type { CourseStrings } from '../english';
import { partOf, scoresOf, type Scene } from './scene';

/** Chapter 4: a query beside what it makes of each key. */
export class QueriesView {
  readonly #byId = finder();
  readonly #query = new HeatMap(this.#byId('query'), { smallest: 14, largest: 26 });
  readonly #products = new HeatMap(this.#byId('products'), { smallest: 14, largest: 26 });
  #scene: Scene | null = null;
  #strings: CourseStrings | null = null;

  constructor() {
    this.#query.onPoint = (cell) => this.#tell(cell, 'query');
    this.#products.onPoint = (cell) => this.#tell(cell, 'products');
  }

  show(scene: Scene, strings: CourseStrings): void {
    [this.#scene, this.#strings] = [scene, strings];
    const { texts, at } = scene;
    const query = partOf(scene, 'query', scene);
    const keys = texts.map((_, at) => partOf(scene, 'key', { ...scene, at }));
    const scores = scoresOf(scene);
    const columns = query.length;
    const labels = texts.map((text, i) => `${spaced(text)}   ${i > at ? '' : fixed(scores[i], 2)}`);
    const title = strings.queryTitle(visible(texts[at]));
    setText(this.#byId('query-title'), title);
    setText(this.#byId('products-title'), strings.productsTitle);
    const none = { title: '', labels: [] };
    const largest = (all: Iterable<number>): number => Math.max(...Array.from(all, Math.abs));
    const most = largest(query);
    const product = (row: number, column: number): number => query[column] * keys[row][column];
    const high = largest(
      keys.slice(0, at + 1).flatMap((_, row) => [...query.keys()].map((i) => product(row, i))),
    );
    this.#query.draw({
      ...{ rows: 1, columns, palette: 'diverging', range: [-most, most], label: title },
      value: (_, column) => query[column],
      ...{ rowAxis: { ...none, roomFor: labels }, columnAxis: none },
    });
    this.#products.draw({
      ...{ rows: texts.length, columns, palette: 'diverging', range: [-high, high] },
      value: product,
      masked: (row) => row > at,
      ...{ rowAxis: { title: '', labels }, columnAxis: none, label: strings.productsTitle },
    });
    this.#products.mark({ row: at });
    this.#tell(null, 'products');
  }

  #tell(cell: Cell | null, map: 'query' | 'products'): void {
    const readout = this.#byId('products-readout');
    readout.classList.toggle('idle', cell === null);
    const [scene, strings] = [this.#scene!, this.#strings!];
    if (!cell) return setText(readout, strings.pointHint);
    const { row, column } = cell;
    const query = partOf(scene, 'query', scene)[column];
    if (map === 'query') return setText(readout, strings.queryCell(column + 1, tidy(query)));
    const token = visible(scene.texts[row]);
    if (row > scene.at) return setText(readout, strings.later(token));
    const key = partOf(scene, 'key', { ...scene, at: row })[column];
    setText(readout, strings.product(token, tidy(query), tidy(key), tidy(query * key)));
  }
}
