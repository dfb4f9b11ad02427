/** Attention maps of one layer, as they go from a session to its page. */
import { rollout } from '../../models/explain/rollout';

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

/**
 * What each token draws on through all layers, heads taken together (attention rollout, Abnar and Zuidema 2020). Null where layers are
 * not of one text to itself.
 */
export function rolled(layers: readonly Maps[]): Maps | null {
  const T = layers[0]?.rows ?? 0;
  if (T === 0 || layers.some(({ rows, columns }) => rows !== T || columns !== T)) return null;
  const means = layers.map(({ heads, probabilities }) => {
    const mean = new Float64Array(T * T);
    for (let i = 0; i < probabilities.length; i++) mean[i % mean.length] += probabilities[i] / heads;
    return mean;
  });
  return { heads: 1, rows: T, columns: T, probabilities: Float32Array.from(rollout(means, T)) };
}
