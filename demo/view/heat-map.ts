import { element } from './dom';
import {
  fit,
  paintCells,
  paintLabels,
  shortened,
  type HeatMapData,
  type HeatMapOptions,
  type Layout,
} from './cells';
import { themeValue } from './colours';

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** A matrix as coloured cells with labels. Pointer, arrow keys and taps choose a cell. */
export class HeatMap {
  /** The cell under the pointer, or where the arrow keys stand; null when there is none. */
  onPoint: (cell: Cell | null) => void = () => undefined;
  onChoose: (cell: Cell) => void = () => undefined;
  readonly canvas = element('canvas', { tabindex: 0, role: 'application' });
  readonly #host: HTMLElement;
  readonly #options: Required<HeatMapOptions>;
  #data: HeatMapData | null = null;
  #layout: Layout = { left: 0, top: 0, width: 1, height: 1, upright: false };
  #point: Cell | null = null;
  #marked: { readonly row?: number; readonly column?: number } = {};

  constructor(
    host: HTMLElement,
    { smallest = 3, largest = 46, square = true, tallest = Infinity }: HeatMapOptions = {},
  ) {
    this.#host = host;
    this.#options = { smallest, largest, square, tallest };
    host.classList.add('heat-map');
    host.append(this.canvas);
    this.#listen();
    let width = 0;
    new ResizeObserver(() => {
      if (host.clientWidth === width) return;
      width = host.clientWidth;
      this.repaint();
    }).observe(host);
  }

  draw(data: HeatMapData): void {
    this.#data = data;
    if (this.#point && (this.#point.row >= data.rows || this.#point.column >= data.columns))
      this.#point = null;
    if (this.canvas.getAttribute('aria-label') !== data.label)
      this.canvas.setAttribute('aria-label', data.label);
    this.repaint();
  }

  /** Frames a row, a column, or both. */
  mark(marked: { readonly row?: number; readonly column?: number }): void {
    if (marked.row === this.#marked.row && marked.column === this.#marked.column) return;
    this.#marked = marked;
    this.repaint();
  }

  repaint(): void {
    const data = this.#data;
    const context = this.canvas.getContext('2d')!;
    if (!data || this.#host.clientWidth === 0) return;
    const layout = (this.#layout = fit(context, data, this.#options, this.#host));
    const { left, top, width, height } = layout;
    const size = { width: left + width * data.columns + 1, height: top + height * data.rows + 1 };
    const ratio = devicePixelRatio;
    this.canvas.width = Math.ceil(size.width * ratio);
    this.canvas.height = Math.ceil(size.height * ratio);
    this.canvas.style.width = `${size.width}px`;
    this.canvas.style.height = `${size.height}px`;
    context.scale(ratio, ratio);
    paintCells(context, data, layout);
    paintLabels(context, data, layout);
    const frame = (row: number, column: number, rows: number, columns: number, colour: string): void => {
      context.strokeStyle = themeValue(colour);
      context.lineWidth = 2;
      context.strokeRect(left + column * width, top + row * height, columns * width, rows * height);
    };
    const { row, column } = this.#marked;
    if (row !== undefined && row < data.rows) frame(row, 0, 1, data.columns, '--ink');
    if (column !== undefined && column < data.columns) frame(0, column, data.rows, 1, '--ink');
    if (this.#point) frame(this.#point.row, this.#point.column, 1, 1, '--ink');
  }

  #listen(): void {
    const { canvas } = this;
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerType !== 'mouse') return;
      this.#setPoint(this.#cellAt(event));
      this.#tellLabel(event);
    });
    canvas.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType === 'mouse') this.#setPoint(null);
    });
    canvas.addEventListener('click', (event) => {
      const cell = this.#cellAt(event);
      this.#setPoint(cell);
      if (cell) this.onChoose(cell);
    });
    canvas.addEventListener('blur', () => this.#setPoint(null));
    canvas.addEventListener('keydown', (event) => this.#onKey(event));
  }

  #onKey(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    const data = this.#data;
    if (!data) return;
    if ((event.key === 'Enter' || event.key === ' ') && this.#point) {
      event.preventDefault();
      return this.onChoose(this.#point);
    }
    if (event.key === 'Escape') return this.#setPoint(null);
    if (!move) return;
    event.preventDefault();
    const at = this.#point ?? { row: (this.#marked.row ?? 0) - move[0], column: -move[1] };
    const within = (value: number, size: number): number => Math.min(size - 1, Math.max(0, value));
    this.#setPoint({
      row: within(at.row + move[0], data.rows),
      column: within(at.column + move[1], data.columns),
    });
  }

  #cellAt({ offsetX, offsetY }: MouseEvent): Cell | null {
    const { left, top, width, height } = this.#layout;
    const [row, column] = [Math.floor((offsetY - top) / height), Math.floor((offsetX - left) / width)];
    const data = this.#data;
    return data && row >= 0 && column >= 0 && row < data.rows && column < data.columns
      ? { row, column }
      : null;
  }

  /** The whole of a label that was cut, as a tooltip. */
  #tellLabel({ offsetX, offsetY }: MouseEvent): void {
    const { left, top, width, height } = this.#layout;
    const data = this.#data;
    const label =
      offsetX < left
        ? data?.rowAxis.labels[Math.floor((offsetY - top) / height)]
        : offsetY < top
          ? data?.columnAxis.labels[Math.floor((offsetX - left) / width)]
          : undefined;
    const cut = label !== undefined && shortened(this.canvas.getContext('2d')!, label) !== label;
    this.canvas.title = cut ? label : '';
  }

  #setPoint(point: Cell | null): void {
    if (point?.row === this.#point?.row && point?.column === this.#point?.column) return;
    this.#point = point;
    this.repaint();
    this.onPoint(point);
  }
}

const MOVES: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};
