const NONE = 0xffff_ffff;

/** Logits (N, V) with the penalties of the ids (N, M) of each row, and their counts. */
export function penalizeRef(
  logits: Float64Array,
  v: number,
  ids: ArrayLike<number>,
  counts: ArrayLike<number>,
  [repetition, presence, frequency]: ArrayLike<number> & Iterable<number>,
): Float64Array {
  const m = ids.length / (logits.length / v);
  const y = logits.slice();
  for (let i = 0; i < ids.length; i++) {
    if (ids[i] === NONE) continue;
    const at = Math.floor(i / m) * v + ids[i];
    const x = logits[at];
    const repeated = x < 0 ? x * repetition : x / repetition;
    y[at] = repeated - frequency * counts[i] - (counts[i] > 0 ? presence : 0);
  }
  return y;
}

/** The lists after one more token in each row. */
export function countTokensRef(
  tokens: ArrayLike<number>,
  ids: Float64Array,
  counts: Float64Array,
): { ids: Float64Array; counts: Float64Array } {
  const m = ids.length / tokens.length;
  const y = { ids: ids.slice(), counts: counts.slice() };
  for (let r = 0; r < tokens.length; r++) {
    const row = [...ids.subarray(r * m, (r + 1) * m)];
    const place = row.findIndex((id) => id === tokens[r] || id === NONE);
    if (place < 0 || tokens[r] === NONE) continue;
    const i = r * m + place;
    y.counts[i] = (ids[i] === NONE ? 0 : counts[i]) + 1;
    y.ids[i] = tokens[r];
  }
  return y;
}

export function logProbabilitiesRef(logits: Float64Array, v: number): Float64Array {
  const y = logits.slice();
  for (let start = 0; start < y.length; start += v) {
    const row = logits.subarray(start, start + v);
    const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const sum = Math.log(row.reduce((all, x) => all + Math.exp(x - top), 0));
    y.set(
      row.map((x) => x - top - sum),
      start,
    );
  }
  return y;
}
