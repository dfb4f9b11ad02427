/** [norm, scale] over all blocks; [-1, 0] when a number is not finite or at least 2^48. */
export function globalNormRef(blocks: readonly Float64Array[], clip = Infinity): Float64Array {
  if (blocks.some((b) => b.some((x) => !(Math.abs(x) < 2 ** 48)))) return Float64Array.of(-1, 0);
  const norm = Math.sqrt(blocks.reduce((sum, b) => b.reduce((s, x) => s + x * x, sum), 0));
  return Float64Array.of(norm, Math.min(1, clip / (norm + 1e-6)));
}
