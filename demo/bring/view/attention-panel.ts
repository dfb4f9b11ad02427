import { finder, setText } from '../../view/dom';
import { HeatMap, type Cell } from '../../view/heat-map';
import { drawLegend } from '../../view/legend';
import { percent } from '../../view/numbers';
import type { BringStrings } from '../english';
import type { Layer, Maps, Reply } from '../session/protocol';
import { HeadsGrid } from './heads-grid';

/** Tokens of a side at most: more are no pictures any more. */
const MOST = 160;

/** What the model attended to in the last text: every head small, one of them large. */
export class AttentionPanel {
  readonly #byId = finder();
  readonly #grid = new HeadsGrid(this.#byId('heads'));
  readonly #map = new HeatMap(this.#byId('map'), { smallest: 11, largest: 36, tallest: 480 });
  #strings: BringStrings;
  #reply: Reply | null = null;
  #maps: (Maps | null)[] = [];
  #chosen = { layer: 0, head: 0 };
  #turn = 0;

  constructor(strings: BringStrings) {
    this.#strings = strings;
    this.#grid.onChoose = (layer, head) => {
      this.#chosen = { layer, head };
      this.#draw();
    };
    this.#map.onPoint = (cell) => this.#tell(cell);
    this.clear();
  }

  clear(): void {
    this.#turn++;
    this.#reply = null;
    this.#maps = [];
    this.#arrange();
  }

  /** `maps` brings one layer after the other. */
  async show(reply: Reply, maps: (layer: number) => Promise<Maps | null>): Promise<void> {
    const turn = ++this.#turn;
    this.#reply = reply;
    this.#maps = reply.layers.map(() => null);
    this.#arrange();
    if (this.#long || reply.layers.length === 0) return;
    const layer = Math.min(this.#chosen.layer, reply.layers.length - 1);
    const head = Math.min(this.#chosen.head, reply.layers[layer].heads - 1);
    this.#chosen = { layer, head };
    this.#grid.lay(reply.layers, (one, n) => this.#strings.headOf(this.#name(one), n + 1));
    this.#grid.choose(layer, head);
    for (const at of reply.layers.keys()) {
      const found = await maps(at);
      if (turn !== this.#turn) return;
      if (!found) continue;
      this.#maps[at] = found;
      this.#grid.show(at, found);
      if (at === this.#chosen.layer) this.#draw();
    }
  }

  say(strings: BringStrings): void {
    this.#strings = strings;
    this.#arrange();
    this.#grid.repaint();
    this.#draw();
  }

  get #long(): boolean {
    return this.#reply !== null && Math.max(this.#reply.read.length, this.#reply.written.length) > MOST;
  }

  #arrange(): void {
    const shown = this.#reply !== null && !this.#long && this.#reply.layers.length > 0;
    this.#byId('looking').hidden = !shown;
    this.#byId('attention-intro').hidden = !shown;
    const empty = this.#byId('attention-empty');
    empty.hidden = shown;
    setText(empty, this.#long ? this.#strings.attentionLong(MOST) : this.#strings.attentionEmpty);
  }

  /** Of 'decoder.layers.3.crossAttention' the number, and of which stack it is where a model has two. */
  #name({ label }: Layer): string {
    const [, stack, number, kind] = /^(?:(\w+)\.)?layers\.(\d+)\.(\w+)/.exec(label) ?? [];
    if (number === undefined) return label;
    const parts = [stack === 'stack' ? '' : stack, kind === 'attention' ? '' : kind];
    return this.#strings.layerOf(Number(number) + 1, parts.filter(Boolean).join(' '));
  }

  #tokens(side: 'read' | 'written'): string[] {
    const reply = this.#reply!;
    const list = side === 'written' ? reply.written : reply.read;
    return list.map(({ text }) => text.replace(/\s/g, '·'));
  }

  #draw(): void {
    const { layer, head } = this.#chosen;
    const maps = this.#maps[layer];
    const info = this.#reply?.layers[layer];
    if (!maps || !info) return;
    const { rows, columns, probabilities } = maps;
    const name = this.#strings.headOf(this.#name(info), head + 1);
    setText(this.#byId('head-name'), name);
    const own = probabilities.subarray(head * rows * columns, (head + 1) * rows * columns);
    // The first tokens of a text have nobody else to attend to.
    const most = own.subarray(Math.min(2, rows - 1) * columns).reduce((a, b) => Math.max(a, b), 0);
    this.#map.draw({
      rows,
      columns,
      value: (row, column) => own[row * columns + column],
      masked: (row, column) => own[row * columns + column] === 0,
      palette: 'sequential',
      range: [0, most],
      rowAxis: { title: this.#strings.rows, labels: this.#tokens(info.rows), dense: true },
      columnAxis: { title: this.#strings.columns, labels: this.#tokens(info.columns), dense: true },
      label: name,
    });
    drawLegend(this.#byId('map-legend'), 'sequential', [0, most]);
    this.#tell(null);
  }

  #tell(cell: Cell | null): void {
    const readout = this.#byId('readout');
    readout.classList.toggle('idle', cell === null);
    const maps = this.#maps[this.#chosen.layer];
    const info = this.#reply?.layers[this.#chosen.layer];
    if (!cell || !maps || !info) return setText(readout, this.#strings.pointHint);
    const { rows, columns, probabilities } = maps;
    const share = probabilities[(this.#chosen.head * rows + cell.row) * columns + cell.column];
    const row = this.#tokens(info.rows)[cell.row];
    const column = this.#tokens(info.columns)[cell.column];
    setText(readout, this.#strings.cell(row, column, percent(share)));
  }
}
