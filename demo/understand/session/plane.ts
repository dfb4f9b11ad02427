/** The plane through a cloud of points in which they differ most: their first two principal components, in float64. */

export interface Plane {
  /** The middle of all points. */
  readonly mean: Float64Array;
  /** Two directions of length 1, at a right angle. */
  readonly axes: readonly [Float64Array, Float64Array];
  /** Share of the points' variance along each. */
  readonly shares: readonly [number, number];
}

/** Turns of the power iteration at most, and how little a turn must change a direction to be the last. */
const TURNS = 500;
const STILL = 1e-12;

/** Of points that are all in one place, any plane: both shares are 0. */
export function planeOf(points: readonly ArrayLike<number>[]): Plane {
  const C = points[0].length;
  const mean = new Float64Array(C);
  for (const point of points) for (let i = 0; i < C; i++) mean[i] += point[i] / points.length;
  const rows = points.map((point) => Float64Array.from(mean, (middle, i) => point[i] - middle));
  let variance = 0;
  for (const row of rows) variance += product(row, row);
  const first = direction(rows, []);
  const second = direction(rows, [first]);
  const along = (axis: Float64Array): number =>
    variance === 0 ? 0 : rows.reduce((sum, row) => sum + product(row, axis) ** 2, 0) / variance;
  return { mean, axes: [first, second], shares: [along(first), along(second)] };
}

/** Where a point is in a plane. */
export function placeIn({ mean, axes }: Plane, point: ArrayLike<number>): readonly [x: number, y: number] {
  const row = Float64Array.from(mean, (middle, i) => point[i] - middle);
  return [product(row, axes[0]), product(row, axes[1])];
}

/** The direction of most variance at a right angle to others: XᵀX again and again, from the row that is farthest out. */
function direction(rows: readonly Float64Array[], others: readonly Float64Array[]): Float64Array {
  const C = rows[0].length;
  const right = (x: Float64Array): Float64Array => {
    for (const other of others) {
      const part = product(x, other);
      for (let i = 0; i < C; i++) x[i] -= part * other[i];
    }
    const length = Math.sqrt(product(x, x));
    return length > 0 ? x.map((value) => value / length) : x;
  };
  const sizes = rows.map((row) => {
    const rest = product(row, row);
    return others.reduce((left, other) => left - product(row, other) ** 2, rest);
  });
  let axis = right(rows[sizes.indexOf(Math.max(...sizes))].slice());
  if (product(axis, axis) === 0) axis = unit(C, others);
  for (let turn = 0; turn < TURNS; turn++) {
    const next = new Float64Array(C);
    for (const row of rows) {
      const part = product(row, axis);
      for (let i = 0; i < C; i++) next[i] += part * row[i];
    }
    const turned = right(next);
    if (product(turned, turned) === 0) break;
    const change = 1 - Math.abs(product(turned, axis));
    axis = turned;
    if (change < STILL) break;
  }
  // Either sign will do: that of the largest number, so that the same points give the same map.
  const largest = axis.reduce((best, value, i) => (Math.abs(value) > Math.abs(axis[best]) ? i : best), 0);
  return axis[largest] < 0 ? axis.map((value) => -value) : axis;
}

/** Any direction at a right angle to others. */
function unit(C: number, others: readonly Float64Array[]): Float64Array {
  const axis = new Float64Array(C);
  axis[others.length % C] = 1;
  for (const other of others) {
    const part = product(axis, other);
    for (let i = 0; i < C; i++) axis[i] -= part * other[i];
  }
  const length = Math.sqrt(product(axis, axis)) || 1;
  return axis.map((value) => value / length);
}

export function product(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
