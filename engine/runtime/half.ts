/**
 * The two 16-bit floating point formats of weight files, to and from float32. Exact in the widening direction
 * (subnormals, infinities and NaN payloads included); IEEE 754 round to nearest, ties to even, in the narrowing
 * one.
 *
 *   float16   1 sign, 5 exponent (bias 15), 10 fraction     65,504 … 2^-24
 *   bfloat16  1 sign, 8 exponent (bias 127), 7 fraction     the upper half of a float32
 *
 * All functions work on bits (Uint16Array and Uint32Array views), so NaNs keep their payload's upper bits.
 */

const F32_INFINITY = 0x7f800000;

/** float16 bits (n) -> float32 (n), exact. */
export function float16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const out = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i];
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) {
      values[i] = fraction * 2 ** -24; // zero and subnormals: a multiple of the smallest one
      out[i] |= sign;
    } else if (exponent === 0x1f) {
      out[i] = sign | F32_INFINITY | (fraction << 13);
    } else {
      out[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    }
  }
  return values;
}

/** float32 (n) -> float16 bits (n), ties to even; 65,520 and more become infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    let half: number;
    if (magnitude > F32_INFINITY) {
      half = 0x7e00 | ((magnitude >>> 13) & 0x3ff); // NaN, made quiet so that no payload turns into infinity
    } else if (magnitude >= 0x477ff000) {
      half = 0x7c00;
    } else if (magnitude >= 0x38800000) {
      // Normal. Adding "half an ulp less one, plus the last kept bit" rounds to nearest even; a carry out of the
      // fraction moves into the exponent, as it should.
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    } else {
      half = roundToEven(Math.abs(values[i]) * 2 ** 24); // subnormal; the product is exact
    }
    out[i] = sign | half;
  }
  return out;
}

/** bfloat16 bits (n) -> float32 (n), exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  const out = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) out[i] = bits[i] << 16;
  return values;
}

/** float32 (n) -> bfloat16 bits (n), ties to even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const word = bits[i];
    const isNaN = (word & 0x7fffffff) > F32_INFINITY;
    out[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return out;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
