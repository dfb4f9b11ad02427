import { expect, it } from 'vitest';
import { sampleDistribution } from '../../engine/shaders/sampling/sampling.ref';
import fixture from '../fixtures/generation.json';

// The kernel is held to this reference in engine/shaders/sampling.
it.each(fixture.minP.cases)(
  'min-p is MinPLogitsWarper after the others: $minP',
  ({ probabilities, ...how }) => {
    const got = sampleDistribution(Float64Array.from(fixture.minP.logits), how);
    expect(got.length).toBe(probabilities.length);
    for (const [i, p] of probabilities.entries()) expect(got[i], `token ${i}`).toBeCloseTo(p, 12);
  },
);
