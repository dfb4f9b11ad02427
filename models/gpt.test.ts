import { describe, expect, it } from 'vitest';
import { Graph, packedOrNot, parameters, storeAs, weightRanges, type WeightStorage } from '../engine/index';
import { fakeDevice } from '../tests/harness/fake-device';
import { cacheContext } from './generation/cache_context';
import { GPT } from './gpt';

describe('dropout', () => {
  it('of a GPT keeps its meaning: embeddings and outputs, not attention', () => {
    const { config } = new GPT({
      ...{ vocabulary: 5, context: 8, layers: 1, heads: 1, width: 4 },
      dropout: 0.2,
    });
    expect(config).toMatchObject({ dropout: 0.2, embeddingDropout: 0.2, attentionDropout: 0 });
    const wrong = () => new GPT({ ...config, attentionDropout: 1 });
    expect(wrong).toThrow('attentionDropout is 1');
  });
});

describe('a billion weights', () => {
  // Llama 3.2 1B (1.24 billion, of which 0.26 are the table of tokens), and TinyLlama (1.1 billion).
  const llama = { positions: 'rope', norm: 'rms', gated: true, activation: 'silu', bias: false } as const;
  const models = [
    {
      vocabulary: 128_256,
      context: 2048,
      layers: 16,
      heads: 32,
      keyValueHeads: 8,
      width: 2048,
      hidden: 8192,
    },
    { vocabulary: 32_000, context: 2048, layers: 22, heads: 32, keyValueHeads: 4, width: 2048, hidden: 5632 },
  ].map((sizes, i) => new GPT({ ...llama, ...sizes, tied: i === 0 }));

  it.each<[WeightStorage, ...number[]]>([
    ['f32', 4944, 4401],
    ['f16', 2472, 2201],
    ['int8', 1239, 1103],
    ['int4', 696, 620],
    ['int4-64', 657, 585],
  ])('take in %s %d and %d MB, bindings of 128 MiB', (storage, ...megabytes) => {
    for (const [i, model] of models.entries()) {
      const all = parameters(model);
      for (const parameter of all.values()) storeAs(parameter, packedOrNot(parameter, storage));
      const ranges = weightRanges(all, 128 << 20);
      const bytes = ranges.reduce(
        (sum, { dtype, elements }) => sum + (dtype === 'f16' ? 2 : 4) * elements,
        0,
      );
      expect(Math.ceil(bytes / 1e6)).toBe(megabytes[i]);
      for (const parameter of all.values()) storeAs(parameter, 'f32');
    }
  });
});

describe('the KV cache', () => {
  const sizes = { vocabulary: 8, layers: 16, heads: 32, keyValueHeads: 8, width: 2048 } as const;
  const model = (context: number) =>
    new GPT({ ...sizes, context, positions: 'rope', bias: false, norm: 'rms' });
  const device = fakeDevice();

  it('does not take the whole of a large context by default', () => {
    // 16 layers of keys and values of 512 numbers: 64 KiB a token, so 8 GiB for 131,072 and 512 MiB for 8,192.
    expect(cacheContext(device, model(131_072), undefined)).toBe(8192);
    expect(cacheContext(device, model(1024), undefined)).toBe(1024);
    expect(cacheContext(device, model(131_072), 60_000)).toBe(60_000);
  });

  it('is refused with the numbers', () => {
    expect(() => cacheContext(device, model(131_072), 131_072)).toThrow(
      "KV cache: 131072 tokens take 8.00 GiB, 256.0 MiB of it in one buffer, more than a binding's 128.0 MiB. " +
        'This device holds a context of at most 65536: pass { context: 65536 } or less.',
    );
    expect(() => cacheContext(device, model(64), 65)).toThrow('context is 65. Use 2 to 64');
  });

  it('ends where dynamic rotary frequencies would change keys that have turned', () => {
    const ropeScaling = { type: 'dynamic', factor: 2, originalContext: 24 } as const;
    const config = { ...sizes, heads: 8, width: 64, layers: 1, positions: 'rope', ropeScaling } as const;
    const growing = new GPT({ ...config, context: 64 });
    expect(cacheContext(device, growing, undefined)).toBe(24);
    const g = new Graph(fakeDevice());
    const ids = g.input('ids', [1, 4], 'u32');
    expect(() => growing.caches(1, { target: 64 })).toThrow(
      'GPT: caches of 64 tokens with dynamic rope_scaling, by which all keys turn differently once a text is longer than ' +
        'trained. Use at most 24, or fix the length',
    );
    expect(growing.next(g, ids, growing.caches(1)).shape).toEqual([1, 8]);
    const fixed = new GPT({ ...config, context: 64, ropeScaling: { ...ropeScaling, context: 64 } });
    expect(cacheContext(device, fixed, undefined)).toBe(64);
    expect(fixed.next(g, ids, fixed.caches(1)).shape).toEqual([1, 8]);
  });
});
