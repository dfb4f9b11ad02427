import { packedBytes, packedRow, type Packed } from '../engine/graph/packed';
import { Tensor } from '../engine/graph/tensor';
import { packRows, unpackRows } from '../engine/nn/packing';
import { normal, type TestArray } from './data';

/** A packed matrix (outputs, inputs) of normally distributed numbers, as its words. */
export function packedNormal(packed: Packed, outputs: number, inputs: number): TestArray {
  const { data } = normal([outputs * inputs]);
  const { codes, scales } = packRows(packed, inputs, Float32Array.from(data), { name: 'test' });
  const words = new Uint32Array(packedBytes(packed, outputs, inputs) / 4);
  words.set(codes);
  words.set(scales, codes.length);
  return { shape: [words.length], data: words };
}

/** The matrix that such words are, in a graph. */
export const asPacked = (words: Tensor, packed: Packed, outputs: number, inputs: number): Tensor =>
  new Tensor(words.name, [outputs, inputs], 'u32', { kind: 'view', of: words }, false, packed);

/** Its numbers. */
export function unpacked(
  packed: Packed,
  outputs: number,
  inputs: number,
  words: ArrayLike<number>,
): Float64Array {
  const all = Uint32Array.from(words);
  const { codes, scales } = packedRow(packed, inputs);
  const [split, end] = [outputs * codes, outputs * (codes + scales)];
  const parts = { codes: all.subarray(0, split), scales: all.subarray(split, end) };
  return Float64Array.from(unpackRows(packed, inputs, parts));
}
