/** Several arrays of numbers as one. */
export function joined<A extends Float32Array | Uint32Array | Uint8Array>(
  Kind: new (length: number) => A,
  parts: readonly ArrayLike<number>[],
): A {
  const all = new Kind(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
