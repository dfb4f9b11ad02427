/** Probabilities of tokens, from the logits (V) of a place. */

/** Softmax at a temperature, one number at a time. */
export function sharesOf(logits: Float32Array, temperature = 1): (id: number) => number {
  let most = -Infinity;
  for (const x of logits) most = Math.max(most, x);
  let sum = 0;
  for (const x of logits) sum += Math.exp((x - most) / temperature);
  return (id) => Math.exp((logits[id] - most) / temperature) / sum;
}

export interface Likely {
  readonly id: number;
  /** Of all tokens, also of those that are not told. */
  readonly share: number;
}

/** The likeliest `count` tokens, best first, `among` these (default all). */
export function likeliest(
  logits: Float32Array,
  count: number,
  {
    among = logits.keys(),
    temperature = 1,
  }: { readonly among?: Iterable<number>; readonly temperature?: number } = {},
): Likely[] {
  const share = sharesOf(logits, temperature);
  return largest(logits, count, among).map((id) => ({ id, share: share(id) }));
}

/** Where the `count` largest values stand, `among` these (default all), the largest first. */
export function largest(
  values: Float32Array,
  count: number,
  among: Iterable<number> = values.keys(),
): number[] {
  const best: number[] = [];
  for (const id of among) {
    if (best.length === count && values[id] <= values[best[count - 1]]) continue;
    const place = best.findIndex((other) => values[id] > values[other]);
    best.splice(place < 0 ? best.length : place, 0, id);
    best.length = Math.min(best.length, count);
  }
  return best;
}

/** How many equally likely tokens would be as uncertain: e to the entropy of shares, in nats. */
export function choices(shares: Iterable<number>): number {
  let entropy = 0;
  for (const p of shares) if (p > 0) entropy -= p * Math.log(p);
  return Math.exp(entropy);
}
