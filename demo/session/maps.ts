/** Attention maps of one layer, as they go from a session to its page. */

/** All heads of one layer: (heads, rows, columns). */
export interface Maps {
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
  readonly probabilities: Float32Array;
}

/** Neighbouring rows or columns. */
export interface Span {
  readonly from: number;
  readonly count: number;
}

/** These rows and columns of every head: (heads, rows.count, columns.count). */
export function part(maps: Maps, rows: Span, columns: Span): Maps {
  const { heads, probabilities } = maps;
  const kept = new Float32Array(heads * rows.count * columns.count);
  for (let row = 0; row < heads * rows.count; row++) {
    const head = Math.floor(row / rows.count);
    const at = (head * maps.rows + rows.from + (row % rows.count)) * maps.columns + columns.from;
    kept.set(probabilities.subarray(at, at + columns.count), row * columns.count);
  }
  return { heads, rows: rows.count, columns: columns.count, probabilities: kept };
}
