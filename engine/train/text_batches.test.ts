import { describe, expect, it } from 'vitest';
import { IGNORE_INDEX } from '../graph/plan';
import { classify, tag } from './classes';
import { lengthBuckets } from './length_buckets';
import { hideTokens, maskedToken } from './masked_token';
import { regress } from './regress';
import { span } from './span';
import { TextBatches, type IdText } from './text_batches';

const text = (length: number, first = 5): IdText => ({
  ids: Uint32Array.from({ length }, (_, t) => first + t),
});
const texts = Array.from({ length: 97 }, (_, i) => text(1 + ((i * 7) % 23), i));

describe('lengths', () => {
  it('are put in the shapes with the least padding', () => {
    const lengths = Array.from({ length: 60 }, (_, i) => 1 + ((i * i) % 17));
    /** By trying every choice of up to three lengths. */
    const least = (count: number): number => {
      const found = [...new Set(lengths)].sort((a, b) => a - b);
      const most = found.at(-1)!;
      let best = Infinity;
      const choose = (from: number, chosen: number[]): void => {
        const all = [...chosen, most];
        const cost = lengths.reduce((sum, n) => sum + Math.min(...all.filter((T) => T >= n)), 0);
        best = Math.min(best, cost);
        if (chosen.length < count - 1)
          for (let k = from; k < found.length - 1; k++) choose(k + 1, [...chosen, found[k]]);
      };
      choose(0, []);
      return best;
    };
    for (const maxShapes of [1, 2, 3]) {
      const { shapes, bucket } = lengthBuckets(lengths, { tokens: 1e9, maxShapes, padding: 0 });
      expect(shapes).toHaveLength(maxShapes);
      expect(bucket.reduce((sum, k) => sum + shapes[k].T, 0)).toBe(least(maxShapes));
      expect(lengths.every((n, i) => n <= shapes[bucket[i]].T)).toBe(true);
    }
    // No more shapes than it takes.
    expect(lengthBuckets(lengths, { tokens: 64, maxShapes: 9, padding: 1 }).shapes).toHaveLength(1);
  });
});

describe('batches of texts', () => {
  const batches = new TextBatches(texts, { pad: 0, tokens: 60, maxShapes: 5, seed: 3 });
  const epoch = (number: number): IdText[] =>
    Array.from({ length: batches.perEpoch }, (_, k) => batches.at(number * batches.perEpoch + k)).flatMap(
      ({ rows }) => rows,
    );

  it('have every text once in an epoch, in another order each time, and are the same when asked again', () => {
    for (const number of [0, 1]) {
      expect(new Set(epoch(number))).toEqual(new Set(texts));
      expect(epoch(number)).toHaveLength(texts.length);
    }
    expect(epoch(0)).not.toEqual(epoch(1));
    expect(batches.at(5)).toEqual(batches.at(5));
    expect(batches.paddingShare).toBeLessThan(0.2);
    const { shape, rows, ids, lengths } = batches.at(2);
    const { B, T } = batches.shapes[shape];
    expect([ids.length, lengths.length]).toEqual([B * T, B]);
    expect(B * T).toBeLessThanOrEqual(60);
    for (const [b, row] of rows.entries()) {
      expect([...ids.subarray(b * T, (b + 1) * T)]).toEqual([
        ...Array.from(row.ids),
        ...Array<number>(T - row.ids.length).fill(0),
      ]);
    }
  });

  it('are known by their texts, labels and options', () => {
    const of = (rows: readonly (IdText & { label?: number })[], options = {}) =>
      new TextBatches(rows, { pad: 0, ...options }).fingerprint;
    const rows = texts.map((row, label) => ({ ...row, label }));
    const all = [of(texts), of(texts, { seed: 1 }), of(texts.slice(1)), of(rows), of([...rows].reverse())];
    expect(new Set(all).size).toBe(all.length);
    expect(of(rows)).toBe(of(rows.map((row) => ({ ...row }))));
  });

  it('refuse, drop or cut what is too long, and say which row is wrong', () => {
    const rows = [text(3), text(9), text(4)];
    expect(() => new TextBatches(rows, { pad: 0, maxLength: 5 })).toThrow(
      'TextBatches: row 1 has 9 tokens of at most 5. Split it, raise maxLength',
    );
    const dropped = new TextBatches(rows, { pad: 0, maxLength: 5, long: 'drop' });
    expect([dropped.numbers, dropped.dropped]).toEqual([[0, 2], { count: 1, first: 1 }]);
    const cut = new TextBatches(rows, { pad: 0, maxLength: 5, long: 'cut' });
    expect(cut.shapes.at(-1)!.T).toBe(5);
    for (const [bad, message] of [
      [{ ids: [] }, 'row 1 has no tokens'],
      [{ ids: [1, -2] }, 'row 1 holds -2 at token 1'],
      [{ ids: [1, 2], segments: [0] }, 'row 1 has 1 segments of 2 tokens'],
    ] as const) {
      expect(() => new TextBatches([text(2), bad], { pad: 0 })).toThrow(message);
    }
    expect(() => new TextBatches(rows, { pad: 0.5 })).toThrow('pad is 0.5');
    expect(() => new TextBatches(rows, { pad: 0, tokens: NaN })).toThrow('tokens is NaN');
    expect(() => batches.at(-1)).toThrow('step is -1');
  });
});

describe('labels', () => {
  const with_ = <R extends object>(row: R) =>
    new TextBatches([text(3), { ...text(4), ...row }].slice(1) as (IdText & R)[], { pad: 0 });

  it('are counted, and padding and missing rows are none', () => {
    const tagged = new TextBatches(
      [3, 4, 5].map((n) => ({ ...text(n), tags: [1, IGNORE_INDEX, 0, 1, 1].slice(0, n) })),
      { pad: 0, maxShapes: 1, tokens: 10 },
    );
    const feeds = [0, 1].map((k) => tag(tagged, { classes: 2 }).feed(tagged.at(k)));
    expect(feeds.reduce((sum, { labels }) => sum + labels, 0)).toBe(2 + 3 + 4);
    expect(feeds.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(12);
    const weighted = [0, 1].map((k) => tag(tagged, { classes: 2, weights: [10, 0.5] }).feed(tagged.at(k)));
    expect(weighted.reduce((sum, { labels }) => sum + labels, 0)).toBe(3 * 10 + 6 * 0.5);
    const short = { ...tagged.at(0), ids: new Uint32Array(3) };
    expect(() => tag(tagged, { classes: 2 }).feed(short)).toThrow('Make all batches with the same shapes');
  });

  it('that cannot be are refused with their rows', () => {
    for (const [make, message] of [
      [
        () => classify(with_({ label: 3 }), { classes: 3 }),
        'classify: label of row 0 is 3. Give a class, from 0 to 2.',
      ],
      [() => classify(with_({ label: [0] }), { classes: 3 }), 'row 0 has a list of labels. Give a number'],
      [
        () => classify(with_({ label: 1 }), { classes: 3, multiLabel: true }),
        'row 0 has label 1. Give a list.',
      ],
      [() => classify(with_({ label: 1 }), { classes: 2, weights: [1] }), 'weights is [1]. Give 2 numbers'],
      [() => classify(with_({ label: 1 }), { classes: 2, smoothing: 1 }), 'smoothing is 1.'],
      [() => classify(with_({ label: 1 }), { classes: 2, positiveWeights: [1, 1] }), 'without multiLabel'],
      [() => tag(with_({ tags: [0] }), { classes: 2 }), 'tag: row 0 has 1 tags of 4 tokens'],
      [() => tag(with_({ tags: [0, 1, 2, 0] }), { classes: 2 }), 'tag 2 of row 0 is 2'],
      [() => span(with_({ start: 2, end: 4 })), 'the answer of row 0 is from 2 to 4 of 4 tokens'],
      [() => span(with_({ start: 2, end: 1 })), 'the answer of row 0 is from 2 to 1'],
      [() => regress(with_({ score: NaN })), 'the score of row 0 is NaN. Give a finite number.'],
      [() => regress(with_({ score: [1, 2] }), { numbers: 3 }), 'Give 3 finite numbers.'],
    ] as const) {
      expect(make).toThrow(message);
    }
  });
});

describe('hidden tokens', () => {
  const [mask, vocabulary] = [4, 1000];
  const specials = new Set([0, 1, 2]);
  const rows = Array.from({ length: 64 }, (_, i) => ({
    ids: [1, ...Array.from({ length: 100 }, (_, t) => 10 + ((i * 31 + t * 17) % 900)), 2],
  }));
  const batches = new TextBatches(rows, { pad: 0, tokens: 64 * 102 });
  const options = { mask, vocabulary, specials, probability: 0.15, continues: null, seed: 7 };

  it('are 15 % of what is no special, 80 % masks, 10 % other tokens and 10 % themselves', () => {
    const batch = batches.at(0);
    const { ids, labels, count } = hideTokens(batch, options);
    expect(count).toBe(64 * 15);
    const told = [...labels.keys()].filter((i) => labels[i] !== IGNORE_INDEX);
    expect(told).toHaveLength(count);
    for (const i of told) expect(labels[i]).toBe(batch.ids[i]);
    expect(told.some((i) => specials.has(labels[i]))).toBe(false);
    for (const i of ids.keys()) if (labels[i] === IGNORE_INDEX) expect(ids[i]).toBe(batch.ids[i]);
    const share = (test: (i: number) => boolean): number => told.filter(test).length / count;
    // Six standard deviations.
    expect(Math.abs(share((i) => ids[i] === mask) - 0.8)).toBeLessThan(6 * Math.sqrt(0.16 / count));
    expect(Math.abs(share((i) => ids[i] === labels[i]) - 0.1)).toBeLessThan(6 * Math.sqrt(0.09 / count));
  });

  it('are a function of the step and the seed', () => {
    const first = hideTokens(batches.at(0), options);
    expect(hideTokens(batches.at(0), options)).toEqual(first);
    expect(hideTokens({ ...batches.at(0), step: 1 }, options).labels).not.toEqual(first.labels);
    expect(hideTokens(batches.at(0), { ...options, seed: 8 }).labels).not.toEqual(first.labels);
  });

  it('are whole words where that is asked for', () => {
    const continues = (id: number): boolean => id % 3 === 0;
    const batch = batches.at(0);
    const { labels, count } = hideTokens(batch, { ...options, continues });
    expect(count).toBeGreaterThan(64 * 12);
    for (let b = 0; b < batch.rows.length; b++) {
      for (let i = b * 102 + 2; i < b * 102 + 101; i++) {
        const joined = continues(batch.ids[i]);
        if (joined) expect(labels[i] === IGNORE_INDEX).toBe(labels[i - 1] === IGNORE_INDEX);
      }
    }
    // One word in any case, even where it is longer than the share.
    const long = new TextBatches([{ ids: [1, 5, 9, 9, 9, 2] }], { pad: 0 });
    expect(hideTokens(long.at(0), { ...options, continues: (id) => id === 9 }).count).toBe(4);
    const none = new TextBatches([{ ids: [1, 2] }], { pad: 0 });
    expect(maskedToken(none, { mask, vocabulary, specials }).feed(none.at(0)).labels).toBe(0);
  });

  it('refuse options that cannot be', () => {
    const make = (more: object) => () => maskedToken(batches, { mask, vocabulary, specials, ...more });
    expect(make({ mask: 1000 })).toThrow('mask is 1000');
    expect(make({ probability: 0 })).toThrow('probability is 0');
    expect(make({ seed: 0.5 })).toThrow('seed is 0.5');
    expect(make({ wholeWords: true })).toThrow('there is no option "wholeWords"');
  });
});
