import { expect, test } from 'vitest';
import { DataError } from '../errors';
import { hash32 } from '../nn/init';
import { duplicateKey } from './near_duplicates';
import { splitPairs, type PairSplit } from './pair_split';
import { type TextPair } from './pairs';

const pair = (source: string, target: string): TextPair => ({ source, target });
const word = (n: number) =>
  Array.from(n.toString(26), (digit) => String.fromCharCode(97 + parseInt(digit, 26))).join('');
/** Pairs with so many sources up to number, case and marks, of which each two share their targets. */
const crowd = (count: number, sources: number): TextPair[] =>
  Array.from({ length: count }, (_, i) => {
    const [a, b] = [hash32(1, i), hash32(2, i)];
    const c = i < sources ? i : a % sources;
    const mark = ['.', '!', '', ' ?'][b % 4];
    return pair(
      `${b & 64 ? 'No' : 'NO'} ${b % 97} ${word(c)}${mark}`,
      `le ${word(c >>> 1)} ${b % 31}${mark}`,
    );
  });
const parts = (split: PairSplit<TextPair>) => [split.train, split.validation, split.test];

test.each([
  ['Hello, World!', 'hello world'],
  ['It costs 1,234.50 €.', 'it costs 7 $'],
  ["L'eau  est\tlà…", 'l’eau est là'],
  ['ＡＢＣ　１２', 'abc 99'],
  ['我们 走 吧。', '我们走吧！'],
])('%s ~ %s', (a, b) => expect(duplicateKey(a)).toBe(duplicateKey(b)));

test('what is no near-duplicate', () => {
  expect(duplicateKey('la')).not.toBe(duplicateKey('là'));
  expect(duplicateKey('Go.')).not.toBe(duplicateKey('Got.'));
  expect([duplicateKey('!?'), duplicateKey('...')]).toEqual(['!?', '...']);
});

test('near-duplicates stay on one side, also through chains', () => {
  const pairs = crowd(4000, 1200);
  for (const apart of ['source', 'both'] as const) {
    const split = splitPairs(pairs, { validation: 0.1, test: 200, apart });
    expect(parts(split).flat().length).toBe(4000);
    expect(split.test.length).toBe(200);
    expect(split.validation.length).toBe(400);
    expect(split.groups).toBe(apart === 'both' ? 600 : 1200);
    for (const side of ['source', 'target'] as const) {
      const keys = parts(split).map((part) => new Set(part.map((p) => duplicateKey(p[side]))));
      const total = new Set(pairs.map((p) => duplicateKey(p[side]))).size;
      const shared = keys.reduce((sum, set) => sum + set.size, 0) - total;
      if (side === 'source' || apart === 'both') expect(shared).toBe(0);
      else expect(shared).toBeGreaterThan(0);
    }
  }
  const chain = [pair('a', '1a'), pair('A!', '2b'), pair('c', '2B.'), pair('d', 'x'), pair('e', 'y')];
  const { groups, largestGroup } = splitPairs(chain, { validation: 1 });
  expect({ groups, largestGroup }).toEqual({ groups: 3, largestGroup: 3 });
});

test('follows from pairs and seed, not from the order; each part keeps the order', () => {
  const pairs = crowd(3000, 2000);
  const names = (list: readonly TextPair[]) => list.map((p) => `${p.source}|${p.target}`).sort();
  const split = splitPairs(pairs, { test: 0.1 });
  expect(splitPairs(pairs, { test: 0.1 })).toEqual(split);
  const reversed = splitPairs([...pairs].reverse(), { test: 0.1 });
  for (const part of ['train', 'validation', 'test'] as const) {
    expect(names(reversed[part])).toEqual(names(split[part]));
    const places = split[part].map((p) => pairs.indexOf(p));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  }
  const other = splitPairs(pairs, { test: 0.1, seed: 1 });
  const common = other.test.filter((p) => split.test.includes(p)).length;
  expect(common).toBeLessThan(0.3 * split.test.length);
});

test('one giant group trains; it neither fills a held-out part nor keeps others out', () => {
  const pairs = [
    ...crowd(500, 400),
    ...Array.from({ length: 90 }, (_, i) => pair(`Giant ${i}`, `t${'z'.repeat(i)}`)),
  ];
  const split = splitPairs(pairs, { validation: 100, test: 95, apart: 'source' });
  expect(split.largestGroup).toBe(90);
  expect([split.validation.length, split.test.length]).toEqual([100, 95]);
  expect(split.train.filter((p) => p.source.startsWith('Giant')).length).toBe(90);
});

test('parts that cannot be', () => {
  const pairs = crowd(50, 50);
  for (const options of [
    { validation: 50 },
    { validation: 0.5, test: 0.5 },
    { validation: -1 },
    { test: 1.5 },
    { test: NaN },
  ]) {
    expect(() => splitPairs(pairs, options)).toThrow(DataError);
  }
  expect(() => splitPairs([])).toThrow(/of 0 pairs/);
  expect(() => splitPairs([pair('a', 'b'), pair('A', 'c'), pair('a.', 'd')], { validation: 1 })).toThrow(
    /tie 3 pairs into 1 groups, none with at most 1 pairs/,
  );
  expect(splitPairs(pairs, { validation: 0 }).train.length).toBe(50);
  expect(splitPairs(pairs.slice(0, 9)).validation).toHaveLength(1); // not none, as 0.05 · 9 rounds to
});
