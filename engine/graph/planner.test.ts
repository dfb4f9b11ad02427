import { describe, expect, it } from 'vitest';
import { assignBuffers, peakBytes, type Lifetime } from './planner';

const overlap = (a: Lifetime, b: Lifetime) => a.first <= b.last && b.first <= a.last;

describe('planner', () => {
  it('reuses a buffer once its value is dead', () => {
    const chain = [0, 1, 2, 3, 4, 5].map((i) => ({ bytes: 100, first: i, last: i + 1 }));
    expect(assignBuffers(chain).sizes).toEqual([100, 100]);
  });

  it('never gives two values of one dispatch the same buffer', () => {
    expect(
      assignBuffers([
        { bytes: 8, first: 0, last: 3 },
        { bytes: 8, first: 3, last: 5 },
      ]).sizes,
    ).toHaveLength(2);
  });

  it('keeps every pair of overlapping values apart and buffers large enough, on random graphs', () => {
    let state = 7;
    const random = (n: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 50; round++) {
      const lives = Array.from({ length: 40 }, () => {
        const first = random(60);
        return { bytes: 4 * (1 + random(1000)), first, last: first + random(20) };
      });
      const { buffer, sizes } = assignBuffers(lives);
      for (const [i, a] of lives.entries()) {
        expect(sizes[buffer[i]]).toBeGreaterThanOrEqual(a.bytes);
        for (const [j, b] of lives.entries()) {
          if (i < j && overlap(a, b)) expect(buffer[i]).not.toBe(buffer[j]);
        }
      }
      const total = sizes.reduce((a, b) => a + b, 0);
      expect(total).toBeGreaterThanOrEqual(peakBytes(lives));
      expect(total).toBeLessThan(1.6 * peakBytes(lives));
    }
  });
});
