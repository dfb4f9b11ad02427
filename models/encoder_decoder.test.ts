import { describe, expect, it } from 'vitest';
import { countParameters, Graph, heldBy, parameters } from '../engine/index';
import { fakeDevice } from '../tests/harness/fake-device';
import { cacheContext } from './generation/cache_context';
import { EncoderDecoder, encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder';

const small: EncoderDecoderConfig = {
  ...{ vocabulary: 11, context: 9, encoderLayers: 1, decoderLayers: 1, heads: 2, width: 8, hidden: 12 },
};
const names = (config: Partial<EncoderDecoderConfig> = {}): string[] => [
  ...parameters(new EncoderDecoder({ ...small, ...config })).keys(),
];

/** What a training graph of this model records. */
function labels(config: Partial<EncoderDecoderConfig>, train = true): string[] {
  const model = new EncoderDecoder({ ...small, ...config });
  const g = new Graph(fakeDevice(), { train });
  const [source, target, labels] = ['source', 'target', 'labels'].map((name) => g.input(name, [2, 5], 'u32'));
  const lengths = g.input('lengths', [2], 'u32');
  const loss = model.loss(g, source, lengths, target, labels, { smoothing: 0.1 });
  expect(loss.shape).toEqual([]);
  if (train) {
    g.backprop(loss);
    for (const [name, p] of parameters(model)) expect(g.reached(g.use(p)), name).toBe(true);
  }
  return g.dispatches.map((d) => d.label);
}

describe('EncoderDecoder', () => {
  it('names its parameters as every Transformer of Heed does', () => {
    const both = (name: string): string[] => [`${name}.weight`, `${name}.bias`];
    const layer = (stack: string, ...more: string[]): string[] =>
      [
        ...['attentionNorm', 'attention.qkv', 'attention.output', ...more],
        ...['feedForwardNorm', 'feedForward.up', 'feedForward.down'],
      ].flatMap((name) => both(`${stack}.layers.0.${name}`));
    const cross = ['crossAttentionNorm', 'crossAttention.q', 'crossAttention.kv', 'crossAttention.output'];
    expect(names()).toEqual(['tokens.weight', ...layer('encoder'), ...layer('decoder', ...cross)]);
    const more = names({ shared: false, tied: false, outputBias: true, positions: 'learned', preNorm: true });
    expect(more.filter((name) => !names().includes(name))).toEqual([
      'sourceTokens.weight',
      'sourcePositions.weight',
      'targetPositions.weight',
      ...both('encoder.norm'),
      ...both('decoder.norm'),
      ...both('head'),
    ]);
  });

  it('has the sizes that it promises', () => {
    const count = (preset: keyof typeof encoderDecoderPresets): number =>
      countParameters(new EncoderDecoder({ ...encoderDecoderPresets[preset], vocabulary: 1 })) -
      encoderDecoderPresets[preset].width;
    expect([count('tiny'), count('small'), count('base')]).toEqual([167_680, 1_325_568, 44_138_496]);
  });

  it('drops embeddings and sublayers where a graph trains, attention weights if asked', () => {
    const drops = (config: Partial<EncoderDecoderConfig>, train = true): number =>
      labels(config, train).filter((label) => label.includes('dropout.forward')).length;
    expect(drops({})).toBe(7); // two embeddings, 2 + 3 sublayers
    expect(drops({ dropout: 0 })).toBe(0);
    expect(drops({}, false)).toBe(0);
    const model = new EncoderDecoder({ ...small, attentionDropout: 0.2 });
    const g = new Graph(fakeDevice(), { train: true });
    const ids = g.input('ids', [2, 5], 'u32');
    model.forward(g, ids, null, ids);
    const random = g.dispatches.filter((d) => d.label.includes('attention.forward'));
    expect(random.map((d) => d.variant.label.includes('DROPOUT'))).toEqual([true, true, true]);
  });

  it('normalises before or after', () => {
    const norms = (preNorm: boolean): string[] =>
      labels({ preNorm, dropout: 0 }, false)
        .filter((label) => /encoder.*(norm|attention\.)/.test(label))
        .map((label) => /(layernorm|attention)/.exec(label)![0]);
    expect(norms(false)).toEqual(['attention', 'layernorm', 'layernorm']);
    expect(norms(true)).toEqual(['layernorm', 'attention', 'layernorm', 'layernorm']);
  });

  it('decodes hypotheses of a sentence against one memory', () => {
    const model = new EncoderDecoder(small);
    const caches = model.caches(3, { beams: 2, source: 6, target: 4 });
    const shapes = caches.map(({ self, cross }) => [...heldBy(self), cross!.keys, cross!.values]);
    expect(shapes.map((all) => all.map(({ shape }) => shape))).toEqual([
      [
        [6, 4, 8],
        [6, 4, 8],
        [3, 6, 8],
        [3, 6, 8],
      ],
    ]);
    const g = new Graph(fakeDevice());
    const lengths = g.input('lengths', [3], 'u32');
    model.remember(g, model.encode(g, g.input('source', [3, 5], 'u32'), lengths), caches);
    const order = g.input('order', [6], 'u32', { below: 6 });
    expect(
      model.next(g, g.input('ids', [6, 1], 'u32'), caches, { sourceLengths: lengths, order }).shape,
    ).toEqual([6, 11]);
    expect(g.dispatches.map((d) => d.label).filter((label) => label.includes('reorder'))).toHaveLength(1);
  });

  it('takes 512 MiB for the caches of texts, if nobody asks for more', () => {
    const large = new EncoderDecoder({
      ...{ vocabulary: 9, context: 1024, encoderLayers: 1, decoderLayers: 12, heads: 16, width: 1024 },
    });
    // 12 layers of keys and values of 1024 numbers: 96 KiB a token of each of 32 rows.
    expect(cacheContext(fakeDevice(), large, undefined, 32)).toBe(170);
    expect(cacheContext(fakeDevice(), large, 1000, 32)).toBe(1000);
    expect(cacheContext(fakeDevice(), new EncoderDecoder(small), undefined, 32)).toBe(9);
  });

  it('refuses what cannot work', () => {
    const make = (config: Partial<EncoderDecoderConfig>) => () => new EncoderDecoder({ ...small, ...config });
    expect(make({ width: 9 })).toThrow('width 9 does not divide into 2 heads');
    expect(make({ decoderLayers: 0 })).toThrow('decoderLayers is 0');
    expect(make({ sourceVocabulary: 12 })).toThrow('share an embedding, but have 12 and 11 tokens');
    expect(make({ dropout: 1 })).toThrow('dropout is 1');
    const g = new Graph(fakeDevice());
    const long = g.input('long', [1, 10], 'u32');
    expect(() => make({})().encode(g, long, null)).toThrow('that is 10 tokens in a context of 9');
    const ids = g.input('ids', [2, 5], 'u32');
    expect(() => make({})().encode(g, ids, g.input('lengths', [3], 'u32'))).toThrow(
      /encoder.layers.0.attention/,
    );
  });
});
