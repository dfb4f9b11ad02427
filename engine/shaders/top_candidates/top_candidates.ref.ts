export const NONE = 0xffff_ffff;

/** By sorting, in float64: ids and their log-probabilities, `count` a row of V logits; or, where these are `given`, as they are. */
export function topCandidatesRef(
  logits: Float64Array,
  v: number,
  count: number,
  bans: ArrayLike<number>,
  only: ArrayLike<number>,
  given = false,
): { ids: Float64Array; logProbabilities: Float64Array } {
  const n = logits.length / v;
  const m = bans.length / n;
  const ids = new Float64Array(n * count).fill(NONE);
  const logProbabilities = new Float64Array(n * count).fill(-3e38);
  for (let r = 0; r < n; r++) {
    const row = logits.subarray(r * v, (r + 1) * v);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0));
    const banned = new Set(Array.from({ length: m }, (_, i) => bans[r * m + i]));
    const order = [...row.keys()]
      .filter((i) => !banned.has(i) && row[i] > -Infinity)
      .sort((a, b) => row[b] - row[a] || a - b);
    const chosen = only[r] === NONE ? order.slice(0, count) : [only[r]];
    for (const [j, id] of chosen.entries()) {
      ids[r * count + j] = id;
      logProbabilities[r * count + j] = given ? row[id] : row[id] - top - logSum;
    }
  }
  return { ids, logProbabilities };
}
