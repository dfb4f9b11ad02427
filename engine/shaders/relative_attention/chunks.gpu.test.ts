// An attention in chunks shows itself as the one that it is.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGpu } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { relativeAttention } from './relative_attention';

const [B, T, S, H, D] = [2, 20, 27, 2, 8];
const shapes = { q: [B, T, H * D], kv: [B, S, 2 * H * D], r: [S, H * D], u: [H, D], v: [H, D] } as const;

describe('relativeAttention in chunks', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
  });
  afterAll(() => device[Symbol.dispose]());

  async function plan(how: 'whole' | 'chunks' | 'recomputed chunks') {
    const g = new Graph(device, { train: true });
    const make = (name: keyof typeof shapes) => g.input(name, shapes[name], 'f32', { differentiable: true });
    const [q, kv, distances, contentBias, positionBias] = (['q', 'kv', 'r', 'u', 'v'] as const).map(make);
    const body = () =>
      g.scope('xl', () =>
        relativeAttention(
          g,
          { q, kv, distances, contentBias, positionBias },
          { heads: H, window: 11, ...(how === 'whole' ? {} : { chunk: 8 }) },
        ),
      );
    const y = how === 'recomputed chunks' ? g.recompute(body) : body();
    g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
    const built = await g.compile({ y, dq: g.grad(q), dkv: g.grad(kv), dr: g.grad(distances) });
    const random = new Random(7);
    const inputs: Record<string, Float32Array> = {};
    for (const [name, shape] of Object.entries({ ...shapes, dy: y.shape })) {
      inputs[name] = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
    }
    built.run(inputs);
    return built;
  }

  it.each(['chunks', 'recomputed chunks'] as const)('%s: maps, gradient maps and entropy', async (how) => {
    using whole = await plan('whole');
    using chunked = await plan(how);
    expect(chunked.attentions).toEqual(whole.attentions);
    expect(chunked.attentions.map(({ label }) => label)).toEqual(['xl']);
    const close = (got: ArrayLike<number>, want: ArrayLike<number>, what: string): void => {
      expect(got.length).toBe(want.length);
      const error = Math.max(...Array.from(want, (x, i) => Math.abs(x - got[i])));
      expect(error, what).toBeLessThan(1e-5);
    };
    for (const query of [{}, { batch: 1, rows: [5, 17] }, { rows: [8, 9] }] as const) {
      const ask = { ...query, gradient: true };
      const [want, got] = [await whole.attention(0, 'all', ask), await chunked.attention(0, 'all', ask)];
      expect([got.shape, got.from, got.to, got.heads]).toEqual([want.shape, want.from, want.to, want.heads]);
      close(got.probabilities, want.probabilities, `probabilities ${JSON.stringify(query)}`);
      close(got.gradient!, want.gradient!, `gradients ${JSON.stringify(query)}`);
    }
    const mean = async (p: typeof whole) =>
      (await p.attention('xl', 'mean', { rows: [0, 20] })).probabilities;
    close(await mean(chunked), await mean(whole), 'mean');
    const [want, got] = [await whole.attentionEntropy(0), await chunked.attentionEntropy(0)];
    expect(got.shape).toEqual(want.shape);
    close(got.values, want.values, 'entropy');
    for (const name of ['y', 'dq', 'dkv', 'dr'])
      close(await chunked.read(name), await whole.read(name), name);
    await expect(chunked.attention(0, 0, { rows: [3, 21] })).rejects.toThrow('no rows 3 to 21');
  });
});
