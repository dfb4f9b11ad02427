/** What the page computes beside the kernel, to compare: softmax as it is written, in f32, and in float64. */

export interface TwoWays {
  readonly naive: {
    readonly exponentials: readonly number[];
    readonly sum: number;
    readonly shares: readonly number[];
  };
  readonly stable: {
    readonly shifted: readonly number[];
    readonly exponentials: readonly number[];
    readonly sum: number;
  };
}

/** Both ways in f32, number by number as a GPU would; masked entries count as -∞. */
export function twoWays(scaled: ArrayLike<number>, mask: readonly boolean[]): TwoWays {
  const scores = mask.map((takesPart, i) => (takesPart ? scaled[i] : -Infinity));
  const largest = Math.max(...scores);
  const total = (terms: readonly number[]): number => terms.reduce((sum, x) => Math.fround(sum + x), 0);
  const exponentials = scores.map((z) => Math.fround(Math.exp(z)));
  const sum = total(exponentials);
  const shifted = scores.map((z) => (largest === -Infinity ? -Infinity : Math.fround(z - largest)));
  const stable = shifted.map((z) => Math.fround(Math.exp(z)));
  return {
    naive: { exponentials, sum, shares: exponentials.map((x) => Math.fround(x / sum)) },
    stable: { shifted, exponentials: stable, sum: total(stable) },
  };
}

/** Largest difference between the kernel's shares and those of float64 on the same scores. */
export function softmaxError(
  scaled: ArrayLike<number>,
  mask: readonly boolean[],
  shares: ArrayLike<number>,
): number {
  const largest = Math.max(...mask.map((takesPart, i) => (takesPart ? scaled[i] : -Infinity)));
  const exponentials = mask.map((takesPart, i) => (takesPart ? Math.exp(scaled[i] - largest) : 0));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return Math.max(...exponentials.map((x, i) => Math.abs((sum > 0 ? x / sum : 0) - shares[i])));
}

/** Shannon's entropy of shares, in bits. */
export function entropy(shares: ArrayLike<number>): number {
  return Array.from(shares).reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
}
