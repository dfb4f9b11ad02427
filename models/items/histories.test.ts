import { describe, expect, test } from 'vitest';
import { readTable } from '../finetune/table';
import { MarkovChain, Popularity } from './baselines';
import { historiesOf, leaveOneOut, type HistoryColumns, type HistoryOptions } from './histories';
import { itemRows } from './next_item';
import { judgeScorer } from './recommender';

const columns: HistoryColumns = { user: 'who', item: 'what', time: 'when' };
const of = async (rows: string, options?: HistoryOptions, asked = columns) =>
  historiesOf(await readTable(`who,what,when\n${rows}`, { name: 'shop.csv' }), asked, options);

describe('histories of a table', () => {
  test('are sorted by time, equals as they stand, users and items by their first rows', async () => {
    const found = await of('b,tea,3\na,milk,20\nb,milk,1\na,tea,9\nb,bread,3\n');
    expect(found.users).toEqual(['b', 'a']);
    expect(found.items).toEqual(['tea', 'milk', 'bread']);
    expect(found.sequences.map((own) => [...own])).toEqual([
      [2, 1, 3],
      [1, 2],
    ]);
    expect(found.left).toEqual({ users: 0, items: 0, rows: 0 });
  });

  test('take dates, with and without a time, and say which rows they cannot use', async () => {
    const rows =
      'a,x,2024-03-02\na,y,2024-03-01T10:00:00Z\na,,2024-03-01\n,x,2024-03-01\na,z,soon\na,z,\na,z,Infinity\n';
    const found = await of(rows);
    expect(found.items).toEqual(['x', 'y']);
    expect([...found.sequences[0]]).toEqual([2, 1]);
    expect(found.skipped).toEqual([
      { number: 4, reason: 'what is empty' },
      { number: 5, reason: 'who is empty' },
      { number: 6, reason: 'when is neither a number nor a date: soon' },
      { number: 7, reason: 'when is empty' },
      { number: 8, reason: 'when is neither a number nor a date: Infinity' },
    ]);
  });

  test('tell times apart that numbers of JavaScript cannot, and take dates without a zone as UTC', async () => {
    const long = await of('a,x,1700000000000000002\na,y,1700000000000000001\na,z,17e17\n');
    expect([...long.sequences[0]]).toEqual([3, 2, 1]);
    const dates = await of('a,x,2024-03-01 10:00\na,y,2024-03-01T09:59:59Z\na,z,2024-03-01T12:00:00+03:00\n');
    expect([...dates.sequences[0]]).toEqual([3, 2, 1]);
    const odd = await of('a,x,0x10\na,y,2024-13-01\na,z,1\n');
    expect(odd.skipped.map(({ number }) => number)).toEqual([2, 3]);
  });

  test('refuse numbers and dates in one column, whose order nobody knows', async () => {
    await expect(of('a,x,2024-03-01\na,y,1700000000\n')).rejects.toThrow(
      'shop.csv: when holds dates (row 2) and numbers (row 3). Write all of them in one way',
    );
  });

  test('without a time stand in the order of rows', async () => {
    const found = await of('a,x,3\na,y,2\na,z,1\n', {}, { user: 'who', item: 'what' });
    expect([...found.sequences[0]]).toEqual([1, 2, 3]);
  });

  test('leave rare items and short histories out, until nothing changes', async () => {
    // Without z, b has one item; without b, y has one user.
    const rows = 'a,x,1\na,y,2\na,w,3\nb,y,1\nb,z,2\nc,x,1\nc,w,2\n';
    const found = await of(rows, { fewestUsers: 2, fewestItems: 2 });
    expect(found.users).toEqual(['a', 'c']);
    expect(found.items).toEqual(['x', 'w']);
    expect(found.left).toEqual({ users: 1, items: 2, rows: 3 });
  });

  test.each([
    ['user', { user: 'whom', item: 'what' }, /no column "whom"/],
    ['twice', { user: 'who', item: 'who' }, /one column/],
    ['other', { user: 'who', item: 'what', date: 'when' }, /date/],
  ])('refuse columns: %s', async (_, asked, words) => {
    await expect(of('a,x,1\n', {}, asked as HistoryColumns)).rejects.toThrow(words);
  });

  test('refuse options that cannot be, and to leave nothing', async () => {
    await expect(of('a,x,1\n', { fewestItems: 0 })).rejects.toThrow(/fewestItems is 0/);
    await expect(of('a,x,1\n', { fewestItems: 2 })).rejects.toThrow(/no choice is left of 1 rows/);
    await expect(of('a,x,soon\n')).rejects.toThrow(/no choice is left of 1 rows; row 2: when is neither/);
  });
});

describe('leaveOneOut', () => {
  test('keeps the last for the test, the one before for validation; short histories only teach', () => {
    const sequences = [Uint32Array.of(1, 2, 3, 4), Uint32Array.of(2), Uint32Array.of(3, 1)];
    const { training, validation, test: cases } = leaveOneOut({ name: 'shop', sequences });
    expect(training.map((own) => [...own])).toEqual([[1, 2], [2], [3, 1]]);
    expect(validation).toEqual([{ user: 0, before: Uint32Array.of(1, 2), next: 3 }]);
    expect(cases).toEqual([{ user: 0, before: Uint32Array.of(1, 2, 3), next: 4 }]);
  });

  test('refuses histories of which none is long enough', () => {
    expect(() => leaveOneOut({ name: 'shop', sequences: [Uint32Array.of(1, 2)] })).toThrow(
      /the longest history has 2 items/,
    );
  });
});

describe('itemRows', () => {
  const told = (history: number[], context: number) =>
    itemRows([Uint32Array.from(history)], context).map(({ ids, next }) => [Array.from(ids), [...next]]);

  test('tell every item but the first once, in pieces that a model can read', () => {
    expect(told([1, 2, 3], 5)).toEqual([
      [
        [1, 2],
        [2, 3],
      ],
    ]);
    expect(told([1, 2, 3, 4, 5, 6], 2)).toEqual([
      [[1], [2]],
      [
        [2, 3],
        [3, 4],
      ],
      [
        [4, 5],
        [5, 6],
      ],
    ]);
    expect(told([1], 5)).toEqual([]);
  });
});

describe('what has to be beaten', () => {
  const histories = [
    [1, 2, 3],
    [1, 2, 4],
    [1, 3],
  ];
  const cases = [{ user: 0, before: Uint32Array.of(2, 1), next: 3 }];

  test('popularity counts choices', () => {
    expect([...new Popularity(histories, 5).score()]).toEqual([3, 2, 2, 1, 0]);
    // Items 1 and 2 are seen; 3 is before 4 and 5.
    expect(judgeScorer(new Popularity(histories, 5), cases, { k: 1 })).toEqual({
      ...{ hitRate: 1, ndcg: 1, mrr: 1, cases: 1 },
    });
    const all = judgeScorer(new Popularity(histories, 5), cases, { k: 3, seen: 'again' });
    expect(all.mrr).toBe(1 / 3); // behind 1, and behind 2, which is as popular
    // Equal scores share the gain of their places.
    expect(all.ndcg).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(4)) / 2, 12);
  });

  test('a Markov chain counts what followed, then what is popular', () => {
    const chain = new MarkovChain(histories, 5);
    const order = (scores: Float64Array) => [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
    expect(order(chain.score([2, 1])).map((k) => k + 1)).toEqual([2, 3, 1, 4, 5]);
    expect(order(chain.score([5])).map((k) => k + 1)).toEqual([1, 2, 3, 4, 5]);
    expect([...chain.score([])]).toEqual([...chain.score([5])]);
  });

  test('what was chosen again stays a candidate where it is what came next', () => {
    const again = [{ user: 0, before: Uint32Array.of(1, 2), next: 1 }];
    expect(judgeScorer(new Popularity(histories, 5), again, { k: 1 }).hitRate).toBe(1);
  });

  test('refuses what is no item, and options that cannot be', () => {
    expect(() => new Popularity([[0]], 5)).toThrow(/item 0 of a history is 0.*1 to 5/s);
    expect(() => new MarkovChain([[6]], 5)).toThrow(/is 6/);
    expect(() => new Popularity([], 0)).toThrow(/items is 0/);
    expect(() => judgeScorer(new Popularity(histories, 5), cases, { seen: 'never' as 'out' })).toThrow(
      /seen is never/,
    );
    expect(() => judgeScorer(new Popularity(histories, 5), [])).toThrow(/queries/);
    expect(() => judgeScorer(new Popularity(histories, 5), [{ ...cases[0], next: 6 }])).toThrow(
      /what came next is 6.*1 to 5/s,
    );
  });
});
