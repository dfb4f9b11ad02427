import type { Language } from '../../site/language';
import { told } from '../../site/notices';
import { element, finder, onClick, onFile, setText } from '../../view/dom';
import type { Format } from '../../view/format';
import { takeLongPaste } from '../../view/long-paste';
import { Segments } from '../../view/segments';
import type { UnderstandStrings } from '../english';
import { QUERIES } from '../examples/sentences';
import type { Groups, LineMap as Map, Rows, Searched } from '../session/protocol';
import { Chips } from './chips';
import { LineMap, SHAPES } from './line-map';

/** Lines, a query, the lines that are nearest to it, and a map of all. */
export class SearchPanel {
  /** Another query. */
  onQuery: (query: string) => void = () => undefined;
  /** Lines are to be read: another text, or by other rows. */
  onLines: () => void = () => undefined;
  readonly #byId = finder();
  readonly #query = this.#byId<HTMLInputElement>('query');
  readonly #chips = new Chips(this.#byId('query-examples'));
  readonly #map = new LineMap();
  readonly #sources = new Segments(this.#byId('line-sources'), 'lines', () => this.#chosen());
  readonly #rows = new Segments(this.#byId('line-rows'), 'rows', () => this.onLines());
  readonly #field = this.#byId<HTMLTextAreaElement>('lines');
  #long = '';
  #read: Map | null = null;
  #searched: Searched | null = null;
  #progress: { readonly done: number; readonly total: number } | null = null;
  #problem: Error | null = null;
  #groups: Groups | null = null;
  #drawn: Searched | null = null;
  #format: Format | null = null;
  #strings: UnderstandStrings | null = null;

  constructor() {
    this.#query.value = QUERIES[0];
    this.#byId('search-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.onQuery(this.query);
    });
    this.#chips.offer(QUERIES);
    this.#chips.onChoose = (query) => {
      this.#query.value = query;
      this.onQuery(query);
    };
    onClick('use-lines', () => this.#take(this.#field.value));
    takeLongPaste(this.#field, (text) => this.#take(text));
    onFile('choose-lines', 'lines-file', (file) => void this.takeFile(file));
    this.#map.onPoint = (line) => this.#readOut(line);
  }

  get query(): string {
    return this.#query.value.trim();
  }

  set query(query: string) {
    this.#query.value = query;
  }

  get rows(): Rows {
    return (this.#rows.chosen || 'base') as Rows;
  }

  /** Null: the page's own lines. */
  get text(): string | null {
    return this.#sources.chosen === 'own' ? this.#field.value || this.#long : null;
  }

  async takeFile(file: File): Promise<void> {
    const text = await file.text();
    this.#sources.choose('own');
    this.#field.value = text.length > 100_000 ? '' : text;
    this.#take(text);
  }

  /** The encoder reads again: the classifier is another one, or none. */
  base(): void {
    this.#rows.choose('base');
  }

  lock(): void {
    this.#query.disabled = true;
    this.#byId<HTMLButtonElement>('search').disabled = true;
    for (const id of ['line-sources', 'line-rows'])
      for (const input of this.#byId(id).querySelectorAll('input')) input.disabled = true;
  }

  reading(): void {
    [this.#progress, this.#problem] = [{ done: 0, total: 0 }, null];
  }

  set progress(progress: { readonly done: number; readonly total: number }) {
    this.#progress = progress;
  }

  /** `meant`: which classes the page's own lines are of. */
  found(map: Map | null, meant: Groups | null = null): void {
    [this.#read, this.#searched, this.#progress, this.#problem] = [map, null, null, null];
    this.#groups = map?.groups ?? meant;
  }

  failed(problem: Error): void {
    [this.#progress, this.#problem] = [null, problem];
  }

  hits(searched: Searched | null): void {
    this.#searched = searched;
  }

  repaint(): void {
    this.#map.draw();
  }

  render(
    strings: UnderstandStrings,
    format: Format,
    {
      language,
      ready,
      taught,
      embeds,
    }: { language: Language; ready: boolean; taught: boolean; embeds: boolean },
  ): void {
    [this.#strings, this.#format] = [strings, format];
    this.#sources.offer([
      ['guests', strings.guestsLines],
      ['own', strings.ownLines],
    ]);
    this.#rows.offer([
      ['base', strings.rowsBase],
      ['taught', strings.rowsTaught],
    ]);
    this.#byId('line-rows').querySelector<HTMLInputElement>('[value=taught]')!.disabled = !taught;
    this.#byId('rows-hint').hidden = taught;
    this.#byId('own-lines').hidden = this.#sources.chosen !== 'own';
    this.#byId<HTMLButtonElement>('search').disabled = !ready || this.#read === null;
    const problem = this.#byId('lines-problem');
    const says = element('span', {}, ...(this.#problem ? told(this.#problem, language) : []));
    if (problem.textContent !== says.textContent) problem.replaceChildren(...says.childNodes);
    setText(this.#byId('lines-state'), this.#state(strings, format));
    this.#drawHits();
    this.#map.show(this.#read, this.#searched, this.#groups);
    this.#drawFacts(strings, format, embeds);
  }

  #state(strings: UnderstandStrings, format: Format): string {
    if (this.#progress) return strings.embedding(this.#progress.done, this.#progress.total);
    if (!this.#read) return '';
    const { lines, left, cut = 0 } = this.#read;
    const facts = [strings.linesFacts(format.whole(lines.length))];
    if (left > 0) facts.push(strings.linesLeft(format.whole(left)));
    if (cut > 0) facts.push(strings.linesCut(format.whole(cut)));
    return facts.join(' · ');
  }

  #drawHits(): void {
    const [read, searched] = [this.#read, this.#searched];
    this.#byId('hits-empty').hidden = searched !== null;
    if (searched === this.#drawn) return;
    this.#drawn = searched;
    const rows = (searched?.hits ?? []).map(({ line, score }) => {
      const row = element(
        'li',
        {},
        element('span', { dir: 'auto' }, read!.lines[line]),
        element('span', { class: 'amount' }, score.toFixed(2)),
      );
      row.style.setProperty('--share', Math.max(0, score).toFixed(3));
      row.addEventListener('pointerenter', () => this.#map.point(line));
      row.addEventListener('pointerleave', () => this.#map.point(null));
      return row;
    });
    this.#byId('hits').replaceChildren(...rows);
  }

  #drawFacts(strings: UnderstandStrings, format: Format, embeds: boolean): void {
    const [read, searched] = [this.#read, this.#searched];
    const facts = read
      ? [strings.mapIntro(format.percent(read.shares[0]), format.percent(read.shares[1]))]
      : [];
    if (read && !embeds) facts.push(strings.centred);
    setText(this.#byId('map-facts'), facts.join(strings.space));
    this.#byId('map-legend').replaceChildren(...this.#legend(strings));
    const label = read
      ? strings.mapLabel(format.whole(read.lines.length), searched ? read.lines[searched.hits[0].line] : '–')
      : strings.mapTitle;
    this.#byId('line-map').setAttribute('aria-label', label);
    this.#readOut(null);
  }

  #legend(strings: UnderstandStrings): HTMLElement[] {
    const part = (name: string, label: string): HTMLElement => element('span', { class: name }, label);
    const found = this.#searched ? [part('query', strings.mapQuery), part('near', strings.mapHits)] : [];
    const { labels = [] } = this.#groups ?? {};
    if (labels.length === 0 || labels.length > SHAPES.length) return found;
    const classes = labels.map((label, k) => {
      const glyph = element('i', { 'aria-hidden': 'true', class: `shape shape-${k}` }, SHAPES[k].glyph);
      return element('span', { class: 'class' }, glyph, label);
    });
    const by = this.#read!.groups ? strings.mapTold : strings.mapMeant;
    return [...found, element('b', {}, by), ...classes];
  }

  #readOut(line: number | null): void {
    const said = line === null ? null : this.#read?.lines[line];
    setText(this.#byId('map-readout'), said ?? (this.#format ? this.#strings!.mapHint : ''));
  }

  #chosen(): void {
    if (this.#sources.chosen === 'guests' || this.#field.value || this.#long) this.onLines();
    this.#byId('own-lines').hidden = this.#sources.chosen !== 'own';
  }

  #take(text: string): void {
    this.#long = this.#field.value === text ? '' : text;
    this.onLines();
  }
}
