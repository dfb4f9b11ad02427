import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { expectStarts } from '../lib/starts';
import { rotation, turnRows, type RotaryOptions } from './rotation';

export type { RotaryOptions } from './rotation';

/** Which columns `rope` turns, and where rows stand. */
export interface RopeOptions extends RotaryOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key heads, which follow the queries. Default H. */
  readonly keyValueHeads?: number;
  /** D, width of a head. Default C / (H + 2G), as in fused rows of queries, keys and values. */
  readonly width?: number;
  /** First column of the first head. Default 0. */
  readonly offset?: number;
  /** Position of the first row, besides `now.position`; a whole number. Default 0. */
  readonly start?: number;
  /**
   * How far each sequence is ahead of `now.position`, u32 (B): its row t stands at `now.position + start + starts[b] + t`.
   * For batches of unequal prompts, as `CacheOptions.starts`. Default 0.
   */
  readonly starts?: Tensor;
}

/**
 * Rotary position embedding of queries and keys in rows x (B, T, C): H + G heads from column `offset` on are rotated,
 * the other columns (values) are copied. Row t stands at position `now.position + start + t`, or where `starts` says;
 * angles are exact to 2e-7 below position 2^24 (Su et al. 2021). (B, T, C) -> (B, T, C). `attention` has an option that spares this pass where
 * that is cheaper. Throws `ShapeError`, and `EngineError` on scaling that makes no sense.
 */
export function rope(g: Graph, x: Tensor, options: RopeOptions): Tensor {
  const { heads, keyValueHeads = heads, offset = 0, start = 0, starts } = options;
  const C = x.shape.at(-1) ?? 1;
  const width = options.width ?? C / (heads + 2 * keyValueHeads);
  const rotated = heads + keyValueHeads;
  const where = g.where('rope');
  const { rotary, pairing, theta, scaling } = options;
  expectOptions(where, options, {
    ...{ heads, keyValueHeads, width, offset, start, starts },
    ...{ rotary, pairing, theta, scaling },
  });
  if (!Number.isInteger(width) || width < 1 || offset < 0 || offset + rotated * width > C) {
    throw new ShapeError(
      where,
      `${x.toString()} does not hold ${rotated} heads of width ${width} from column ${offset}`,
      'Give rows (H + 2G)·D, or pass width and offset.',
    );
  }
  if (!Number.isInteger(start) || start < 0) {
    throw new ShapeError(where, `the first row's position is ${start}`, 'Give a whole number of at least 0.');
  }
  if (starts) expectStarts(where, starts, x.size / C / (x.shape.at(-2) ?? 1));
  const turning = rotation(g, where, { rotary, pairing, theta, scaling }, width);
  const columns = { heads: rotated, width, offset, start, starts };
  const y = g.value('rope', x.shape, x.dtype);
  turnRows(g, x, y, turning, columns);

  g.backward(y, () => {
    const dx = g.sink(x);
    if (dx) turnRows(g, g.grad(y), dx.tensor, turning, columns, { sign: -1, add: dx.add });
  });
  return y;
}
