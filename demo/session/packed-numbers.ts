/** Numbers as recordings have them: whole multiples of 1 / scale in 16 bits, little end first, in base64. */

/** Throws an `Error` for a number that is too large. */
export function packNumbers(values: Float32Array, scale: number): string {
  const bytes = new DataView(new ArrayBuffer(2 * values.length));
  values.forEach((value, i) => {
    const whole = Math.round(value * scale);
    if (Math.abs(whole) > 32_767) throw new Error(`${value} is too large to be recorded`);
    bytes.setInt16(2 * i, whole, true);
  });
  return btoa(Array.from(new Uint8Array(bytes.buffer), (byte) => String.fromCharCode(byte)).join(''));
}

export function unpackNumbers(packed: string, scale: number): Float32Array {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => view.getInt16(2 * i, true) / scale);
}
