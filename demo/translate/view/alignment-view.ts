import { finder, setText } from '../../view/dom';
import { HeatMap, type Cell } from '../../view/heat-map';
import type { HeatMapData } from '../../view/cells';
import { drawLegend } from '../../view/legend';
import { percent } from '../../view/numbers';
import { Segments } from '../../view/segments';
import type { TranslateStrings } from '../english';
import type { Alignment, ModelInfo } from '../session/protocol';
import { Sentence } from './sentence';
import { tokenUnits, unitShares, wordUnits, type Unit } from './units';

/** Of a head's share that is worth a word in the readout. */
const WORTH = 0.1;

/** Where pointer, focus or tap are: a word that was read, one that was written, or a cell, which is both. */
interface Place {
  readonly target: number | null;
  readonly source: number | null;
}
const NOWHERE: Place = { target: null, source: null };

/** Both sentences and the map of what each token of one read of the other, by layer and head. */
export class AlignmentView {
  readonly #byId = finder();
  readonly #source = new Sentence(this.#byId('source-units'));
  readonly #target = new Sentence(this.#byId('output'));
  readonly #map = new HeatMap(this.#byId('map'), { smallest: 14, largest: 40, tallest: 600 });
  readonly #layers = new Segments(this.#byId('layers'), 'layer', () => this.#draw());
  readonly #heads = new Segments(this.#byId('heads'), 'head', () => this.#draw());
  readonly #units = new Segments(this.#byId('units'), 'units', () => this.#regroup());
  #alignment: Alignment | null = null;
  #languages: readonly [string, string] = ['', ''];
  #tokens: ModelInfo['tokens'] = 'subwords';
  #strings: TranslateStrings;
  #shown: { readonly source: readonly Unit[]; readonly target: readonly Unit[] } = { source: [], target: [] };
  #shares: readonly (readonly number[])[] = [];
  #point: Place = NOWHERE;
  /** What was tapped or clicked stays when the pointer leaves. */
  #pinned: Place = NOWHERE;

  constructor(strings: TranslateStrings) {
    this.#strings = strings;
    this.#map.onPoint = (cell) => this.#onPoint(cell && { target: cell.row, source: cell.column });
    this.#map.onChoose = ({ row, column }: Cell) => this.#pin({ target: row, source: column });
    this.#source.onPoint = (unit) => this.#onPoint(unit === null ? null : { target: null, source: unit });
    this.#target.onPoint = (unit) => this.#onPoint(unit === null ? null : { target: unit, source: null });
    this.#source.onChoose = (unit) => this.#pin({ target: null, source: unit });
    this.#target.onChoose = (unit) => this.#pin({ target: unit, source: null });
  }

  /** The translation as far as it is. */
  write(text: string, language: string): void {
    this.#alignment = null;
    this.#source.clear();
    this.#target.write(text, language);
    this.#draw();
  }

  /** Empties everything. */
  clear(): void {
    this.write('', '');
  }

  /** A translation with its attention. */
  show(alignment: Alignment, languages: readonly [string, string], tokens: ModelInfo['tokens']): void {
    this.#alignment = alignment;
    this.#languages = languages;
    const unlike = tokens !== this.#tokens;
    this.#tokens = tokens;
    if (unlike) {
      this.#offer(alignment);
      this.#units.choose(tokens === 'subwords' ? 'words' : 'pieces');
    }
    this.#regroup();
  }

  /** Changes language. */
  say(strings: TranslateStrings): void {
    this.#strings = strings;
    this.#regroup();
  }

  repaint(): void {
    this.#map.repaint();
  }

  /** Someone looks at it closely: something is pinned, pointed at or focused. */
  get attended(): boolean {
    const { target, source } = this.#place;
    const focused = document.activeElement;
    const hosts = ['source-units', 'output', 'map'].map((id) => this.#byId(id));
    return target !== null || source !== null || hosts.some((host) => host.contains(focused));
  }

  /** What the map shows now, to be saved; null while there is none. */
  get picture(): HeatMapData | null {
    return this.#alignment && this.#data();
  }

  /** For a file's name: layer and head. */
  get chosen(): string {
    return `layer-${this.#layers.chosen}-head-${this.#heads.chosen}`;
  }

  #regroup(): void {
    this.#point = this.#pinned = NOWHERE;
    const alignment = this.#alignment;
    if (alignment) {
      this.#offer(alignment);
      const { specials } = this.#strings;
      const grouped = this.#units.chosen === 'words' ? wordUnits : tokenUnits;
      const group = (pieces: readonly string[]): Unit[] =>
        grouped(pieces).map((unit) => ({ ...unit, text: specials[unit.text] ?? unit.text }));
      const target = group(alignment.target);
      this.#shown = {
        source: group(alignment.source),
        // Phonemes stand apart, as in the text itself.
        target: this.#tokens === 'symbols' ? target.map((unit) => ({ ...unit, spaced: true })) : target,
      };
      this.#source.show(this.#shown.source, this.#languages[0]);
      this.#target.show(this.#shown.target, this.#languages[1]);
    }
    this.#draw();
  }

  #offer({ layers, heads }: Alignment): void {
    const { mean, words, pieces } = this.#strings;
    const numbers = (count: number): [string, string][] =>
      Array.from({ length: count }, (_, i) => [String(i + 1), String(i + 1)]);
    const last = this.#layers.chosen === '';
    this.#layers.offer([...numbers(layers), ...(layers > 1 ? [['mean', mean] as const] : [])]);
    if (last) this.#layers.choose(String(layers));
    this.#heads.offer([...(heads > 1 ? [['mean', mean] as const] : []), ...numbers(heads)]);
    this.#units.offer(
      this.#tokens === 'subwords'
        ? [
            ['words', words],
            ['pieces', pieces],
          ]
        : [['pieces', pieces]],
    );
    this.#byId('units-picker').hidden = this.#tokens !== 'subwords';
  }

  /** Of the chosen layer and head, or the mean of all: written token t on read token s. */
  #share({ layers, heads, source, target, probabilities }: Alignment): (t: number, s: number) => number {
    const range = (chosen: string, count: number): number[] =>
      chosen === 'mean' ? Array.from({ length: count }, (_, i) => i) : [Number(chosen) - 1];
    const maps = range(this.#layers.chosen, layers).flatMap((layer) =>
      range(this.#heads.chosen, heads).map((head) => (layer * heads + head) * target.length * source.length),
    );
    return (t, s) =>
      maps.reduce((sum, at) => sum + probabilities[at + t * source.length + s], 0) / maps.length;
  }

  #data(): HeatMapData {
    const strings = this.#strings;
    const { source, target } = this.#shown;
    const labels = (units: readonly Unit[]): string[] => units.map(({ text }) => text);
    const name = (chosen: string): string => (chosen === 'mean' ? strings.mean : chosen);
    return {
      rows: target.length,
      columns: source.length,
      value: (row, column) => this.#shares[row][column],
      palette: 'sequential',
      range: [0, 1],
      rowAxis: { title: strings.targetAxis, labels: labels(target) },
      columnAxis: { title: strings.sourceAxis, labels: labels(source) },
      text: (value) => (value < 0.005 ? '' : value.toFixed(2)),
      label: strings.mapLabel(
        target.length,
        source.length,
        name(this.#layers.chosen),
        name(this.#heads.chosen),
      ),
    };
  }

  #draw(): void {
    const alignment = this.#alignment;
    this.#byId('map-empty').hidden = alignment !== null;
    for (const id of ['pickers', 'map-foot', 'map']) this.#byId(id).hidden = alignment === null;
    for (const id of ['save-svg', 'save-png'])
      this.#byId<HTMLButtonElement>(id).disabled = alignment === null;
    if (!alignment) return;
    this.#offer(alignment);
    this.#shares = unitShares(this.#share(alignment), this.#shown.target, this.#shown.source);
    this.#map.draw(this.#data());
    drawLegend(this.#byId('map-legend'), 'sequential', [0, 1]);
    this.#highlight();
  }

  #onPoint(place: Place | null): void {
    this.#point = place ?? NOWHERE;
    this.#highlight();
  }

  #pin(place: Place): void {
    const same = place.target === this.#pinned.target && place.source === this.#pinned.source;
    this.#pinned = same ? NOWHERE : place;
    this.#highlight();
  }

  get #place(): Place {
    const { target, source } = this.#point;
    return target === null && source === null ? this.#pinned : this.#point;
  }

  /** Tints every word of one sentence by what the word that is pointed at has to do with it. */
  #highlight(): void {
    if (!this.#alignment) return;
    const { target, source } = this.#place;
    const read = target !== null ? this.#shares[target] : [];
    const written = source !== null && target === null ? this.#shares.map((row) => row[source]) : [];
    this.#source.tint(read, source);
    this.#target.tint(written, target);
    this.#map.mark({
      ...(target !== null && source === null && { row: target }),
      ...(source !== null && target === null && { column: source }),
      ...(target !== null && source !== null && { row: target, column: source }),
    });
    const readout = this.#byId('readout');
    const text = this.#tell(target, source);
    readout.classList.toggle('idle', text === null);
    setText(readout, text ?? this.#strings.pointHint);
  }

  #tell(target: number | null, source: number | null): string | null {
    const strings = this.#strings;
    const units = this.#shown;
    if (target !== null && source !== null) {
      const share = percent(this.#shares[target][source]);
      return strings.cellShare(units.target[target].text, units.source[source].text, share);
    }
    const best = (shares: readonly number[], of: readonly Unit[]): string =>
      shares
        .map((share, i) => ({ share, text: of[i].text }))
        .filter(({ share }, i) => share >= WORTH || i === shares.indexOf(Math.max(...shares)))
        .sort((a, b) => b.share - a.share)
        .slice(0, 4)
        .map(({ share, text }) => strings.shareOf(text, percent(share)))
        .join(strings.lang === 'en' ? ', ' : '、');
    if (target !== null) {
      return strings.targetReads(units.target[target].text, best(this.#shares[target], units.source));
    }
    if (source !== null) {
      const by = best(
        this.#shares.map((row) => row[source]),
        units.target,
      );
      return strings.sourceRead(units.source[source].text, by);
    }
    return null;
  }
}
