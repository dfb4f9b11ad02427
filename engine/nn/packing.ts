/** Numbers to codes and scales, and back: engine/graph/packed.ts says how they lie. Row by row, in the order given. */
import { DataError } from '../errors';
import { packedRow, PACKINGS, type Packed } from '../graph/packed';

/** Codes and scales of some rows, to be uploaded. */
export interface PackedRows {
  readonly codes: Uint32Array<ArrayBuffer>;
  readonly scales: Uint32Array<ArrayBuffer>;
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The nearest bfloat16, as the upper half of a word; ties to even. */
function upperHalf(value: number): number {
  float[0] = value;
  return (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) >>> 16;
}

function ofUpperHalf(half: number): number {
  bits[0] = half << 16;
  return float[0];
}

/** The nearest whole number, halves away from zero. */
const nearest = (x: number): number => (x < 0 ? -Math.floor(0.5 - x) : Math.floor(x + 0.5));

/**
 * Packs whole rows (rows, inputs). The same numbers give the same bits everywhere. Throws `DataError` for what is not finite:
 * `name` and where, counted from row `first`.
 */
export function packRows(
  packed: Packed,
  inputs: number,
  data: Float32Array,
  { name, first = 0 }: { readonly name: string; readonly first?: number },
): PackedRows {
  const row = packedRow(packed, inputs);
  const rows = data.length / inputs;
  const codes = new Uint32Array(rows * row.codes);
  const scales = new Uint32Array(rows * row.scales);
  const { group } = PACKINGS[packed];
  const pack = group === null ? packWhole : packGroups;
  for (let r = 0; r < rows; r++) {
    const from = r * inputs;
    const numbers = data.subarray(from, from + inputs);
    const odd = pack(
      numbers,
      codes.subarray(r * row.codes, (r + 1) * row.codes),
      scales.subarray(r * row.scales, (r + 1) * row.scales),
      group ?? inputs,
    );
    if (odd < 0) continue;
    const what = `number ${odd} of row ${first + r} is ${numbers[odd]}, which ${packed} cannot hold`;
    throw new DataError(name, what, "Look where it comes from, or store it as 'f32'.");
  }
  return { codes, scales };
}

/** A row of int8: its largest magnitude is 127 scales. Returns the place of a number that is not finite, -1 where all are. */
function packWhole(numbers: Float32Array, codes: Uint32Array, scales: Uint32Array): number {
  let most = 0;
  for (let i = 0; i < numbers.length; i++) {
    if (!Number.isFinite(numbers[i])) return i;
    most = Math.max(most, Math.abs(numbers[i]));
  }
  const scale = Math.fround(most / 127);
  float[0] = scale;
  scales[0] = bits[0];
  if (scale === 0) return -1;
  for (let i = 0; i < numbers.length; i++) {
    const code = Math.max(-127, Math.min(127, nearest(numbers[i] / scale)));
    codes[i >>> 2] |= (code & 0xff) << (8 * (i & 3));
  }
  return -1;
}

/**
 * A row of int4: in each group the number of largest magnitude is -8 scales, so that of sixteen codes none is idle. There is no
 * zero point: on real weights it took as much off the error as a search for better scales, for more bits (docs/models.md).
 */
function packGroups(numbers: Float32Array, codes: Uint32Array, scales: Uint32Array, group: number): number {
  codes.fill(0x8888_8888); // zeros
  for (let from = 0, g = 0; from < numbers.length; from += group, g++) {
    const end = Math.min(from + group, numbers.length);
    let most = 0;
    for (let i = from; i < end; i++) {
      if (!Number.isFinite(numbers[i])) return i;
      if (Math.abs(numbers[i]) > Math.abs(most)) most = numbers[i];
    }
    const half = upperHalf(0 - most / 8);
    const scale = ofUpperHalf(half);
    scales[g >>> 1] |= half << (16 * (g & 1));
    if (scale === 0) continue;
    for (let i = from; i < end; i++) {
      const code = Math.max(-8, Math.min(7, nearest(numbers[i] / scale)));
      // The bits of 8 are there already.
      codes[i >>> 3] ^= ((code + 8) ^ 8) << (4 * (i & 7));
    }
  }
  return -1;
}

/** Rows (rows, inputs) that were packed, as the numbers that kernels compute with, to the bit. */
export function unpackRows(
  packed: Packed,
  inputs: number,
  { codes, scales }: { readonly codes: Uint32Array; readonly scales: Uint32Array },
): Float32Array {
  const row = packedRow(packed, inputs);
  const rows = scales.length / row.scales;
  const out = new Float32Array(rows * inputs);
  const { group } = PACKINGS[packed];
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inputs; i++) {
      if (group === null) {
        bits[0] = scales[r];
        const word = codes[r * row.codes + (i >>> 2)];
        out[r * inputs + i] = ((word << (24 - 8 * (i & 3))) >> 24) * float[0];
        continue;
      }
      const g = Math.floor(i / group);
      const pair = scales[r * row.scales + (g >>> 1)];
      const word = codes[r * row.codes + (i >>> 3)];
      const code = ((word >>> (4 * (i & 7))) & 15) - 8;
      out[r * inputs + i] = code * ofUpperHalf((pair >>> (16 * (g & 1))) & 0xffff);
    }
  }
  return out;
}
