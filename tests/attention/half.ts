/** The nearest f16 (a half-way case: one of both): rounds to 11 bits (Veltkamp 1968), below 2^-14 to multiples of 2^-24. */
export function half(x: number): number {
  if (Math.abs(x) < 2 ** -14) return x + 1.5 * 2 ** 28 - 1.5 * 2 ** 28;
  const big = x * (2 ** 42 + 1);
  return big - (big - x);
}
