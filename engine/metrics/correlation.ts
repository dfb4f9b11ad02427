/** How near scores are to those of people. */
import { DataError } from '../errors';
import { checkPairs } from './references';

/** Pearson's r, -1 to 1. Throws `DataError` for less than two pairs, and where one side is the same everywhere. */
export function pearson(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return correlation('pearson', Array.from(scores), Array.from(labels));
}

/** Spearman's ρ: Pearson's r of ranks; equal numbers share the mean of their ranks. Throws as `pearson`. */
export function spearman(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return correlation('spearman', ranks(scores), ranks(labels));
}

function correlation(where: string, x: readonly number[], y: readonly number[]): number {
  checkPairs(where, x, y);
  if (x.length < 2) throw new DataError(where, `there are ${x.length} pairs`, 'Give at least two.');
  const bad = [...x, ...y].findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new DataError(where, 'some numbers are not finite', 'Leave them out.');
  if ([x, y].some((side) => side.every((value) => value === side[0]))) {
    throw new DataError(where, 'one side is the same everywhere', 'There is nothing to compare.');
  }
  const product = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [a, b] = [centred(x), centred(y)];
  const deviations = Math.sqrt(product(a, a)) * Math.sqrt(product(b, b));
  return Math.min(1, Math.max(-1, product(a, b) / deviations));
}

/** Differences from the mean, over the largest: squares of large numbers are none. */
function centred(list: readonly number[]): number[] {
  const mean = list.reduce((sum, value) => sum + value / list.length, 0);
  const differences = list.map((value) => value - mean);
  const largest = Math.max(...differences.map(Math.abs));
  return differences.map((value) => value / largest);
}

function ranks(values: ArrayLike<number>): number[] {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const out = new Array<number>(values.length).fill(NaN);
  for (let at = 0; at < order.length;) {
    let end = at;
    while (end < order.length && values[order[end]] === values[order[at]]) end++;
    if (end === at) return out; // NaN is equal to nothing: the sum of ranks says so
    for (let k = at; k < end; k++) out[order[k]] = (at + end + 1) / 2;
    at = end;
  }
  return out;
}
