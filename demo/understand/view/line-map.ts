import { finder } from '../../view/dom';
import { themeValue } from '../../view/colours';
import type { Groups, LineMap as Map, Searched } from '../session/protocol';

/** How the points of a class look; those of further classes look like none. */
export const SHAPES = [
  { glyph: '●', color: '--edge', sides: 0, turn: 0 },
  { glyph: '■', color: '--second', sides: 4, turn: Math.PI / 4 },
  { glyph: '▲', color: '--good', sides: 3, turn: -Math.PI / 2 },
  { glyph: '◆', color: '--soft', sides: 4, turn: 0 },
] as const;
type Shape = (typeof SHAPES)[number];

/** Room at the edges, px, and how near a pointer must be to a point. */
const EDGE = 14;
const NEAR = 14;

/** Lines as points of a plane; the nearest to a query stand out, and a pointer reads any. */
export class LineMap {
  /** A line is pointed at; null: none. */
  onPoint: (line: number | null) => void = () => undefined;
  readonly #host = finder()('line-map');
  readonly #canvas = this.#host.querySelector('canvas')!;
  #map: Map | null = null;
  #searched: Searched | null = null;
  #groups: Groups | null = null;
  #pointed: number | null = null;

  constructor() {
    new ResizeObserver(() => this.draw()).observe(this.#host);
    this.#host.addEventListener('pointermove', ({ offsetX, offsetY }) =>
      this.point(this.#at(offsetX, offsetY)),
    );
    this.#host.addEventListener('pointerleave', () => this.point(null));
  }

  show(map: Map | null, searched: Searched | null, groups: Groups | null): void {
    if (map === this.#map && searched === this.#searched && groups === this.#groups) return;
    [this.#map, this.#searched, this.#groups] = [map, searched, groups];
    this.draw();
  }

  point(line: number | null): void {
    if (line === this.#pointed) return;
    this.#pointed = line;
    this.draw();
    this.onPoint(line);
  }

  draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#host;
    const scale = devicePixelRatio;
    [this.#canvas.width, this.#canvas.height] = [width * scale, height * scale];
    const context = this.#canvas.getContext('2d');
    const map = this.#map;
    if (!context || !map || width === 0) return;
    context.scale(scale, scale);
    const place = this.#placing(width, height);
    const colors = SHAPES.map(({ color }) => themeValue(color));
    const draw = (line: number, radius: number): void => {
      const [x, y] = place(map.points[2 * line], map.points[2 * line + 1]);
      outline(context, this.#shapeOf(line), x, y, radius);
      context.fill();
    };
    const many = map.lines.length > 800;
    context.globalAlpha = many ? 0.5 : 0.75;
    for (let i = 0; i < map.lines.length; i++) {
      context.fillStyle = colors[SHAPES.indexOf(this.#shapeOf(i))];
      draw(i, many ? 2 : 3.25);
    }
    context.globalAlpha = 1;
    context.fillStyle = themeValue('--accent');
    for (const { line } of this.#searched?.hits ?? []) draw(line, 5);
    if (this.#searched) {
      const [x, y] = place(...this.#searched.point);
      context.strokeStyle = themeValue('--second');
      context.lineWidth = 2;
      context.beginPath();
      context.moveTo(x - 7, y);
      context.lineTo(x + 7, y);
      context.moveTo(x, y - 7);
      context.lineTo(x, y + 7);
      context.stroke();
    }
    if (this.#pointed !== null) {
      const [x, y] = place(map.points[2 * this.#pointed], map.points[2 * this.#pointed + 1]);
      context.strokeStyle = themeValue('--ink');
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x, y, 7, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #shapeOf(line: number): Shape {
    const { labels, of } = this.#groups ?? { labels: [], of: [] };
    return labels.length > SHAPES.length ? SHAPES[0] : SHAPES[of[line] ?? 0];
  }

  /** One unit is as long across as up: distances are what they are. */
  #placing(width: number, height: number): (x: number, y: number) => [number, number] {
    const { points } = this.#map!;
    const xs = [...points].filter((_, i) => i % 2 === 0);
    const ys = [...points].filter((_, i) => i % 2 === 1);
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const unit = Math.min(
      (width - 2 * EDGE) / Math.max(1e-9, right - left),
      (height - 2 * EDGE) / Math.max(1e-9, high - low),
    );
    const within = (value: number, most: number): number => Math.min(most - 4, Math.max(4, value));
    return (x, y) => [
      within(width / 2 + (x - (left + right) / 2) * unit, width),
      within(height / 2 - (y - (low + high) / 2) * unit, height),
    ];
  }

  #at(x: number, y: number): number | null {
    const map = this.#map;
    if (!map) return null;
    const place = this.#placing(this.#host.clientWidth, this.#host.clientHeight);
    let [best, least]: [number | null, number] = [null, NEAR];
    for (let i = 0; i < map.lines.length; i++) {
      const [px, py] = place(map.points[2 * i], map.points[2 * i + 1]);
      const distance = Math.hypot(px - x, py - y);
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }
}

/** The way around a shape of this radius. */
function outline(
  context: CanvasRenderingContext2D,
  { sides, turn }: Shape,
  x: number,
  y: number,
  radius: number,
): void {
  context.beginPath();
  if (sides === 0) return context.arc(x, y, radius, 0, 2 * Math.PI);
  for (let k = 0; k < sides; k++) {
    const angle = turn + (2 * Math.PI * k) / sides;
    context.lineTo(x + 1.25 * radius * Math.cos(angle), y + 1.25 * radius * Math.sin(angle));
  }
  context.closePath();
}
