import { describe, expect, it } from 'vitest';
import { ops, type step } from '../../../checks/ops/dropout';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { random4 } from '../lib/random';
import { dropout } from './dropout';
import { dropoutMask } from './dropout.ref';

testOps(ops);

describe('random numbers', () => {
  const n = 1 << 16;
  const draw = (key: typeof step, stream: number): Float64Array => {
    const words = new Uint32Array(n);
    for (let i = 0; i < n; i += 4) random4(key, stream, i / 4, words, i);
    return Float64Array.from(words, (w) => w / 2 ** 32);
  };
  const correlation = (a: Float64Array, b: Float64Array): number =>
    (12 / a.length) * a.reduce((sum, v, i) => sum + (v - 0.5) * (b[i] - 0.5), 0);
  const limit = 5 / Math.sqrt(n); // five standard deviations

  it('have the mean and variance of a uniform distribution', () => {
    const u = draw({ seed: 1, index: 0 }, 0);
    const mean = u.reduce((a, b) => a + b, 0) / n;
    const variance = u.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    expect(Math.abs(mean - 0.5)).toBeLessThan(limit * Math.sqrt(1 / 12));
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(limit * Math.sqrt(1 / 180));
  });

  it('fill 256 bins evenly in every word of the four', () => {
    const u = draw({ seed: 7, index: 3 }, 2);
    for (let word = 0; word < 4; word++) {
      const bins = new Float64Array(256);
      for (let i = word; i < n; i += 4) bins[Math.floor(u[i] * 256)]++;
      const want = n / 4 / 256;
      const chi = bins.reduce((a, b) => a + (b - want) ** 2 / want, 0);
      expect(Math.abs(chi - 255) / Math.sqrt(2 * 255)).toBeLessThan(5);
    }
  });

  it('do not correlate between steps, seeds, streams and neighbours', () => {
    const u = draw({ seed: 1, index: 0 }, 0);
    const others = [
      draw({ seed: 1, index: 1 }, 0),
      draw({ seed: 2, index: 0 }, 0),
      draw({ seed: 1, index: 0 }, 1),
      draw({ seed: 0, index: 1 }, 0),
    ];
    for (const other of others) expect(Math.abs(correlation(u, other))).toBeLessThan(limit);
    for (const lag of [1, 2, 3, 4, 768]) {
      const a = u.subarray(0, n - lag);
      expect(Math.abs(correlation(a, u.subarray(lag)))).toBeLessThan(limit);
    }
  });

  it('drop a share of p and keep the mean', () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const mask = dropoutMask(n, p, { seed: 3, index: 5 }, 1);
      const dropped = mask.reduce((a, m) => a + (m === 0 ? 1 : 0), 0) / n;
      expect(Math.abs(dropped - p)).toBeLessThan(limit * Math.sqrt(p * (1 - p)));
    }
  });
});

describe('dropout', () => {
  it('is x itself without dropping or without training', () => {
    const train = new Graph(fakeDevice(), { train: true });
    const x = train.input('x', [4], 'f32', { differentiable: true });
    expect(dropout(train, x, 0)).toBe(x);
    const g = new Graph(fakeDevice());
    const y = g.input('x', [4], 'f32');
    expect(dropout(g, y, 0.5)).toBe(y);
  });

  it('refuses what is no probability of dropping', () => {
    const g = new Graph(fakeDevice());
    const x = g.input('x', [4], 'f32');
    for (const p of [-0.1, 1, 2, NaN]) expect(() => dropout(g, x, p)).toThrow(`dropout: p is ${p}.`);
  });
});
