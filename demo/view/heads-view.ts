import { rolled, type Maps } from '../session/maps';
import { finder, setText } from './dom';
import { HeadsGrid } from './heads-grid';
import { HeatMap, type Cell } from './heat-map';
import { drawLegend } from './legend';
import { percent } from './numbers';

/** One attention, with the texts of the tokens that stand at its rows and its columns. */
export interface HeadsLayer {
  readonly name: string;
  readonly heads: number;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
}

export interface HeadsStrings {
  headOf(layer: string, head: number): string;
  cell(row: string, column: string, share: string): string;
  readonly rows: string;
  readonly columns: string;
  readonly rollout: string;
  readonly pointHint: string;
}

/** What every head attended to: all of them small, one of them large, and what a cell of it says. */
export class HeadsView {
  /** Another head is large. */
  onChoose: () => void = () => undefined;
  /** A row of the large map was chosen. */
  onRow: (row: number) => void = () => undefined;
  /** Cells of the large map that have a frame; null: none. From the next `lay` on. */
  framed: ((row: number, column: number) => boolean) | null = null;
  readonly #byId = finder();
  readonly #grid = new HeadsGrid(this.#byId('heads'));
  readonly #map = new HeatMap(this.#byId('map'), { smallest: 11, largest: 36, tallest: 480 });
  #strings: HeadsStrings;
  #layers: readonly HeadsLayer[] = [];
  #maps: (Maps | null)[] = [];
  #chosen = { layer: 0, head: 0 };
  readonly #rollout = this.#byId<HTMLInputElement>('rollout');
  #rollable = false;
  /** Made when it is first looked at. */
  #rolled: Maps | null = null;

  constructor(strings: HeadsStrings) {
    this.#strings = strings;
    this.#grid.onChoose = (layer, head) => {
      this.#rollout.checked = false;
      this.choose(layer, head);
      this.onChoose();
    };
    this.#rollout.addEventListener('change', () => {
      this.#draw();
      this.onChoose();
    });
    this.#map.onPoint = (cell) => this.#tell(cell);
    this.#map.onChoose = ({ row }) => this.onRow(row);
  }

  get chosen(): { readonly layer: number; readonly head: number } {
    return this.#chosen;
  }

  /** What is large, (rows, columns); null before it is there. */
  get shown(): { readonly maps: Maps; readonly probabilities: Float32Array } | null {
    const all = this.#together;
    if (all) return { maps: all, probabilities: all.probabilities };
    const { layer, head } = this.#chosen;
    const maps = this.#maps[layer];
    if (!maps) return null;
    const size = maps.rows * maps.columns;
    return { maps, probabilities: maps.probabilities.subarray(head * size, (head + 1) * size) };
  }

  choose(layer: number, head: number): void {
    this.#chosen = { layer, head };
    this.#grid.choose(layer, head);
    this.#draw();
  }

  /** A text was read: its maps follow, one layer after the other. */
  lay(layers: readonly HeadsLayer[]): void {
    this.#layers = layers;
    this.#maps = layers.map(() => null);
    this.#offerRollout();
    if (layers.length === 0) return;
    const layer = Math.min(this.#chosen.layer, layers.length - 1);
    const head = Math.min(this.#chosen.head, layers[layer].heads - 1);
    this.#chosen = { layer, head };
    this.#name();
  }

  show(layer: number, maps: Maps): void {
    this.#maps[layer] = maps;
    this.#grid.show(layer, maps);
    this.#offerRollout();
    if (this.#together) this.#draw();
    if (layer === this.#chosen.layer) this.#draw();
  }

  /** Frames a row; undefined: none. */
  mark(row: number | undefined): void {
    this.#map.mark(row === undefined ? {} : { row });
  }

  /** Language, names or colours are others; `layers` have what they had. */
  say(strings: HeadsStrings, layers: readonly HeadsLayer[]): void {
    this.#strings = strings;
    this.#layers = layers;
    if (layers.length > 0) this.#name();
    this.#grid.repaint();
    this.#draw();
  }

  /** All layers as one map, where that is wanted. */
  get #together(): Maps | null {
    if (!this.#rollout.checked || !this.#rollable) return null;
    return (this.#rolled ??= rolled(this.#maps as readonly Maps[]));
  }

  /** They can be taken together once they are there, of a text to itself; a single head has no others. */
  #offerRollout(): void {
    const all = this.#maps.filter((maps) => maps !== null);
    const square = all.every(({ rows, columns }) => rows === columns && rows === all[0].rows);
    this.#rollable =
      square && all.length === this.#maps.length && all.reduce((n, { heads }) => n + heads, 0) > 1;
    this.#rolled = null;
    this.#byId('rollout-part').hidden = !this.#rollable;
  }

  #name(): void {
    const { layer, head } = this.#chosen;
    this.#grid.lay(
      this.#layers.map(({ heads }) => heads),
      (at, n) => this.#strings.headOf(this.#layers[at].name, n + 1),
    );
    this.#grid.choose(layer, head);
  }

  #draw(): void {
    const { shown } = this;
    const info = this.#layers[this.#chosen.layer];
    if (!shown || !info) return;
    const { probabilities: own, maps } = shown;
    const { rows, columns } = maps;
    setText(this.#byId('rollout-name'), this.#strings.rollout);
    const name = this.#together
      ? this.#strings.rollout
      : this.#strings.headOf(info.name, this.#chosen.head + 1);
    setText(this.#byId('head-name'), name);
    // The first tokens of a text have nobody else to attend to.
    const most = own.subarray(Math.min(2, rows - 1) * columns).reduce((a, b) => Math.max(a, b), 0);
    this.#map.draw({
      rows,
      columns,
      value: (row, column) => own[row * columns + column],
      masked: (row, column) => own[row * columns + column] === 0,
      ...(this.framed && { framed: this.framed }),
      palette: 'sequential',
      range: [0, most],
      rowAxis: { title: this.#strings.rows, labels: info.rows, dense: true },
      columnAxis: { title: this.#strings.columns, labels: info.columns, dense: true },
      label: name,
    });
    drawLegend(this.#byId('map-legend'), 'sequential', [0, most]);
    this.#tell(null);
  }

  #tell(cell: Cell | null): void {
    const readout = this.#byId('readout');
    readout.classList.toggle('idle', cell === null);
    const { shown } = this;
    const info = this.#layers[this.#chosen.layer];
    if (!cell || !shown || !info) return setText(readout, this.#strings.pointHint);
    const share = shown.probabilities[cell.row * shown.maps.columns + cell.column];
    setText(readout, this.#strings.cell(info.rows[cell.row], info.columns[cell.column], percent(share)));
  }
}

/** A token where white space would not be seen. */
export const spaced = (text: string): string => text.replace(/\s/g, '·');
