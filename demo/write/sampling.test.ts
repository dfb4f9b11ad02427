import { describe, expect, test } from 'vitest';
import { sampleDistribution } from '../../engine/shaders/sampling/sampling.ref';
import { Random } from '../../tests/harness/op';
import { choices } from '../session/likeliest';
import { draw, rank, shape, surprise, type Sampling } from './sampling';

/** Every token's probability, by id. */
function distribution(logits: Float32Array, sampling: Sampling): Float64Array {
  const shaped = shape(rank(logits), sampling);
  const probabilities = new Float64Array(logits.length);
  shaped.order.forEach((id, at) => (probabilities[id] = shaped.share(at)));
  return probabilities;
}

const random = new Random(5);
const normal = Float32Array.from({ length: 300 }, () => 2 * random.normal());
const even = new Float32Array(10).map((_, i) => (i % 2 ? 0 : -0));
const tied = Float32Array.of(1, 3, 3, 2, 3, 2, -1);
const hidden = Float32Array.of(-Infinity, 0.5, -Infinity, 2, 1);
const extreme = Float32Array.of(-3.4e38, 3.4e38, 0, 3.3e38);

describe('what is drawn from', () => {
  const settings: Sampling[] = [0, 1e-6, 0.05, 0.7, 1, 2, 50].flatMap((temperature) =>
    [0, 1, 2, 3, 7, 1000].flatMap((topK) =>
      [1, 0.999, 0.95, 0.5, 0.35, 0.3, 0].map((topP) => ({ temperature, topK, topP })),
    ),
  );

  test.each([
    ['of normal logits', normal],
    ['of equal ones', even],
    ['of some equal ones', tied],
    ['with tokens that are hidden', hidden],
    ['at the ends of the range', extreme],
    ['of one token', Float32Array.of(-7)],
  ])('%s is what the engine draws from, at every setting', (_, logits) => {
    for (const sampling of settings) {
      const wanted = sampleDistribution(Float64Array.from(logits), sampling);
      const found = distribution(logits, sampling);
      const where = JSON.stringify(sampling);
      for (const [id, p] of wanted.entries()) {
        expect(found[id], `${where}, token ${id}`).toBeCloseTo(p, 12);
        expect(found[id] > 0, `${where}, token ${id} may be drawn`).toBe(p > 0);
      }
    }
  });

  test('of equal logits the lowest ids stay', () => {
    const kept = (sampling: Partial<Sampling>): number[] => {
      const all = distribution(even, { temperature: 1, topK: 0, topP: 1, ...sampling });
      return [...all.keys()].filter((id) => all[id] > 0);
    };
    expect(kept({ topK: 3 })).toEqual([0, 1, 2]);
    expect(kept({ topP: 0.35 })).toEqual([0, 1, 2, 3]);
    expect(kept({ topK: 6, topP: 0.4 })).toEqual([0, 1, 2]);
    expect(kept({ topP: 0 })).toEqual([0]);
    expect(kept({ temperature: 0 })).toEqual([0]);
    expect(kept({})).toHaveLength(10);
  });

  test('says what each cut keeps, and which one took a token out', () => {
    const logits = Float32Array.from([0.4, 0.3, 0.2, 0.1], Math.log);
    const shaped = shape(rank(logits), { temperature: 1, topK: 3, topP: 0.7 });
    expect(shaped.topK).toEqual({ count: 3, mass: expect.closeTo(0.9, 6) as number });
    expect(shaped.topP).toEqual({ count: 2, mass: expect.closeTo(0.7 / 0.9, 6) as number });
    expect([0, 1, 2, 3].map((at) => shaped.cut(at))).toEqual([null, null, 'topP', 'topK']);
    expect([0, 1, 2, 3].map((at) => shaped.share(at))).toEqual(
      [4 / 7, 3 / 7, 0, 0].map((p) => expect.closeTo(p, 6) as number),
    );
    const all = shape(rank(logits), { temperature: 1, topK: 0, topP: 1 });
    expect([all.topK, all.topP]).toEqual([
      { count: 4, mass: 1 },
      { count: 4, mass: 1 },
    ]);
    const greedy = shape(rank(logits), { temperature: 0, topK: 3, topP: 0.7 });
    expect([0, 1, 2, 3].map((at) => greedy.cut(at))).toEqual([
      null,
      'temperature',
      'temperature',
      'temperature',
    ]);
    expect(greedy.before[1]).toBeCloseTo(0.3, 6); // what it was before it was cut
  });

  test('a colder model is surer; its own probabilities stay', () => {
    const [cold, warm] = [0.5, 2].map((temperature) =>
      shape(rank(normal), { temperature, topK: 0, topP: 1 }),
    );
    expect(cold.share(0)).toBeGreaterThan(warm.share(0));
    expect([...cold.own]).toEqual([...warm.own]);
    expect(choices(cold.before)).toBeLessThan(choices(warm.before));
    expect(choices(cold.own)).toBe(choices(warm.own));
  });
});

test('draws each rank as often as it should, and none that is cut', () => {
  const shaped = shape(rank(tied), { temperature: 1, topK: 4, topP: 1 });
  const n = 10_000;
  const counts = new Float64Array(tied.length);
  for (let i = 0; i < n; i++) counts[draw(shaped, (i + 0.5) / n)]++;
  for (const at of counts.keys()) expect(counts[at] / n).toBeCloseTo(shaped.share(at), 3);
  expect(draw(shaped, 0)).toBe(0);
  expect(draw(shaped, 1 - 2 ** -53)).toBe(3);
});

test('choices of equal tokens are their number; a probability of 1/8 surprises by three bits', () => {
  // Before anything is cut.
  expect(choices(shape(rank(even), { temperature: 3, topK: 2, topP: 0.5 }).before)).toBeCloseTo(10, 10);
  expect(choices(Float64Array.of(0.5, 0.5, 0))).toBeCloseTo(2, 10);
  expect(choices(Float64Array.of(1, 0))).toBe(1);
  expect(surprise(1 / 8)).toBe(3);
});
