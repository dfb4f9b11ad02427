import { expect, it } from 'vitest';
import { Random } from '../../checks/data';
import { wordVectors } from './word-vectors';

it('tokens in like surroundings point alike, and those that are nowhere keep small rows', () => {
  // Six nouns and six verbs in turns, each noun beside any verb: of one kind the surroundings are the same.
  const random = new Random(3);
  const texts = Array.from({ length: 400 }, () =>
    Array.from({ length: 20 }, (_, i) => random.below(6) + (i % 2 ? 6 : 0)),
  );
  const [V, C, scale] = [14, 4, 0.05];
  const v = wordVectors(texts, { vocabulary: V, width: C, window: 1, scale });
  const row = (i: number): Float32Array => v.subarray(i * C, (i + 1) * C);
  const cosine = (a: number, b: number): number =>
    row(a).reduce((sum, x, k) => sum + x * row(b)[k], 0) / (C * scale * scale);
  for (let i = 0; i < 12; i++) {
    expect(Math.hypot(...row(i)) / Math.sqrt(C)).toBeCloseTo(scale, 6);
    const others = Array.from({ length: 12 }, (_, j) => j).filter((j) => j !== i);
    const nearest = others.sort((a, b) => cosine(i, b) - cosine(i, a)).slice(0, 3);
    for (const j of nearest) expect(j < 6, `${i} and ${j}`).toBe(i < 6);
  }
  for (const i of [12, 13]) {
    expect(Math.hypot(...row(i))).toBeGreaterThan(0);
    expect(Math.hypot(...row(i)) / Math.sqrt(C)).toBeLessThan(0.5 * scale);
  }
  expect(wordVectors(texts, { vocabulary: V, width: C, window: 1, scale })).toEqual(v);
});
