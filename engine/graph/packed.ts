/**
 * Weights in few bits, as they lie in memory: a matrix (outputs, inputs) is the codes of its rows, then the scales of its
 * rows, in words of 32 bits. A number is its code times a scale.
 *
 * - int8: codes from -127 to 127, four a word, the first in the lowest bits; one scale for each row, an f32.
 * - int4, int4-64: codes from -8 to 7, stored plus 8, eight a word; one scale for each 32 (64) neighbours of a row, the upper
 *   half of an f32 (bfloat16), two a word.
 *
 * Rows begin at multiples of four words, so that shaders may read four at once; int4 rows fill whole groups. What follows a
 * row's last number decodes to 0. Weights that are stored (in, out) in checkpoints lie as (out, in), too.
 */
export type Packed = 'int8' | 'int4' | 'int4-64';

interface Packing {
  readonly bits: 4 | 8;
  /** Neighbours in a row that share a scale; null: all of it. */
  readonly group: number | null;
}

export const PACKINGS: Readonly<Record<Packed, Packing>> = {
  int8: { bits: 8, group: null },
  int4: { bits: 4, group: 32 },
  'int4-64': { bits: 4, group: 64 },
};

export function isPacked(storage: string): storage is Packed {
  return Object.hasOwn(PACKINGS, storage);
}

/** Words of 32 bits that a row takes: of codes, and of scales. */
export interface PackedRow {
  readonly codes: number;
  readonly scales: number;
}

export function packedRow(packed: Packed, inputs: number): PackedRow {
  const { bits, group } = PACKINGS[packed];
  if (group === null) return { codes: Math.ceil(inputs / 16) * 4, scales: 1 };
  const groups = Math.ceil(inputs / group);
  return { codes: (groups * group * bits) / 32, scales: Math.ceil(groups / 2) };
}

/** Bytes of a matrix (outputs, inputs); a multiple of 16, because shaders read vectors of four words. */
export function packedBytes(packed: Packed, outputs: number, inputs: number): number {
  const { codes, scales } = packedRow(packed, inputs);
  return Math.ceil((outputs * (codes + scales)) / 4) * 16;
}
