import { palette, themeValue, type PaletteKind } from './colours';

export interface Axis {
  /** What is along it: 'position', 'dimension'. */
  readonly title: string;
  /** One for each row or column; '' leaves it out. */
  readonly labels: readonly string[];
  /** Every row or column has one, so that some are left out where they would overlap. */
  readonly dense?: boolean;
  /** Labels of a map beside this one, which get the same room. */
  readonly roomFor?: readonly string[];
}

export interface HeatMapData {
  readonly rows: number;
  readonly columns: number;
  /** Value of a row and column. */
  readonly value: (row: number, column: number) => number;
  /** Entries that take no part are hatched. */
  readonly masked?: (row: number, column: number) => boolean;
  /** Entries that have a frame, since something is expected there. */
  readonly framed?: (row: number, column: number) => boolean;
  readonly palette: PaletteKind;
  readonly range: readonly [number, number];
  readonly rowAxis: Axis;
  readonly columnAxis: Axis;
  /** What is written into a cell that has room. */
  readonly text?: (value: number) => string;
  /** Accessible name: what is seen. */
  readonly label: string;
}

export interface HeatMapOptions {
  /** Sides of a cell, px. Cells take the room they find between these. Default 3 to 46. */
  readonly smallest?: number;
  readonly largest?: number;
  /** Cells are as high as wide. Default true; else rows share the host's height. */
  readonly square?: boolean;
  /** Square cells shrink where there are so many rows that they would be higher together, px. Default: any height. */
  readonly tallest?: number;
}

/** Room of a cell for numbers, px. */
const TEXT_WIDTH = 34;
const LABEL_FONT = 12;
/** Room that a label may take, px. */
const LABEL_MOST = 140;
const GAP = 6;

/** Corner of the cells, and size of one. */
export interface Layout {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Column labels do not fit side by side: they stand upright. */
  readonly upright: boolean;
}

/** How large the cells are, and where, in a host of the given size. */
export function fit(
  context: CanvasRenderingContext2D,
  data: HeatMapData,
  { smallest, largest, square, tallest }: Required<HeatMapOptions>,
  host: { readonly clientWidth: number; readonly clientHeight: number },
): Layout {
  setFont(context);
  const widest = (axis: Axis): number => {
    const widths = [...axis.labels, ...(axis.roomFor ?? [])].map((label) => context.measureText(label).width);
    return Math.min(LABEL_MOST, Math.ceil(Math.max(0, ...widths)));
  };
  const titled = (axis: Axis): number => (axis.title ? LABEL_FONT + GAP : 0);
  const left = titled(data.rowAxis) + (widest(data.rowAxis) ? widest(data.rowAxis) + GAP : 1);
  const side = (room: number, count: number): number => {
    const share = Math.max(smallest, Math.min(largest, room / count));
    return square ? Math.floor(share) : share;
  };
  const room = host.clientWidth - left - 2;
  const width = square
    ? Math.min(side(room, data.columns), side(tallest, data.rows))
    : side(room, data.columns);
  const labelled = data.columnAxis.labels.filter((label) => label !== '').length;
  const pitch = (width * data.columns) / Math.max(1, labelled);
  const columnLabel = widest(data.columnAxis);
  const upright = columnLabel + 4 > pitch;
  const labels = columnLabel === 0 ? 1 : (upright ? columnLabel : LABEL_FONT) + GAP;
  const top = titled(data.columnAxis) + labels;
  const height = square ? width : side(host.clientHeight - top - 2, data.rows);
  return { left, top, width, height, upright };
}

function setFont(context: CanvasRenderingContext2D, size = LABEL_FONT): void {
  context.font = `${size}px ${themeValue('--sans')}`;
}

/** A label as far as there is room for it, in the font that `fit` sets. */
export function shortened(context: CanvasRenderingContext2D, label: string): string {
  if (context.measureText(label).width <= LABEL_MOST) return label;
  const characters = [...label];
  const cut = (count: number): string => `${characters.slice(0, count).join('')}…`;
  let [fits, most] = [0, characters.length];
  while (most - fits > 1) {
    const count = (fits + most) >> 1;
    if (context.measureText(cut(count)).width <= LABEL_MOST) fits = count;
    else most = count;
  }
  return cut(fits);
}

/** Colours, numbers where there is room, and hatching, from the layout's corner on. */
export function paintCells(context: CanvasRenderingContext2D, data: HeatMapData, layout: Layout): void {
  const { left, top, width, height } = layout;
  const { colour, ink } = palette(data.palette, data.range);
  const gap = Math.min(width, height) >= 10 ? 1 : 0;
  const written = data.text && width >= TEXT_WIDTH && height >= 20;
  setFont(context, 11);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const hatched = new Path2D();
  const framed = new Path2D();
  for (let row = 0; row < data.rows; row++) {
    for (let column = 0; column < data.columns; column++) {
      // Edges on whole pixels: neighbours share theirs, also where a cell's side is a fraction.
      const [x, y] = [Math.round(left + column * width), Math.round(top + row * height)];
      const right = Math.round(left + (column + 1) * width);
      const bottom = Math.round(top + (row + 1) * height);
      if (data.framed?.(row, column)) framed.rect(x + 0.5, y + 0.5, right - x - 2, bottom - y - 2);
      if (data.masked?.(row, column)) {
        for (let at = 4; at < width + height; at += 5) {
          hatched.moveTo(x + Math.min(at, width), y + Math.max(0, at - width));
          hatched.lineTo(x + Math.max(0, at - height), y + Math.min(at, height));
        }
        continue;
      }
      const value = data.value(row, column);
      context.fillStyle = colour(value);
      context.fillRect(x, y, right - x - gap, bottom - y - gap);
      if (!written) continue;
      context.fillStyle = ink(value);
      context.fillText(data.text(value), x + width / 2, y + height / 2);
    }
  }
  context.lineWidth = 1;
  context.strokeStyle = themeValue('--edge');
  context.globalAlpha = 0.45;
  context.stroke(hatched);
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.strokeStyle = themeValue('--second');
  context.stroke(framed);
  context.lineWidth = 1;
  context.strokeStyle = themeValue('--rule');
  context.strokeRect(left - 0.5, top - 0.5, width * data.columns + 1, height * data.rows + 1);
}

export function paintLabels(context: CanvasRenderingContext2D, data: HeatMapData, layout: Layout): void {
  const { left, top, width, height, upright } = layout;
  const { rowAxis, columnAxis } = data;
  setFont(context);
  context.fillStyle = themeValue('--soft');
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  // Where cells are smaller than the type, some labels have to go.
  const every = (pitch: number): number => Math.ceil(LABEL_FONT / pitch);
  rowAxis.labels.forEach((label, row) => {
    if (label === '' || (rowAxis.dense && row % every(height) !== 0)) return;
    context.fillText(shortened(context, label), left - GAP, top + (row + 0.5) * height);
  });
  context.textAlign = upright ? 'left' : 'center';
  columnAxis.labels.forEach((label, column) => {
    if (label === '' || (columnAxis.dense && column % every(width) !== 0)) return;
    context.save();
    context.translate(left + (column + 0.5) * width, top - (upright ? GAP - 1 : LABEL_FONT - 2));
    if (upright) context.rotate(-Math.PI / 2);
    context.fillText(shortened(context, label), 0, 0);
    context.restore();
  });
  context.textAlign = 'left';
  context.fillText(columnAxis.title, left, LABEL_FONT / 2);
  context.save();
  context.translate(LABEL_FONT / 2, top + height * data.rows);
  context.rotate(-Math.PI / 2);
  context.fillText(rowAxis.title, 0, 0);
  context.restore();
}
