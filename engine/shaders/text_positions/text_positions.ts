import { expectOneOf, expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectCounts } from '../lib/counts';
import textPositionsWgsl from './text_positions.wgsl';

const forward = defineKernel({ name: 'text_positions.forward', wgsl: [textPositionsWgsl] });
const LANES = 64;

/** Where `textPositions` begins to count, and what padding gets. */
export interface TextPositionsOptions {
  /** T. */
  readonly rows: number;
  /** The first token's position; with `back` the last one's. */
  readonly first: number;
  /** That of all padding. */
  readonly padding: number;
  /** Whether positions count back from the last real token's, so that it has the same one in texts of all lengths (SASRec). Default false. */
  readonly back?: boolean;
}

/**
 * Where each of T tokens stands in texts padded on the right, for models in which all padding has one position (RoBERTa,
 * OPT): `first` + t below a text's length, `padding` from there on. With `back` the last real token of each stands at `first`. lengths u32 (B) -> u32 (B, T), for `embedding`. Throws
 * `ShapeError`; `DataError` for lengths above T.
 */
export function textPositions(g: Graph, lengths: Tensor, options: TextPositionsOptions): Tensor {
  const where = g.where('textPositions');
  const { rows, first, padding, back = false } = options;
  expectOptions(where, options, { rows, first, padding, back });
  expectOneOf(where, 'back', back, [true, false]);
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 0;
  if (!whole(rows) || rows < 1 || !whole(first) || !whole(padding)) {
    const what = `${rows} rows from ${first} on, padding at ${padding}`;
    throw new ShapeError(where, what, 'Give whole numbers, and at least one row.');
  }
  if (back && first < rows - 1) {
    const what = `${rows} rows that end at position ${first}`;
    throw new ShapeError(where, what, `Use at most ${first + 1}.`);
  }
  const [sequences = 0] = lengths.shape;
  expectCounts(g, where, lengths, { sequences, most: rows, of: 'rows' });
  const n = sequences * rows;
  const y = g.value('text positions', [sequences, rows], 'u32');
  g.dispatch(
    forward,
    { lengths, y },
    {
      uniforms: { n, time: rows, first, padding, back: Number(back) },
      constants: { LANES },
      grid: linearGrid(Math.ceil(n / LANES)),
    },
  );
  return y;
}
