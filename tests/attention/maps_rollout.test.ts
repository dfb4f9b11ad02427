import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../harness/fake-device';
import { Graph } from '../../engine/graph/graph';
import { attention, selfAttention } from '../../engine/shaders/attention/attention';
import { appendCache } from '../../engine/shaders/attention/cache/cache';
import { decodeAttention, decodeCrossAttention } from '../../engine/shaders/attention/cache/decode';
import { rolledLayers } from '../../engine/shaders/attention/maps/maps_rollout';

describe('rollout', () => {
  /** Two layers of an encoder of 5 rows and two of a decoder of so many, that takes from the encoder. */
  const record = (decoder: boolean): Graph => {
    const g = new Graph(fakeDevice());
    const stack = (name: string) =>
      g.scope(name, () => selfAttention(g, g.input(name, [1, 5, 24], 'f32'), { heads: 2, rope: {} }));
    for (const name of ['encoder.0', 'encoder.1']) stack(name);
    if (!decoder) return g;
    stack('decoder.0');
    const [q, kv] = [g.input('q', [1, 5, 8], 'f32'), g.input('kv', [1, 5, 16], 'f32')];
    g.scope('decoder.0.cross', () => attention(g, { q, kv, heads: 2, width: 4 }));
    return g;
  };
  const labels = (g: Graph, names?: readonly (number | string)[]) =>
    rolledLayers({ label: 'plan', probes: g.probes }, 'rollout', names).map(({ label }) => label);

  it('takes every layer of self-attention, and no plan in which another attends elsewhere', () => {
    expect(labels(record(false))).toEqual(['encoder.0', 'encoder.1']);
    expect(() => labels(record(true))).toThrow(
      'rollout: decoder.0.cross takes its keys from another tensor than its queries: cross-attention, as far as one ' +
        'can tell. Name layers of self-attention over one length in `layers`, of 0 encoder.0, 1 encoder.1, 2 decoder.0.',
    );
    expect(() => labels(new Graph(fakeDevice()))).toThrow('no layers are to be rolled out');
  });
  it("takes an encoder's layers by name, and what is named as self-attention over separate tensors", () => {
    expect(labels(record(true), ['encoder.0', 1])).toEqual(['encoder.0', 'encoder.1']);
    expect(labels(record(true), [3])).toEqual(['decoder.0.cross']);
    expect(() => labels(record(true), [])).toThrow('no layers are to be rolled out');
  });
  it('takes no caches, however long', () => {
    const g = new Graph(fakeDevice());
    const [keys, values] = ['k', 'v'].map((name) => g.input(name, [1, 5, 8], 'f32'));
    const qkv = g.input('qkv', [1, 5, 24], 'f32');
    g.scope('self', () => {
      appendCache(g, qkv, keys, values, { heads: 2 });
      decodeAttention(g, qkv, keys, values, { heads: 2 });
    });
    const q = g.input('q', [1, 5, 8], 'f32');
    g.scope('cross', () => decodeCrossAttention(g, q, keys, values, { heads: 2 }));
    for (const name of ['self', 'cross'])
      expect(() => labels(g, [name])).toThrow(`${name} attends from 5 rows`);
  });
});
