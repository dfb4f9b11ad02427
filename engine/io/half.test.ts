import { describe, expect, test } from 'vitest';
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half';

const everyHalf = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);
const floatOf = (bits: number) => new Float32Array(Uint32Array.of(bits).buffer)[0];

/** The definition of the format, in float64; null for NaN. */
function decode(bits: number, exponentBits: number, fractionBits: number): number | null {
  const sign = bits & 0x8000 ? -1 : 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (bits & 0x7fff) >> fractionBits;
  const fraction = bits & (2 ** fractionBits - 1);
  if (exponent === 2 ** exponentBits - 1) return fraction ? null : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}

describe.each([
  { name: 'float16', widen: float16ToFloat32, narrow: float32ToFloat16, exponent: 5, fraction: 10 },
  { name: 'bfloat16', widen: bfloat16ToFloat32, narrow: float32ToBfloat16, exponent: 8, fraction: 7 },
])('$name', ({ widen, narrow, exponent, fraction }) => {
  test('all 65,536 values widen to the value that the format defines', () => {
    const values = widen(everyHalf);
    for (let bits = 0; bits < 65536; bits++) {
      const want = decode(bits, exponent, fraction);
      if (!Object.is(values[bits], want ?? NaN)) expect.fail(`${bits}: ${values[bits]}, want ${want}`);
    }
  });

  test('all 65,536 values survive the round trip, bit by bit', () => {
    const back = narrow(widen(everyHalf));
    const quiet = 1 << (fraction - 1);
    for (let bits = 0; bits < 65536; bits++) {
      const want = decode(bits, exponent, fraction) === null ? bits | quiet : bits; // signalling NaNs turn quiet
      if (back[bits] !== want) expect.fail(`${bits} came back as ${back[bits]}`);
    }
  });

  test('between any two neighbours: nearest, and ties to the even one', () => {
    const infinity = ((1 << exponent) - 1) << fraction;
    for (let lower = 0; lower < infinity; lower++) {
      const a = decode(lower, exponent, fraction)!;
      // Past the largest value the next step up counts as infinity's place, as IEEE 754 has it.
      const b = lower + 1 === infinity ? 2 ** (2 ** (exponent - 1)) : decode(lower + 1, exponent, fraction)!;
      const middle = bitsOf(Float32Array.of((a + b) / 2))[0]; // exact: float32 has more bits than either
      const samples = Float32Array.of(floatOf(middle - 1), floatOf(middle), floatOf(middle + 1));
      const even = lower % 2 === 0 ? lower : lower + 1;
      const got = [...narrow(samples)];
      if (got[0] !== lower || got[1] !== even || got[2] !== lower + 1) {
        expect.fail(`between ${a} and ${b}: ${got}, want ${[lower, even, lower + 1]}`);
      }
      const negative = [...narrow(samples.map((value) => -value))];
      if (negative.some((bits, k) => bits !== (got[k] | 0x8000))) expect.fail(`-${a}: ${negative}`);
    }
  });

  test('infinities, zeros and float32 subnormals', () => {
    const infinity = ((1 << exponent) - 1) << fraction;
    const out = narrow(Float32Array.of(Infinity, -Infinity, 0, -0, 2 ** -149, -(2 ** -149)));
    expect([...out]).toEqual([infinity, infinity | 0x8000, 0, 0x8000, 0, 0x8000]);
    expect(narrow(Float32Array.of(NaN))[0] & 0x7fff).toBeGreaterThan(infinity);
  });

  test('a view that starts inside a buffer', () => {
    const whole = Float32Array.of(9, 1, -2);
    expect([...widen(narrow(whole.subarray(1)))]).toEqual([1, -2]);
  });
});
