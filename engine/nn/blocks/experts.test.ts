import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { Graph } from '../../graph/graph';
import { parameters } from '../parameter';
import { KeyValueCache } from './attention';
import { GatedDeltaNet } from './gated_delta_net';
import { MixtureOfExperts } from './mixture_of_experts';

const shapesOf = (module: object): Record<string, readonly number[]> =>
  Object.fromEntries([...parameters(module)].map(([name, { shape }]) => [name, shape]));

describe('MixtureOfExperts', () => {
  const sizes = { width: 8, hidden: 6, experts: 16, choices: 2 };
  it('has a matrix of each expert below the other, and one that all tokens have if asked', () => {
    expect(shapesOf(new MixtureOfExperts({ ...sizes, shared: 5 }))).toEqual({
      'router.weight': [16, 8],
      'experts.up': [16 * 2 * 6, 8],
      'experts.down': [16 * 8, 6],
      'shared.up.weight': [10, 8],
      'shared.down.weight': [8, 5],
      'sharedGate.weight': [1, 8],
    });
    expect(Object.keys(shapesOf(new MixtureOfExperts(sizes)))).toHaveLength(3);
  });
  it('computes each token by its own experts alone', () => {
    const flops = (experts: number): number => {
      const g = new Graph(fakeDevice(), { train: true });
      const mixture = new MixtureOfExperts({ ...sizes, experts });
      const x = g.input('x', [4, 64, 8], 'f32', { differentiable: true });
      const y = mixture.forward(g, x);
      g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      const own = g.dispatches.filter(({ variant }) => variant.kernel.startsWith('expert_matmul'));
      return own.reduce((sum, d) => sum + d.flops, 0);
    };
    // Forward, of rows and of weights: three products of both matrices, for two experts a token.
    expect(flops(16)).toBe(3 * 2 * (4 * 64 * 2) * (8 * 12 + 6 * 8));
    expect(flops(128)).toBe(flops(16));
  });
  it('refuses numbers that cannot be', () => {
    const of = (more: object) => () => new MixtureOfExperts({ ...sizes, ...more });
    expect(of({ choices: 17 })).toThrow('a token has 17 of 16 experts. Use at most 16.');
    expect(of({ experts: 0 })).toThrow('experts is 0');
    expect(of({ shared: 1.5 })).toThrow('shared is 1.5');
    expect(of({ shard: 1 })).toThrow('shard');
  });
});

describe('GatedDeltaNet', () => {
  const sizes = { width: 8, keyHeads: 2, valueHeads: 4, keyWidth: 3, valueWidth: 5 };
  it('has a state whose size does not grow with the text', () => {
    const net = new GatedDeltaNet(sizes);
    expect(shapesOf(net.cache(7))).toEqual({ state: [7, 4, 3, 5], inputs: [7, 3, 2 * 6 + 20] });
    expect(shapesOf(net)).toMatchObject({ 'input.weight': [52, 8], convolution: [32, 4], decayRate: [4] });
  });
  it('says what it has no use for', () => {
    const g = new Graph(fakeDevice());
    const net = new GatedDeltaNet(sizes);
    const x = g.input('x', [2, 5, 8], 'f32');
    const keyMask = g.input('mask', [2, 5], 'u32');
    expect(() => net.forward(g, x, { keyMask })).toThrow('Pad texts on the right, and give lengths.');
    const cache = new KeyValueCache(2, 5, 8);
    expect(() => net.forward(g, x, { cache })).toThrow("Use this layer's own cache().");
    const of = (more: object) => () => new GatedDeltaNet({ ...sizes, ...more });
    expect(of({ valueHeads: 3 })).toThrow('2 key heads do not divide 3 value heads. Give a multiple.');
    expect(of({ taps: 1 })).toThrow('taps is 1. Use at least 2.');
    expect(of({ keyWidth: 0 })).toThrow('keyWidth is 0');
  });
});
