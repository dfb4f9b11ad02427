// What plans of models need in memory with and without recompute, by the planner's own account: no GPU needed.
import { describe, expect, it } from 'vitest';
import { Graph, type Tensor } from '../engine/index';
import { estimate } from '../engine/graph/memory';
import { fakeDevice } from '../tests/harness/fake-device';
import { EncoderDecoder, GPT, type EncoderDecoderConfig, type GPTConfig } from './index';

const record = (loss: (g: Graph) => Tensor): Graph => {
  const g = new Graph(fakeDevice(), { train: true });
  g.backprop(loss(g));
  return g;
};
const gpt = (config: Partial<GPTConfig>, B: number, T: number): Graph =>
  record((g) => {
    const model = new GPT({
      vocabulary: 65,
      context: T,
      layers: 6,
      heads: 4,
      width: 128,
      dropout: 0.1,
      ...config,
    });
    return model.loss(g, g.input('ids', [B, T], 'u32'), g.input('targets', [B, T], 'u32'));
  });
const encoderDecoder = (config: Partial<EncoderDecoderConfig>, preNorm: boolean): Graph =>
  record((g) => {
    const sizes = { vocabulary: 500, encoderLayers: 4, decoderLayers: 4, heads: 4, width: 128, preNorm };
    const model = new EncoderDecoder({ ...sizes, ...config });
    const rows = (name: string): Tensor => g.input(name, [8, 100], 'u32');
    const lengths = g.input('lengths', [8], 'u32');
    return model.loss(g, rows('source'), lengths, rows('target'), rows('labels'));
  });
const megabytes = (g: Graph): number => estimate(g).activations / 1e6;
/** Dispatches by label, scopes included. */
const labels = (g: Graph): string[] => g.dispatches.map((d) => d.label);
const once = (g: Graph): string[] => labels(g).filter((label) => !label.endsWith('again'));

describe('recompute in models', () => {
  it('GPT: memory of one layer instead of all; the dispatches are the same, and some again', () => {
    const [kept, again] = [gpt({}, 8, 256), gpt({ recompute: true }, 8, 256)];
    expect(megabytes(again)).toBeLessThan(0.28 * megabytes(kept)); // 28.9 of 108.2 MB
    expect(once(again)).toEqual(once(kept));
    expect(again.probes.map((probe) => probe.scope)).toEqual(kept.probes.map((probe) => probe.scope));
    expect(again.checks.length).toBe(kept.checks.length);
    // The last matmul of a layer only adds to the residual stream: no rule reads what it gives.
    const of = (name: string): string[] =>
      labels(again).filter((label) => label.startsWith(name) && label.endsWith('again'));
    expect(of('stack.layers.3.feedForward/dropout')).toEqual([]);
    expect(of('stack.layers.3.attention/attention').length).toBe(1);
  });

  it('a layer more costs what goes between layers, and no more', () => {
    const more = (recompute: boolean): number =>
      (megabytes(gpt({ recompute, layers: 9 }, 8, 256)) - megabytes(gpt({ recompute, layers: 8 }, 8, 256))) *
      1e6;
    expect(more(true)).toBeLessThan(1.1 * 4 * 8 * 256 * 128);
    expect(more(false)).toBeGreaterThan(10 * 4 * 8 * 256 * 128);
  });

  it.each([true, false])('EncoderDecoder, norm first %s', (preNorm) => {
    const [kept, again] = [encoderDecoder({}, preNorm), encoderDecoder({ recompute: true }, preNorm)];
    expect(megabytes(again)).toBeLessThan(0.25 * megabytes(kept)); // 16.0 of 67.0 MB, 15.2 of 66.2 MB
    expect(once(again)).toEqual(once(kept));
  });

  it('changes nothing where nothing trains', () => {
    const run = (recompute: boolean): string[] => {
      const g = new Graph(fakeDevice());
      const model = new GPT({ vocabulary: 65, context: 32, layers: 2, heads: 2, width: 16, recompute });
      model.next(g, g.input('ids', [1, 4], 'u32'), model.caches(1));
      return labels(g);
    };
    expect(run(true)).toEqual(run(false));
  });
});
