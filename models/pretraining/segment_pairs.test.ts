import { describe, expect, it } from 'vitest';
import { TextBatches } from '../../engine/index';
import { pretraining } from './pretraining';
import { segmentPairs, type SegmentPair } from './segment_pairs';

const [BEGIN, SEPARATOR] = [1, 2];
const marks = { begin: BEGIN, separator: SEPARATOR };
/** A token for each place of a document: 100 · document + place, in sentences of 1 to 7 tokens. */
const documents = Array.from({ length: 9 }, (_, d) => {
  const sentences: number[][] = [];
  for (let at = 0; at < 60;) {
    const length = 1 + ((d * 5 + at * 3) % 7);
    sentences.push(Array.from({ length }, (_, i) => 100 * (d + 1) + at + i));
    at += length;
  }
  return sentences;
});

/** Both segments of a row; fails where it is not marked as it should be. */
function partsOf({ ids, segments }: SegmentPair): [number[], number[]] {
  const all = Array.from(ids);
  const cut = all.indexOf(SEPARATOR);
  expect([all[0], all.at(-1)]).toEqual([BEGIN, SEPARATOR]);
  expect(all.filter((id) => id === SEPARATOR)).toHaveLength(2);
  expect(Array.from(segments)).toEqual(all.map((_, i) => Number(i > cut)));
  return [all.slice(1, cut), all.slice(cut + 1, -1)];
}

const documentOf = (ids: readonly number[]): number => Math.floor(ids[0] / 100);
const isRun = (ids: readonly number[]): boolean => ids.every((id, i) => i === 0 || id === ids[i - 1] + 1);

describe('segment pairs', () => {
  const pairs = segmentPairs(documents, { ...marks, maxLength: 24, passes: 12 });

  it('marks both segments, within the length, each a run of one document', () => {
    for (const pair of pairs) {
      const [first, second] = partsOf(pair);
      expect(pair.ids.length).toBeLessThanOrEqual(24);
      expect(Math.min(first.length, second.length)).toBeGreaterThan(0);
      expect(isRun(first) && isRun(second)).toBe(true);
    }
  });

  it('follows in its document, or stands in another one: about half each', () => {
    for (const pair of pairs) {
      const [first, second] = partsOf(pair);
      expect(documentOf(first) === documentOf(second)).toBe(pair.next === 0);
      if (pair.next === 0) expect(second[0]).toBeGreaterThan(first.at(-1)!);
    }
    const follow = pairs.filter(({ next }) => next === 0).length;
    expect(follow / pairs.length).toBeGreaterThan(0.35);
    expect(follow / pairs.length).toBeLessThan(0.55); // a last sentence alone has nothing that follows
  });

  it('swaps what follows, in one document too', () => {
    const swapped = segmentPairs(documents.slice(0, 1), {
      ...{ ...marks, maxLength: 24, passes: 30, negatives: 'swapped' },
    });
    const orders = swapped.map((pair) => {
      const [first, second] = partsOf(pair);
      expect(second[0] > first[0]).toBe(pair.next === 0);
      return pair.next;
    });
    expect(new Set(orders)).toEqual(new Set([0, 1]));
  });

  it('uses every token where rows are as long as they may be and nothing is cut', () => {
    const sentences = documents.map((document) => document.flat().map((id) => [id]));
    const seen = new Set(
      segmentPairs(sentences, { ...marks, maxLength: 16, short: 0 }).flatMap((pair) => partsOf(pair).flat()),
    );
    for (const id of sentences.flat(2)) expect(seen).toContain(id);
  });

  it('some rows are short, all with short: 1', () => {
    const lengths = (short: number) =>
      segmentPairs(documents, { ...marks, maxLength: 40, short, passes: 4 }).map(({ ids }) => ids.length);
    const mean = (list: readonly number[]) => list.reduce((a, b) => a + b) / list.length;
    expect(mean(lengths(1))).toBeLessThan(0.8 * mean(lengths(0)));
  });

  it('is the same for a seed, and another for another', () => {
    const of = (seed: number) => segmentPairs(documents, { ...marks, maxLength: 24, seed });
    expect(of(3)).toEqual(of(3));
    expect(of(3)).not.toEqual(of(4));
  });

  it('cuts a document of one sentence within, and leaves out a single token, which has no order', () => {
    const swapped = { ...marks, maxLength: 24, negatives: 'swapped' } as const;
    expect(segmentPairs([[[7, 8, 9]]], swapped)).toHaveLength(1);
    expect(segmentPairs([[[7]]], swapped)).toEqual([]);
  });

  it.each([
    [{ maxLength: 4 }, 'maxLength is 4'],
    [{ short: 2 }, 'short is 2'],
    [{ passes: 0 }, 'passes is 0'],
    [{ begin: -1 }, 'begin is -1'],
    [{ negatives: 'random' }, 'negatives'],
    [{ negative: 'other' }, 'negative'],
  ])('refuses %o', (more, message) => {
    expect(() => segmentPairs(documents, { ...marks, maxLength: 24, ...(more as object) })).toThrow(message);
  });

  it('tells which document is empty, and that one is too few', () => {
    const options = { ...marks, maxLength: 24 };
    expect(() => segmentPairs([documents[0], [[], []]], options)).toThrow('document 1 has no tokens');
    expect(() => segmentPairs(documents.slice(0, 1), options)).toThrow('there is one document');
    expect(() => segmentPairs([], options)).toThrow('there are no documents');
  });

  it('become batches with what follows, and nothing to tell in rows without a text', () => {
    const batches = new TextBatches(pairs.slice(0, 5), { pad: 0, tokens: 96, maxLength: 24, maxShapes: 1 });
    const objective = pretraining(batches, { mask: 4, vocabulary: 1100, specials: [0, 1, 2, 4] });
    const { rows } = batches.at(0);
    const { inputs } = objective.feed(batches.at(0));
    const next = Array.from(inputs['next'] as Uint32Array);
    expect(next.slice(0, rows.length)).toEqual(rows.map((row) => row.next));
    const wrong = new TextBatches([{ ...pairs[0], next: 2 as 0 }], { pad: 0 });
    expect(() => pretraining(wrong, { mask: 4, vocabulary: 1100, specials: [0] })).toThrow(
      'next of row 0 is 2',
    );
  });
});
