import { expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectCounts } from '../lib/counts';
import lengthsAfterWgsl from './lengths_after.wgsl';

const forward = defineKernel({ name: 'lengths_after.forward', wgsl: [lengthsAfterWgsl] });
const LANES = 64;

/** What stands before texts, and how long they are. */
export interface LengthsAfterOptions {
  /** P, rows before each text. */
  readonly rows: number;
  /** T, tokens that each text has at most. */
  readonly most: number;
}

/**
 * How many rows are real in each sequence once P rows stand before its text: lengths u32 (B), of the texts -> u32 (B), each P more.
 * Throws `ShapeError`; `DataError` for lengths above T.
 */
export function lengthsAfter(g: Graph, lengths: Tensor, options: LengthsAfterOptions): Tensor {
  const where = g.where('lengthsAfter');
  const { rows, most } = options;
  expectOptions(where, options, { rows, most });
  if (![rows, most].every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError(where, `${rows} rows before ${most} tokens`, 'Give whole numbers.');
  }
  const [n = 0] = lengths.shape;
  expectCounts(g, where, lengths, { sequences: n, most, of: 'tokens' });
  const y = g.value('lengths after', [n], 'u32');
  g.dispatch(
    forward,
    { lengths, y },
    { uniforms: { n, rows }, constants: { LANES }, grid: linearGrid(Math.ceil(n / LANES)) },
  );
  return y;
}
