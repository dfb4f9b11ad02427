import { describe, expect, it } from 'vitest';
import { Random } from '../../tests/harness/op';
import { packedBytes, packedRow, type Packed } from '../graph/packed';
import { PackedWriter } from './packed_weights';
import { packRows, unpackRows } from './packing';
import { Parameter } from './parameter';

const random = new Random(5);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
const hex = (words: Uint32Array): string[] => [...words].map((word) => word.toString(16).padStart(8, '0'));
const halves = (scale: number): number => new Uint32Array(Float32Array.of(scale).buffer)[0] >>> 16;
const KINDS: Packed[] = ['int8', 'int4', 'int4-64'];

describe('packed numbers lie as they are said to', () => {
  it('int8: four a word, the first in the lowest bits, a scale for each row', () => {
    const rows = Float32Array.of(127, -127, 2.5, -2.5, 1.49, 0, 0, 0, 0, 254);
    const { codes, scales } = packRows('int8', 5, rows, { name: 'w' });
    // Rows of four words; halves go away from zero.
    expect(hex(codes.subarray(0, 4))).toEqual(['fd03817f', '00000001', '00000000', '00000000']);
    expect(hex(codes.subarray(4))).toEqual(['00000000', '0000007f', '00000000', '00000000']);
    expect([...new Float32Array(scales.buffer)]).toEqual([1, 2]);
  });

  it('int4: eight a word plus 8, a scale for each 32, two a word; the largest is -8 scales', () => {
    const row = new Float32Array(35);
    row.set([8, -7, 3.5, -3.5, 0.4]); // in scales of -1: -8, 7, -3.5, 3.5, -0.4
    row.set([-16, 14, 2], 32); // in scales of 2
    const { codes, scales } = packRows('int4', 35, row, { name: 'w' });
    expect(hex(codes)).toEqual([
      ...['8888c4f0', '88888888', '88888888', '88888888'],
      ...['888889f0', '88888888', '88888888', '88888888'],
    ]);
    expect(scales).toEqual(Uint32Array.of((halves(2) << 16) | halves(-1)));
    expect(packRows('int4-64', 35, row, { name: 'w' }).scales).toEqual(Uint32Array.of(halves(2)));
  });

  it.each(KINDS)('%s: bytes of rows', (packed) => {
    const bits = { int8: 8, int4: 4.5, 'int4-64': 4.25 }[packed];
    const row = packedRow(packed, 4096);
    expect((32 * (row.codes + row.scales)) / 4096).toBeCloseTo(bits, 1);
    // Whole vectors, whatever the width.
    for (const inputs of [1, 20, 63, 65, 129]) {
      expect(packedRow(packed, inputs).codes % 4).toBe(0);
      expect(packedBytes(packed, 3, inputs) % 16).toBe(0);
    }
  });
});

describe.each(KINDS)('%s', (packed) => {
  it('is at most half a scale off, a whole one where it is as large as the largest, with the other sign', () => {
    const [rows, inputs] = [50, 77];
    const numbers = noise(rows * inputs);
    const { codes, scales } = packRows(packed, inputs, numbers, { name: 'w' });
    const back = unpackRows(packed, inputs, { codes, scales });
    const group = { int8: inputs, int4: 32, 'int4-64': 64 }[packed];
    for (let r = 0; r < rows; r++) {
      for (let from = 0; from < inputs; from += group) {
        const own = numbers.subarray(r * inputs + from, r * inputs + Math.min(from + group, inputs));
        const largest = own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
        const scale = Math.abs(largest) / (packed === 'int8' ? 127 : 8);
        for (const [i, x] of own.entries()) {
          const y = back[r * inputs + from + i];
          const clipped = packed !== 'int8' && x * largest < 0 && Math.abs(x) > 7.5 * scale;
          expect(Math.abs(x - y)).toBeLessThanOrEqual(scale * (clipped ? 1 : 0.5) + Math.abs(largest) / 250);
        }
      }
    }
    // As they are again, once they are rounded: nothing drifts.
    const again = packRows(packed, inputs, back, { name: 'w' });
    expect(unpackRows(packed, inputs, again)).toEqual(back);
  });

  it('has the same bits in whatever pieces it comes, and whichever way it is stored', () => {
    const [outputs, inputs] = [23, 45];
    const numbers = noise(outputs * inputs);
    const want = packRows(packed, inputs, numbers, { name: 'w' });
    for (const turned of [false, true]) {
      const parameter = new Parameter(turned ? [inputs, outputs] : [outputs, inputs], {
        outputs: turned ? 1 : 0,
      });
      parameter.packed = packed;
      const given = turned
        ? Float32Array.from(numbers, (_, i) => numbers[(i % outputs) * inputs + Math.floor(i / outputs)])
        : numbers;
      const writer = new PackedWriter(parameter);
      const [codes, scales]: [number[], number[]] = [[], []];
      for (let at = 0; at < given.length;) {
        const length = 1 + random.below(120);
        for (const rows of writer.add(given.subarray(at, at + length))) {
          expect(rows.first * packedRow(packed, inputs).scales).toBe(scales.length);
          codes.push(...rows.codes);
          scales.push(...rows.scales);
        }
        at += length;
      }
      expect(Uint32Array.from(codes)).toEqual(want.codes);
      expect(Uint32Array.from(scales)).toEqual(want.scales);
    }
  });

  it('is zero where all are, and refuses what is not finite, by its place', () => {
    const zeros = packRows(packed, 33, new Float32Array(66), { name: 'w' });
    expect(unpackRows(packed, 33, zeros)).toEqual(new Float32Array(66));
    for (const odd of [NaN, Infinity, -Infinity]) {
      const numbers = noise(66);
      numbers[33 + 7] = odd;
      expect(() => packRows(packed, 33, numbers, { name: 'layer.weight', first: 10 })).toThrow(
        `layer.weight: number 7 of row 11 is ${odd}, which ${packed} cannot hold. Look where it comes from, or store it as 'f32'.`,
      );
    }
    const tiny = packRows(packed, 2, Float32Array.of(1e-40, -1e-40), { name: 'w' });
    expect(Math.max(...unpackRows(packed, 2, tiny).map(Math.abs))).toBeLessThan(2e-40);
    const huge = packRows(packed, 2, Float32Array.of(3e38, -3e38), { name: 'w' });
    expect(unpackRows(packed, 2, huge).every(Number.isFinite)).toBe(true);
  });
});
