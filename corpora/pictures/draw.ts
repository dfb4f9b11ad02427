/** Draws scenes into pixels by distances to outlines, so that edges are smooth at any size, in a page, a worker or Node. */
import type { Colour, Scene, Shape, Thing } from './scene';

type RGB = readonly [number, number, number];
type Outline = (x: number, y: number) => number;

/** Red, green and blue of each colour, 0 to 255. */
const PAINT: Readonly<Record<Colour, RGB>> = {
  red: [214, 40, 40],
  orange: [244, 140, 6],
  yellow: [245, 213, 36],
  green: [46, 150, 70],
  blue: [38, 84, 200],
  purple: [122, 48, 168],
  pink: [244, 130, 186],
  black: [28, 28, 30],
};
/** How far tints go. */
const TINT = 10;

/** Math.hypot is exact at the ends of the range, and many times as slow. */
const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

/** Distance to the outline of a polygon, below 0 inside of it (even and odd crossings). */
function polygon(points: readonly (readonly [number, number])[]): Outline {
  const edges = points.map(([bx, by], i) => {
    const [ax, ay] = points.at(i - 1)!;
    const [ex, ey] = [bx - ax, by - ay];
    return { ax, ay, by, ex, ey, each: 1 / (ex * ex + ey * ey) };
  });
  return (x, y) => {
    let [nearest, inside] = [Infinity, false];
    for (const { ax, ay, by, ex, ey, each } of edges) {
      const [px, py] = [x - ax, y - ay];
      const along = Math.max(0, Math.min(1, (px * ex + py * ey) * each));
      const [qx, qy] = [px - along * ex, py - along * ey];
      nearest = Math.min(nearest, qx * qx + qy * qy);
      if (ay > y !== by > y && px < (ex * py) / ey) inside = !inside;
    }
    return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest);
  };
}

/** Corners on circles around the middle, the first at the top. */
const around = (count: number, radius: (i: number) => number): (readonly [number, number])[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count - Math.PI / 2;
    return [radius(i) * Math.cos(angle), radius(i) * Math.sin(angle)];
  });

const ARM = 0.34;
/** Shapes that reach 1 from their middle, all about as heavy. */
const OUTLINES: Readonly<Record<Shape, Outline>> = {
  circle: (x, y) => length(x, y) - 0.92,
  ring: (x, y) => Math.abs(length(x, y) - 0.72) - 0.24,
  square: polygon(
    [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ].map(([x, y]) => [0.8 * x, 0.8 * y]),
  ),
  triangle: polygon(around(3, () => 1).map(([x, y]) => [1.1 * x, y + 0.15])),
  star: polygon(around(10, (i) => (i % 2 === 0 ? 1.05 : 0.45))),
  cross: polygon(
    [
      [-ARM, -1],
      [ARM, -1],
      [ARM, -ARM],
      [1, -ARM],
      [1, ARM],
      [ARM, ARM],
      [ARM, 1],
      [-ARM, 1],
      [-ARM, ARM],
      [-1, ARM],
      [-1, -ARM],
      [-ARM, -ARM],
    ].map(([x, y]) => [0.95 * x, 0.95 * y]),
  ),
};

/** A picture of a scene: RGBA, (side, side, 4). */
export function draw(
  scene: Scene,
  side: number,
): { data: Uint8ClampedArray<ArrayBuffer>; width: number; height: number } {
  const colours = new Float32Array(3 * side * side);
  for (let i = 0; i < colours.length; i++) colours[i] = 255 * scene.paper[i % 3];
  for (const thing of scene.things) paint(colours, side, thing);
  const data = new Uint8ClampedArray(4 * side * side);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) data[4 * i + c] = colours[3 * i + c];
    data[4 * i + 3] = 255;
  }
  return { data, width: side, height: side };
}

function paint(colours: Float32Array, side: number, { x, y, reach, turn, tint, shape, colour }: Thing): void {
  const paint = PAINT[colour].map((channel, c) => channel + TINT * tint[c]);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const box = (middle: number): readonly [number, number] => [
    Math.max(0, Math.floor((middle - 1.3 * reach) * side)),
    Math.min(side - 1, Math.ceil((middle + 1.3 * reach) * side)),
  ];
  const [[left, right], [top, bottom]] = [box(x), box(y)];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [dx, dy] = [(column + 0.5) / side - x, (row + 0.5) / side - y];
      const outside = OUTLINES[shape]((cos * dx + sin * dy) / reach, (cos * dy - sin * dx) / reach);
      // Half a pixel on either side of the outline.
      const covered = Math.max(0, Math.min(1, 0.5 - outside * reach * side));
      if (covered === 0) continue;
      const at = 3 * (row * side + column);
      for (let c = 0; c < 3; c++) colours[at + c] += covered * (paint[c] - colours[at + c]);
    }
  }
}
