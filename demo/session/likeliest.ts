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
  const best: number[] = [];
  for (const id of among) {
    if (best.length === count && logits[id] <= logits[best[count - 1]]) continue;
    const place = best.findIndex((other) => logits[id] > logits[other]);
    best.splice(place < 0 ? best.length : place, 0, id);
    best.length = Math.min(best.length, count);
  }
  const share = sharesOf(logits, temperature);
  return best.map((id) => ({ id, share: share(id) }));
}
