import { expect, it } from 'vitest';
import { IGNORE_INDEX } from '../graph/plan';
import { nextToken } from './objective';
import { pairs } from './pairs';
import { PairBatches } from './pair_batches';

it('the next token: a batch weighs as many labels as it has', () => {
  const targets = Uint32Array.of(1, IGNORE_INDEX, 2, 3, IGNORE_INDEX, IGNORE_INDEX);
  const feed = nextToken({ batch: 2, length: 3 }).feed({ ids: new Uint32Array(6), targets });
  expect([feed.labels, feed.tokens]).toEqual([3, 6]);
});

it('pairs: batches of other shapes are refused, also of ones that training does not have', () => {
  const pair = (n: number) => ({
    source: new Array<number>(n).fill(3),
    target: new Array<number>(n).fill(4),
  });
  const training = new PairBatches([pair(3), pair(3)], { begin: 1, end: 2 });
  const objective = pairs(training);
  const batch = training.at(0);
  const want = /Make all batches with the same shapes/;
  expect(() => objective.feed({ ...batch, ids: new Uint32Array(3) })).toThrow(want);
  expect(() => objective.feed({ ...batch, shape: 1 })).toThrow(/want a shape below 1/);
  expect(objective.feed(batch)).toMatchObject({ shape: 0, labels: 8, tokens: 16 });
});
