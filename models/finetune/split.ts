/** What is learnt from and what is held out: stratified by class, near-duplicates on one side. */
import { duplicateKey, linkedRows } from '../../engine/data';
import { DataError, expectOptions, expectSeed, fnv1aOfText, RandomStream } from '../../engine/index';

/** An example of any task. */
type Example = Readonly<Record<string, unknown>>;

/** What examples are chosen by. */
export interface SplitOptions {
  /** Another seed holds out other examples. Default 0. */
  readonly seed?: number;
  /** Names of classes, for messages. Default: their numbers. */
  readonly labels?: readonly string[];
}

/** How many examples `holdOut` holds out. */
export interface HoldOutOptions extends SplitOptions {
  /** A share below 1. Default 0.2. */
  readonly share?: number;
}

/** Examples to train on, and others to judge by. */
export interface Split<E> {
  readonly training: readonly E[];
  readonly held: readonly E[];
  /** Examples that are like others, but for numbers, marks and some of their words: all of a group are on one side. */
  readonly alike: number;
}

/**
 * Holds out a share of the examples. Classes have the same shares on both sides, as far as near-duplicates allow: texts that are alike
 * but for numbers, marks and spaces, or share six in ten of their runs of five words, and questions about one text are on one side. What is
 * held out follows from the examples and the seed, not from their order.
 *
 * Throws `DataError` where one side would have none, or lack a class.
 */
export function holdOut<E extends object>(examples: readonly E[], options: HoldOutOptions = {}): Split<E> {
  const { share = 0.2, seed = 0, labels } = options;
  expectOptions('holdOut', options, { share, seed, labels });
  expectSeed('holdOut', seed);
  if (!(share > 0 && share < 1))
    throw new DataError('holdOut', `share is ${share}`, 'Use one above 0 and below 1.');
  const { groups, strata, alike } = grouped(examples, seed);
  const wanted = new Map<string, number>();
  for (const one of strata) wanted.set(one, (wanted.get(one) ?? 0) + share);
  const left = new Map([...wanted].map(([one, n]) => [one, Math.max(1, Math.round(n))]));
  const held = new Set<number>();
  for (const group of groups) {
    const room = left.get(strata[group[0]])!;
    if (group.length > room) continue;
    left.set(strata[group[0]], room - group.length);
    for (const i of group) held.add(i);
  }
  const split = {
    training: examples.filter((_, i) => !held.has(i)),
    held: examples.filter((_, i) => held.has(i)),
    alike,
  };
  for (const [stratum, n] of wanted) {
    const count = Math.round(n / share);
    const inHeld = [...held].filter((i) => strata[i] === stratum).length;
    if (inHeld > 0 && inHeld < count) continue;
    const what =
      stratum === ''
        ? 'of its examples'
        : `of ${classOf(stratum, labels)}, which has ${count}, near-duplicates as one`;
    const told = inHeld === 0 ? `nothing can be held out ${what}` : `all would be held out ${what}`;
    throw new DataError('holdOut', told, 'Give more examples that differ.');
  }
  return split;
}

/**
 * Cuts examples into folds, each of which is held out once. As `holdOut`. Throws `DataError` for a class with fewer examples that differ than
 * there are folds.
 */
export function folds<E extends object>(
  examples: readonly E[],
  options: SplitOptions & { readonly count: number },
): Split<E>[] {
  const { count, seed = 0, labels } = options;
  expectOptions('folds', options, { count, seed, labels });
  expectSeed('folds', seed);
  if (!Number.isInteger(count) || count < 2)
    throw new DataError('folds', `count is ${count}`, 'Use a whole number of at least 2.');
  const { groups, strata, alike } = grouped(examples, seed);
  const sizes = new Map<string, number[]>();
  const foldOf = new Uint32Array(examples.length);
  for (const group of [...groups].sort((a, b) => b.length - a.length)) {
    const own = sizes.get(strata[group[0]]) ?? new Array<number>(count).fill(0);
    const fold = own.indexOf(Math.min(...own));
    own[fold] += group.length;
    sizes.set(strata[group[0]], own);
    for (const i of group) foldOf[i] = fold;
  }
  // A group may hold several classes, of which only one has told where it goes.
  for (const stratum of new Set(strata)) {
    const ones = groups.filter((group) => group.some((i) => strata[i] === stratum));
    const filled = new Set(strata.flatMap((one, i) => (one === stratum ? [foldOf[i]] : []))).size;
    if (filled === count) continue;
    const what =
      stratum === ''
        ? `${ones.length} examples that differ`
        : `${classOf(stratum, labels)} has ${ones.length} examples that differ`;
    const some = ones.length < count ? '' : `, which come to lie in ${filled}`;
    throw new DataError(
      'folds',
      `${what}, for ${count} folds${some}`,
      'Use fewer folds, or give more examples.',
    );
  }
  return Array.from({ length: count }, (_, fold) => ({
    training: examples.filter((_, i) => foldOf[i] !== fold),
    held: examples.filter((_, i) => foldOf[i] === fold),
    alike,
  }));
}

const classOf = (stratum: string, labels: readonly string[] | undefined): string => {
  const label = labels?.[Number(stratum)];
  return label === undefined ? `class ${stratum}` : `class "${label}"`;
};

/** Groups of near-duplicates in random order, and what each example is counted with. */
function grouped(examples: readonly object[], seed: number) {
  if (examples.length < 2) {
    throw new DataError('split', `there are ${examples.length} examples`, 'Give more: some are held out.');
  }
  const list = examples as readonly Example[];
  const texts = list.map(textOf);
  const contexts = list.map(({ context }) => (typeof context === 'string' ? context : null));
  const keys = texts.map(duplicateKey);
  const groups = linkedRows([keys, contexts, ...shingleKeys(texts)]);
  const key = (group: readonly number[]): string =>
    group.reduce((least, i) => (keys[i] < least ? keys[i] : least), keys[group[0]]);
  const order = new Map(groups.map((group) => [group, new RandomStream(seed, key(group)).uniform()]));
  groups.sort((a, b) => order.get(a)! - order.get(b)!);
  const alike = groups.reduce((sum, { length }) => sum + (length > 1 ? length : 0), 0);
  return { groups, alike, strata: strataOf(list) };
}

/** A question counts with its text: the same may be asked about each of many. */
function textOf({ text, pair, words, question, context }: Example): string {
  if (Array.isArray(words)) return words.join(' ');
  return [text ?? question, pair ?? context].filter((one) => typeof one === 'string').join('\n');
}

/** Class of each example; of numbers the fifth that each is in; '' where there is neither. */
function strataOf(list: readonly Example[]): string[] {
  if (typeof list[0].score === 'number') {
    const order = list.map((_, i) => i).sort((a, b) => Number(list[a].score) - Number(list[b].score));
    const strata = new Array<string>(list.length);
    const fifths = Math.min(5, Math.floor(list.length / 4)) || 1;
    order.forEach(
      (i, rank) => (strata[i] = fifths === 1 ? '' : `fifth ${Math.floor((rank * fifths) / list.length) + 1}`),
    );
    return strata;
  }
  // Of several labels the rarest tells: frequent ones are on both sides by themselves.
  const counts = new Map<unknown, number>();
  for (const { label } of list) for (const one of [label].flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
  return list.map(({ label }) => {
    if (typeof label === 'number') return String(label);
    if (!Array.isArray(label)) return '';
    const all = label as readonly number[];
    const rarest = all.reduce((least, one) => (counts.get(one)! < counts.get(least)! ? one : least), all[0]);
    return all.length === 0 || counts.get(rarest)! < 2 ? '' : String(rarest);
  });
}

/** Words of a shingle; what two texts must share of theirs to be alike. */
const [SHINGLE, LIKENESS] = [5, 0.6];
/** Hashes of each text, least of all shingles': so many bands of so many, of which one has to agree. */
const [BANDS, ROWS] = [10, 3];

/**
 * Keys of texts that share most of their words in order (Broder 1997, with bands as in Leskovec et al. 2014, chapter 3), one list for each
 * band. A text has the key of the first that agrees in a band and proves to be alike, or its own.
 */
function shingleKeys(texts: readonly string[]): (string | null)[][] {
  const shingles = texts.map(shinglesOf);
  const bands: (string | null)[][] = Array.from({ length: BANDS }, () => []);
  const seeds = Array.from({ length: BANDS * ROWS }, (_, k) => Math.imul(k + 1, 0x9e3779b1) >>> 0);
  const firsts = bands.map(() => new Map<string, number>());
  for (const [i, own] of shingles.entries()) {
    const least = seeds.map((seed) => {
      let best = 0xffffffff;
      for (const hash of own) best = Math.min(best, mixed(hash ^ seed));
      return best;
    });
    for (const [b, keys] of bands.entries()) {
      if (own.size === 0) {
        keys.push(null);
        continue;
      }
      const band = least.slice(b * ROWS, (b + 1) * ROWS).join(' ');
      const first = firsts[b].get(band);
      if (first === undefined) firsts[b].set(band, i);
      keys.push(
        first !== undefined && likeness(shingles[first], own) >= LIKENESS ? String(first) : String(i),
      );
    }
  }
  return bands;
}

/** Hashes of all runs of five words; none of a text that has fewer than twelve. */
function shinglesOf(text: string): ReadonlySet<number> {
  const words = text.toLowerCase().match(/[\p{L}\p{M}]+/gu) ?? [];
  if (words.length < 12) return new Set();
  return new Set(words.slice(SHINGLE - 1).map((_, i) => fnv1aOfText(words.slice(i, i + SHINGLE).join(' '))));
}

/** Jaccard's: what both have, of what either has. */
function likeness(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let both = 0;
  for (const hash of a) if (b.has(hash)) both++;
  return both / (a.size + b.size - both);
}

/** Murmur3's finalizer. */
function mixed(hash: number): number {
  let h = hash >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
