/**
 * Heat maps and lines as small SVG files: no script, no fonts, a transparent ground and greys that read on a light page
 * and on a dark one. A heat map is one path a colour, each of runs of equal cells, so that it stays a few kilobytes.
 */

/** Numbers to colours, in steps. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly colours: readonly string[];
}

const DIVERGING = ['#274b7d', '#4a7fb5', '#9cc0d9', '#f3f0e8', '#eeb48f', '#cf6d4b', '#8f3425'];
const SEQUENTIAL = ['#f3f0e8', '#cfe0d2', '#8fc0b5', '#4b95a0', '#28658a', '#1b3a66'];

/** Blue below the middle, red above it. */
export const diverging = (low: number, high: number, steps = 25): Scale => ({
  low,
  high,
  colours: ramp(DIVERGING, steps),
});

/** Light for low, dark for high. */
export const sequential = (low: number, high: number, steps = 24): Scale => ({
  low,
  high,
  colours: ramp(SEQUENTIAL, steps),
});

/** Colours of lines that are told apart on either ground. */
export const LINES = ['#7d8590', '#4a8fc9', '#d9793f', '#3fa08c', '#b0669f'] as const;

const INK = '#7d8590';

export interface Axis {
  readonly label: string;
  /** [cell, text] */
  readonly ticks: readonly (readonly [number, string | number])[];
}

export interface HeatMap {
  readonly x: number;
  readonly y: number;
  /** Pixels of a cell. */
  readonly cell: number;
  readonly rows: number;
  readonly columns: number;
  /** null leaves the ground to be seen. */
  readonly value: (row: number, column: number) => number | null;
  readonly scale: Scale;
  readonly title: string;
  readonly across?: Axis;
  readonly down?: Axis;
}

export class Picture {
  readonly #parts: string[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
    readonly description: string,
  ) {}

  text(
    x: number,
    y: number,
    content: string | number,
    { anchor = 'start', size = 12, weight = 400, fill = INK, turn = 0 } = {},
  ): void {
    const rotate = turn ? ` transform="rotate(${turn} ${x} ${y})"` : '';
    const style = `font-size="${size}"${weight === 400 ? '' : ` font-weight="${weight}"`}`;
    this.#parts.push(
      `<text x="${x}" y="${y}" text-anchor="${anchor}" ${style} fill="${fill}"${rotate}>${escape(String(content))}</text>`,
    );
  }

  line(points: readonly (readonly [number, number])[], { stroke = INK, width = 1, dash = '' } = {}): void {
    const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
    const dashes = dash ? ` stroke-dasharray="${dash}"` : '';
    this.#parts.push(
      `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round"${dashes}/>`,
    );
  }

  heatMap({ x, y, cell, rows, columns, value, scale, title, across, down }: HeatMap): void {
    const runs = new Map<string, string>();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns;) {
        const colour = colourOf(scale, value(row, column));
        let end = column + 1;
        while (end < columns && colourOf(scale, value(row, end)) === colour) end++;
        if (colour) runs.set(colour, `${runs.get(colour) ?? ''}M${column} ${row}h${end - column}`);
        column = end;
      }
    }
    // Cells overlap by a little, or the ground shines through between rows where a page scales the picture.
    const paths = [...runs].map(([colour, d]) => `<path stroke="${colour}" d="${d}"/>`);
    this.#parts.push(
      `<g transform="translate(${x} ${y + cell / 2}) scale(${cell})" stroke-width="1.06">${paths.join('')}</g>`,
    );
    // A hairline frame, so that masked corners and light cells keep their shape on either ground.
    this.#parts.push(
      `<rect x="${x}" y="${y}" width="${columns * cell}" height="${rows * cell}" fill="none" stroke="${INK}" stroke-opacity=".45"/>`,
    );
    if (title) this.text(x, y - 12, title, { size: 13, weight: 600 });
    if (across) {
      for (const [at, label] of across.ticks) {
        this.text(x + (at + 0.5) * cell, y + rows * cell + 15, label, { anchor: 'middle', size: 11 });
      }
      this.text(x + (columns * cell) / 2, y + rows * cell + 32, across.label, { anchor: 'middle' });
    }
    if (down) {
      for (const [at, label] of down.ticks) {
        this.text(x - 6, y + (at + 0.5) * cell + 4, label, { anchor: 'end', size: 11 });
      }
      const middle = y + (rows * cell) / 2;
      this.text(x - 34, middle, down.label, { anchor: 'middle', turn: -90 });
    }
  }

  /** What the colours mean: a bar around `middle` with a label at each end. */
  legend(middle: number, y: number, { colours }: Scale, low: string, high: string): void {
    const step = Math.round(120 / colours.length);
    const x = Math.round(middle - (step * colours.length) / 2);
    const bars = colours.map((c, i) => `<path stroke="${c}" d="M${x + i * step} ${y + 4}h${step}"/>`);
    this.#parts.push(`<g stroke-width="8" shape-rendering="crispEdges">${bars.join('')}</g>`);
    this.text(x - 7, y + 8, low, { anchor: 'end', size: 11 });
    this.text(x + step * colours.length + 7, y + 8, high, { size: 11 });
  }

  toString(): string {
    const { width, height } = this;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
        `role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif">`,
      `<title>${escape(this.description)}</title>`,
      ...this.#parts,
      '</svg>\n',
    ].join('\n');
  }
}

function colourOf({ low, high, colours }: Scale, value: number | null): string | null {
  if (value === null) return null;
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return colours[Math.min(colours.length - 1, Math.floor(share * colours.length))];
}

function ramp(stops: readonly string[], steps: number): string[] {
  return Array.from({ length: steps }, (_, i) => {
    const at = (i / (steps - 1)) * (stops.length - 1);
    const from = Math.min(Math.floor(at), stops.length - 2);
    const channel = (hex: string, k: number) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
    const mixed = [0, 1, 2].map((k) => {
      const [a, b] = [channel(stops[from], k), channel(stops[from + 1], k)];
      return Math.round(a + (b - a) * (at - from));
    });
    return `#${mixed.map((v) => v.toString(16).padStart(2, '0')).join('')}`;
  });
}

const round = (v: number): number => Math.round(v * 100) / 100;
const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
