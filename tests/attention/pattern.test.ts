import { describe, expect, it } from 'vitest';
import { randomPattern } from '../../engine/shaders/attention/pattern/pattern';

describe('random blocks', () => {
  const drawn = (count: number, seed: number, t: number, S: number): number[] =>
    randomPattern(4, count, seed)
      .keys(t, S)
      .map(([first, last]) => (first % 4 === 0 && last === first + 3 ? first / 4 : NaN));

  it('are as many as asked for, all different, and the same for a block of queries', () => {
    for (const count of [1, 2, 3, 7, 8, 9]) {
      for (let seed = 0; seed < 20; seed++) {
        const blocks = drawn(count, seed, 13, 30);
        expect(new Set(blocks).size).toBe(Math.min(count, 8));
        expect(Math.max(...blocks)).toBeLessThan(8); // NaN is not, either
        expect(drawn(count, seed, 15, 30)).toEqual(blocks);
      }
    }
  });

  it('are drawn equally often, and differ between blocks of queries', () => {
    const times = new Array<number>(8).fill(0);
    let same = 0;
    for (let seed = 0; seed < 4000; seed++) {
      const blocks = drawn(3, seed, 0, 32);
      for (const block of blocks) times[block]++;
      same += Number(drawn(3, seed, 4, 32).sort().join() === blocks.sort().join());
    }
    // 1,500 of each, and 71 equal sets, give or take four standard deviations of 31 and 8.
    for (const n of times) expect(Math.abs(n - 1500)).toBeLessThan(124);
    expect(Math.abs(same - 4000 / 56)).toBeLessThan(34);
  });
});
