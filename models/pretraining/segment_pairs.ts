import {
  DataError,
  expectOneOf,
  expectOptions,
  expectSeed,
  RandomStream,
  type IdText,
} from '../../engine/index';
import { checkEach, isWhole } from '../option_checks';

/** Two segments of text in one row, between the tokens that mark them. */
export interface SegmentPair extends IdText {
  /** Kind of each token's segment: 0 to the first separator, 1 after it. */
  readonly segments: ArrayLike<number>;
  /** 0: the second segment follows the first in its document. 1: it is from another one, or the two are swapped. */
  readonly next: 0 | 1;
}

/** How `segmentPairs` builds rows. */
export interface SegmentPairOptions {
  /** The id that begins a row: [CLS]. */
  readonly begin: number;
  /** The id that ends each segment: [SEP]. */
  readonly separator: number;
  /** The most tokens of a row, those that mark it included. */
  readonly maxLength: number;
  /**
   * What stands second where it does not follow: 'other', a piece of another document (next-sentence prediction: Devlin et al. 2019), or
   * 'swapped', the first segment after the second (sentence-order prediction: Lan et al. 2020). Default 'other'.
   */
  readonly negatives?: 'other' | 'swapped';
  /** Share of rows that are built to a random shorter length, as texts later are. Default 0.1. */
  readonly short?: number;
  /** Times that each document is cut, differently each time. Default 1. */
  readonly passes?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Tokens that mark a row: one at its begin, one after each segment. */
const MARKS = 3;

/**
 * Rows for pre-training on what follows what, built from any documents: each is a list of sentences, each of these a list of token ids. As in the
 * paper (Devlin et al. 2019, A.2): sentences are joined until a row is full, cut at a random sentence into two segments, and in half of
 * the rows the second does not follow (see `negatives`); what that leaves over is used in the next row. Segments that are too long lose tokens at their begins and
 * ends, at random.
 *
 * Throws `DataError` for documents without tokens, by number, and where there is no other document; `EngineError` for options that cannot be.
 */
export function segmentPairs(
  documents: readonly (readonly ArrayLike<number>[])[],
  options: SegmentPairOptions,
): SegmentPair[] {
  const { begin, separator, maxLength } = options;
  const { negatives = 'other', short = 0.1, passes = 1, seed = 0 } = options;
  const all = { begin, separator, maxLength, negatives, short, passes, seed };
  expectOptions('segmentPairs', options, all);
  expectPairOptions(all);
  const cleaned = documents.map((sentences) => sentences.filter(({ length }) => length > 0));
  const empty = cleaned.findIndex(({ length }) => length === 0);
  if (empty >= 0) throw new DataError('segmentPairs', `document ${empty} has no tokens`, 'Leave it out.');
  if (cleaned.length < 2 && negatives === 'other') {
    const what = `there ${cleaned.length === 1 ? 'is one document' : 'are no documents'}`;
    throw new DataError('segmentPairs', what, "Give two or more, or say negatives: 'swapped'.");
  }
  const rows: SegmentPair[] = [];
  for (let pass = 0; pass < passes; pass++)
    for (const document of cleaned.keys()) {
      const random = new RandomStream(seed, `segments of document ${document}, pass ${pass}`);
      for (const pair of pairsOf(cleaned, document, random, all)) rows.push(rowOf(pair, all));
    }
  return rows;
}

type Settings = Required<SegmentPairOptions>;

interface Pair {
  readonly first: number[];
  readonly second: number[];
  readonly next: 0 | 1;
}

/** The pairs of one document. */
function* pairsOf(
  documents: readonly (readonly ArrayLike<number>[])[],
  number: number,
  random: RandomStream,
  { maxLength, negatives, short }: Settings,
): Generator<Pair> {
  const sentences = documents[number];
  const most = maxLength - MARKS;
  for (let at = 0; at < sentences.length;) {
    const room = random.uniform() < short ? 2 + random.below(most - 1) : most;
    const taken = upTo(sentences, at, room);
    const end = at + taken;
    const follows = taken > 1 && random.uniform() < 0.5;
    if (follows || negatives === 'swapped') {
      const [before, after] = halves(sentences, at, taken, random);
      at = end;
      if (before.length === 0) continue; // a single token has no order
      const swap = taken > 1 ? !follows : random.uniform() < 0.5;
      const pair: Pair = swap
        ? { first: after, second: before, next: 1 }
        : { first: before, second: after, next: 0 };
      yield trimmed(pair, room, random);
    } else {
      const other = (number + 1 + random.below(documents.length - 1)) % documents.length;
      const from = random.below(documents[other].length);
      const cut = at + (taken > 1 ? 1 + random.below(taken - 1) : 1);
      const first = joined(sentences, at, cut);
      const left = Math.max(1, room - first.length);
      const second = joined(documents[other], from, from + upTo(documents[other], from, left));
      yield trimmed({ first, second, next: 1 }, room, random);
      at = cut; // the sentences that were not used
    }
  }
}

/** Sentences cut at a random one; a sentence by itself within, where it has two tokens. */
function halves(
  sentences: readonly ArrayLike<number>[],
  at: number,
  taken: number,
  random: RandomStream,
): [number[], number[]] {
  if (taken > 1) {
    const cut = at + 1 + random.below(taken - 1);
    return [joined(sentences, at, cut), joined(sentences, cut, at + taken)];
  }
  const ids = Array.from(sentences[at]);
  const cut = ids.length > 1 ? 1 + random.below(ids.length - 1) : 0;
  return [ids.slice(0, cut), ids.slice(cut)];
}

/** How many sentences from `at` on reach `room` tokens, the last of them included; at least one. */
function upTo(sentences: readonly ArrayLike<number>[], at: number, room: number): number {
  let count = 0;
  for (let tokens = 0; at + count < sentences.length && tokens < room; count++)
    tokens += sentences[at + count].length;
  return count;
}

const joined = (sentences: readonly ArrayLike<number>[], from: number, to: number): number[] =>
  sentences.slice(from, to).flatMap((ids) => Array.from(ids));

/** The longer segment loses a token at its begin or its end until both fit. */
function trimmed({ first, second, next }: Pair, room: number, random: RandomStream): Pair {
  const bounds = [first, second].map(({ length }) => ({ from: 0, to: length }));
  const size = ({ from, to }: { from: number; to: number }): number => to - from;
  const [a, b] = bounds;
  while (size(a) + size(b) > room) {
    const longer = size(a) > size(b) ? a : b;
    if (random.uniform() < 0.5) longer.from++;
    else longer.to--;
  }
  return { first: first.slice(a.from, a.to), second: second.slice(b.from, b.to), next };
}

function rowOf({ first, second, next }: Pair, { begin, separator }: Settings): SegmentPair {
  const ids = Uint32Array.from([begin, ...first, separator, ...second, separator]);
  return { ids, segments: new Uint8Array(ids.length).fill(1, first.length + 2), next };
}

function expectPairOptions(options: Settings): void {
  const { begin, separator, maxLength, negatives, short, passes, seed } = options;
  const least = MARKS + 2;
  expectOneOf('segmentPairs', 'negatives', negatives, ['other', 'swapped']);
  expectSeed('segmentPairs', seed);
  checkEach('segmentPairs', [
    ['begin', begin, isWhole(begin, 0), 'Give the id of a token.'],
    ['separator', separator, isWhole(separator, 0), 'Give the id of a token.'],
    ['maxLength', maxLength, isWhole(maxLength, least), `Use at least ${least}: three marks, a token each.`],
    ['short', short, short >= 0 && short <= 1, 'Use a share from 0 to 1.'],
    ['passes', passes, isWhole(passes, 1), 'Use a whole number of at least 1.'],
  ]);
}
