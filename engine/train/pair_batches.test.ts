import { describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import { hash32 } from '../nn/init';
import { PairBatches, type IdPair, type PairBatch } from './pair_batches';
import { pairBuckets } from './pair_shapes';

const [BEGIN, END, PAD] = [1, 2, 0];
const special = { begin: BEGIN, end: END, pad: PAD };
const run = (length: number, first: number) => Array.from({ length }, (_, i) => 3 + ((first + 7 * i) % 1000));
/** Lengths as of short sentences: mean 9, the target's about the source's. */
const sentences = (count: number): IdPair[] =>
  Array.from({ length: count }, (_, i) => {
    const spread = (k: number) => (hash32(k, i) % 1000) / 1000;
    const source = 3 + Math.floor(4 * (spread(1) + spread(2) + spread(3)) + 20 * spread(4) ** 8);
    const target = Math.max(1, Math.round(source * (0.8 + 0.5 * spread(5)) + 2 * spread(6)));
    return { source: run(source, i), target: run(target, 3 * i + 1) };
  });
const epoch = (batches: PairBatches, number = 0): PairBatch[] =>
  Array.from({ length: batches.perEpoch }, (_, i) => batches.at(number * batches.perEpoch + i));
/** The pairs that a batch spells out, by the index that it names. */
const read = (batches: PairBatches, batch: PairBatch): Map<number, IdPair> => {
  const { B, S, T } = batches.shapes[batch.shape];
  const found = new Map<number, IdPair>();
  for (let b = 0; b < B; b++) {
    const source = [...batch.source.subarray(b * S, (b + 1) * S)];
    const ids = [...batch.ids.subarray(b * T, (b + 1) * T)];
    const targets = [...batch.targets.subarray(b * T, (b + 1) * T)];
    const [s, t] = [batch.sourceLengths[b], batch.lengths[b]];
    expect(source.slice(s).every((id) => id === PAD)).toBe(true);
    expect(ids.slice(t).every((id) => id === PAD)).toBe(true);
    expect(targets.slice(t).every((id) => id === IGNORE_INDEX)).toBe(true);
    expect(ids[0]).toBe(BEGIN);
    expect(source[s - 1]).toBe(END);
    if (batch.pairs[b] === IGNORE_INDEX) {
      expect([s, t, targets[0]]).toEqual([1, 1, IGNORE_INDEX]);
      continue;
    }
    expect(targets[t - 1]).toBe(END);
    expect(targets.slice(0, t - 1)).toEqual(ids.slice(1, t));
    found.set(batch.pairs[b], { source: source.slice(0, s - 1), target: ids.slice(1, t) });
  }
  return found;
};

describe('PairBatches', () => {
  test('rows: source and end, begin and target, target and end, padding', () => {
    const pairs = [
      { source: [5, 6], target: [7] },
      { source: [8], target: [9, 10, 11] },
    ];
    const batches = new PairBatches(pairs, { ...special, maxShapes: 1, shuffle: false });
    expect(batches.shapes).toEqual([{ B: 2, S: 3, T: 4 }]);
    expect(batches.at(0)).toEqual({
      shape: 0,
      pairs: Uint32Array.of(0, 1),
      source: Uint32Array.of(5, 6, END, 8, END, PAD),
      sourceLengths: Uint32Array.of(3, 2),
      ids: Uint32Array.of(BEGIN, 7, PAD, PAD, BEGIN, 9, 10, 11),
      targets: Uint32Array.of(7, END, IGNORE_INDEX, IGNORE_INDEX, 9, 10, 11, END),
      lengths: Uint32Array.of(2, 4),
    });
    expect(batches.tokens).toEqual({ source: 5, target: 6, padded: 14 });
    expect(batches.paddingShare).toBeCloseTo(3 / 14, 12);
    const bare = new PairBatches(pairs, { begin: 1, end: 2, sourceEnd: false, maxShapes: 1, shuffle: false });
    expect([...bare.at(0).source]).toEqual([5, 6, 8, END]);
    expect([...bare.at(0).sourceLengths]).toEqual([2, 1]);
  });

  test('every epoch has every pair once, in another order; shapes, tokens and padding are as told', () => {
    const pairs = sentences(5000);
    const batches = new PairBatches(pairs, { ...special, tokens: 1024 });
    for (const number of [0, 1, 7]) {
      const seen = new Map<number, IdPair>();
      let [padded, real] = [0, 0];
      for (const batch of epoch(batches, number)) {
        const { B, S, T } = batches.shapes[batch.shape];
        expect(B * (S + T)).toBeLessThanOrEqual(1024);
        padded += B * (S + T);
        for (const [i, pair] of read(batches, batch)) {
          expect(seen.has(i)).toBe(false);
          seen.set(i, pair);
          real += pair.source.length + pair.target.length + 2;
        }
      }
      expect(seen.size).toBe(5000);
      for (const [i, pair] of seen) expect(pair).toEqual(pairs[i]);
      expect([padded, real]).toEqual([batches.tokens.padded, batches.tokens.source + batches.tokens.target]);
      expect(1 - real / padded).toBeCloseTo(batches.paddingShare, 12);
    }
    expect(batches.paddingShare).toBeLessThan(0.1);
    expect(batches.shapes.length).toBeLessThanOrEqual(16);
    const first = (number: number) => [...batches.at(number * batches.perEpoch).pairs];
    expect(first(0)).not.toEqual(first(1));
  });

  test('a batch follows from the step alone: a resumed run goes on with the same ones', () => {
    const pairs = sentences(600);
    const options = { ...special, tokens: 512, seed: 3 };
    const whole = new PairBatches(pairs, options);
    const steps = Array.from({ length: 3 * whole.perEpoch }, (_, i) => whole.at(i));
    const resumed = new PairBatches(pairs, options);
    for (const step of [
      whole.perEpoch + 2,
      whole.perEpoch + 3,
      2 * whole.perEpoch,
      1,
      3 * whole.perEpoch - 1,
    ]) {
      expect(resumed.at(step)).toEqual(steps[step]);
    }
    expect(resumed.fingerprint).toBe(whole.fingerprint);
    expect(new PairBatches(pairs, { ...options, seed: 4 }).at(0)).not.toEqual(steps[0]);
    expect(new PairBatches(pairs, { ...options, seed: 4 }).fingerprint).not.toBe(whole.fingerprint);
    expect(new PairBatches(pairs.slice(1), options).fingerprint).not.toBe(whole.fingerprint);
    const { begin, ...others } = options;
    expect(new PairBatches(pairs, { ...others, begin }).fingerprint).toBe(whole.fingerprint);
  });

  test('without shuffling all epochs are the same', () => {
    const batches = new PairBatches(sentences(300), { ...special, tokens: 256, shuffle: false });
    expect(epoch(batches, 1)).toEqual(epoch(batches, 0));
  });

  test('long and empty pairs are left out and counted', () => {
    const pairs = [
      { source: [], target: [3] },
      { source: [3], target: [4] },
      { source: run(9, 0), target: [4] },
      { source: run(10, 0), target: [4] },
      { source: [5], target: run(30, 0) },
    ];
    const batches = new PairBatches(pairs, { ...special, maxLength: 10 });
    expect(batches.empty).toEqual({ count: 1, first: 0 });
    expect(batches.tooLong).toEqual({ count: 2, first: 3 });
    expect(
      epoch(batches)
        .flatMap((batch) => [...batch.pairs])
        .sort(),
    ).toEqual([1, 2]);
    expect(() => new PairBatches(pairs.slice(3), { ...special, maxLength: 10 })).toThrow(
      /of 2 pairs, 0 are empty and 2 exceed 10 tokens/,
    );
    expect(() => new PairBatches([], special)).toThrow(DataError);
    expect(() => new PairBatches(pairs, { ...special, tokens: 0 })).toThrow(/tokens is 0/);
    expect(() => new PairBatches(pairs, { ...special, tokens: Infinity })).toThrow(/tokens is Infinity/);
    expect(() => new PairBatches(pairs, { ...special, maxShapes: 0 })).toThrow(/maxShapes is 0/);
    expect(() => batches.at(-1)).toThrow(/step is -1/);
    expect(() => batches.at(0.5)).toThrow(DataError);
  });
});

describe('pairBuckets', () => {
  const buckets = (pairs: readonly IdPair[], maxShapes: number, tokens = 1024, padding = 0) =>
    pairBuckets(
      pairs.map(({ source }) => source.length),
      pairs.map(({ target }) => target.length),
      { tokens, maxShapes, padding },
    );

  test('every pair fits its shape and no smaller one', () => {
    const pairs = sentences(3000);
    const { shapes, bucket } = buckets(pairs, 8);
    expect(shapes.length).toBeLessThanOrEqual(8);
    for (const [i, { source, target }] of pairs.entries()) {
      const fits = shapes.filter(({ S, T }) => S >= source.length && T >= target.length);
      const { S, T } = shapes[bucket[i]];
      expect(S + T).toBe(Math.min(...fits.map((shape) => shape.S + shape.T)));
      expect(fits).toContain(shapes[bucket[i]]);
    }
  });

  test('more shapes, less padding; no more shapes than the share asked for needs', () => {
    const pairs = sentences(20_000);
    const shares = [1, 2, 4, 8, 16].map((maxShapes) => buckets(pairs, maxShapes).paddedTokens);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares[4]).toBeLessThan(0.7 * shares[0]);
    expect(buckets(pairs, 16, 1024, 0.25).shapes.length).toBeLessThan(
      buckets(pairs, 16, 1024, 0.05).shapes.length,
    );
  });

  test('a few clean sizes are found exactly: no padding at all', () => {
    const sizes = [
      [4, 5],
      [9, 7],
      [20, 30],
    ];
    const pairs = Array.from({ length: 3000 }, (_, i) => ({
      source: run(sizes[i % 3][0], i),
      target: run(sizes[i % 3][1], i),
    }));
    const { shapes, paddedTokens } = buckets(pairs, 4, 900);
    expect(shapes).toEqual([
      { B: 100, S: 4, T: 5 },
      { B: 56, S: 9, T: 7 },
      { B: 18, S: 20, T: 30 },
    ]);
    expect(paddedTokens).toBe(100 * 10 * 9 + 56 * 18 * 16 + 18 * 56 * 50);
  });

  test('one pair; a pair beyond the budget is a batch by itself', () => {
    expect(buckets([{ source: run(3, 0), target: run(4, 0) }], 16).shapes).toEqual([{ B: 1, S: 3, T: 4 }]);
    const long = buckets([...sentences(500), { source: run(400, 0), target: run(700, 0) }], 8);
    expect(long.shapes.at(-1)).toEqual({ B: 1, S: 400, T: 700 });
  });
});

describe('with the shapes of other batches', () => {
  const training = new PairBatches(sentences(2000), { ...special, tokens: 512 });

  test('keeps to them, pads within them, and leaves out what none holds', () => {
    const long = { source: run(400, 1), target: run(3, 2) };
    const held = new PairBatches([...sentences(100), long], {
      ...special,
      shapes: training.shapes,
      shuffle: false,
    });
    expect(held.shapes).toEqual(training.shapes);
    expect(held.tooLong).toEqual({ count: 1, first: 100 });
    const found = epoch(held).flatMap((batch) => [...read(held, batch).keys()]);
    expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const rows = epoch(held).reduce(
      (sum, { shape }) => sum + held.shapes[shape].B * (held.shapes[shape].S + held.shapes[shape].T),
      0,
    );
    expect(held.tokens.padded).toBe(rows);
  });

  test('says so when none is left', () => {
    const pairs = [{ source: run(400, 1), target: run(3, 2) }];
    expect(() => new PairBatches(pairs, { ...special, shapes: training.shapes })).toThrow(
      '1 exceed every shape',
    );
  });
});
