import { DataError, expectOptions, expectSeed } from '../errors';
import { fnv1aOfText } from '../hash';
import { hash32 } from '../nn/init';
import { duplicateKey, linkedRows } from './near_duplicates';
import { type TextPair } from './pairs';

/** How many pairs `splitPairs` holds out, and what counts as alike. */
export interface SplitPairsOptions {
  /** For validation: a share below 1, of at least one pair, or a number of pairs (default 0.05). */
  readonly validation?: number;
  /** For the final test: a share below 1, or a number of pairs (default 0). */
  readonly test?: number;
  /** Another seed holds out other pairs (default 0). */
  readonly seed?: number;
  /** What two pairs must not share across parts: their source, or neither source nor target (default 'both'). */
  readonly apart?: 'source' | 'both';
}

/** Pairs in three parts that share no near-duplicates. */
export interface PairSplit<Pair> {
  readonly train: readonly Pair[];
  readonly validation: readonly Pair[];
  readonly test: readonly Pair[];
  /** Sets of near-duplicates, each on one side; as many as pairs when no two are alike. */
  readonly groups: number;
  /** Pairs in the largest of them. */
  readonly largestGroup: number;
}

/** No group takes more of a held-out part than this share (or 8 pairs), as long as others can fill it. */
const LARGEST_SHARE = 1 / 20;

/**
 * Cuts pairs into training, validation and test so that near-duplicates stay together: two pairs whose sources (or
 * whose targets) differ only in case, punctuation, numbers or white space are on one side, and so are all that are
 * linked through others. What is held out follows from the pairs themselves and the seed, not from their order in the
 * file; each part keeps the file's order. Held-out parts are never larger than asked for, and exactly as large
 * unless no group fits the last places. Throws a DataError when nothing would be left for a part.
 */
export function splitPairs<Pair extends TextPair>(
  pairs: readonly Pair[],
  options: SplitPairsOptions = {},
): PairSplit<Pair> {
  const { validation = 0.05, test = 0, seed = 0, apart = 'both' } = options;
  expectOptions('splitPairs', options, { validation, test, seed, apart });
  expectSeed('splitPairs', seed);
  const sizes = [size('test', test, pairs.length), size('validation', validation, pairs.length)];
  if (pairs.length === 0 || sizes[0] + sizes[1] >= pairs.length) {
    throw new DataError(
      'splitPairs',
      `of ${pairs.length} pairs, ${sizes[1]} are to be held out for validation and ${sizes[0]} for the test`,
      'Some must be left for training: use more pairs or smaller parts.',
    );
  }
  const sources = pairs.map(({ source }) => duplicateKey(source));
  const targets = pairs.map(({ target }) => duplicateKey(target));
  const groups = linkedRows(apart === 'both' ? [sources, targets] : [sources]);
  const order = inRandomOrder(groups, sources, targets, seed);
  const part = new Uint8Array(pairs.length); // 0 train, 1 test, 2 validation
  for (const [i, wanted] of sizes.entries()) {
    const taken = fill(order, part, i + 1, wanted);
    if (taken < wanted && taken === 0) {
      throw new DataError(
        'splitPairs',
        `near-duplicates tie ${pairs.length} pairs into ${groups.length} groups, none with at most ${wanted} pairs`,
        'Use more varied pairs or a larger held-out part.',
      );
    }
  }
  const of = (number: number) => pairs.filter((_, i) => part[i] === number);
  const largestGroup = groups.reduce((most, group) => Math.max(most, group.length), 0);
  return { train: of(0), validation: of(2), test: of(1), groups: groups.length, largestGroup };
}

function size(name: string, wanted: number, pairs: number): number {
  if (!(wanted >= 0) || !Number.isFinite(wanted) || (wanted >= 1 && !Number.isInteger(wanted))) {
    const todo = 'Give a share from 0 to below 1, or a whole number of pairs.';
    throw new DataError('splitPairs', `the ${name} part is ${wanted}`, todo);
  }
  return wanted > 0 && wanted < 1 ? Math.max(1, Math.round(wanted * pairs)) : wanted;
}

/** Groups ordered by a hash of their smallest key, so that the order of the file plays no part. */
function inRandomOrder(
  groups: number[][],
  sources: readonly string[],
  targets: readonly string[],
  seed: number,
): number[][] {
  const keyed = groups.map((group) => {
    const keys = group.map((i) => `${sources[i]}\t${targets[i]}`);
    const key = keys.reduce((least, other) => (other < least ? other : least));
    return { group, key, hash: hash32(seed, fnv1aOfText(key)) };
  });
  keyed.sort((a, b) => a.hash - b.hash || (a.key < b.key ? -1 : 1));
  return keyed.map(({ group }) => group);
}

/** Gives groups to a part until it is full; small groups first have their turn. */
function fill(order: readonly number[][], part: Uint8Array, number: number, wanted: number): number {
  let taken = 0;
  const largest = Math.max(8, Math.floor(wanted * LARGEST_SHARE));
  for (const most of [largest, Infinity]) {
    for (const group of order) {
      if (taken === wanted) return taken;
      if (part[group[0]] !== 0 || group.length > Math.min(most, wanted - taken)) continue;
      for (const i of group) part[i] = number;
      taken += group.length;
    }
  }
  return taken;
}
