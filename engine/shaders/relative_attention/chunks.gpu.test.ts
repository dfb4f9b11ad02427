// An attention in chunks shows itself as the one that it is.
import { describe, expect, it } from 'vitest';
import { withDevice } from '../../../tests/harness/device';
import { Random } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { type Device } from '../../runtime/device';
import { relativeAttention } from './relative_attention';

const [B, H, D] = [2, 2, 8];
const names = ['q', 'kv', 'r', 'u', 'v'] as const;
const shapesOf = (T: number, S: number) =>
  ({ q: [B, T, H * D], kv: [B, S, 2 * H * D], r: [S, H * D], u: [H, D], v: [H, D] }) as const;

describe('relativeAttention in chunks', () => {
  let device: Device;
  withDevice((opened) => (device = opened));

  interface Sizes {
    readonly T: number;
    readonly S: number;
    readonly window?: number;
    /** Default: the op's. */
    readonly chunk?: number;
  }

  async function plan({ T, S, ...options }: Sizes, recompute = false) {
    const shapes = shapesOf(T, S);
    const g = new Graph(device, { train: true });
    const x = names.map((name) => g.input(name, shapes[name], 'f32', { differentiable: true }));
    const [q, kv, distances, contentBias, positionBias] = x;
    const body = () =>
      g.scope('xl', () =>
        relativeAttention(g, { q, kv, distances, contentBias, positionBias }, { heads: H, ...options }),
      );
    const y = recompute ? g.recompute(body) : body();
    g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
    const gradients = Object.fromEntries(x.map((of) => [`d${of.name}`, g.grad(of)]));
    const built = await g.compile({ y, ...gradients });
    const random = new Random(7);
    const inputs: Record<string, Float32Array> = {};
    for (const [name, shape] of Object.entries({ ...shapes, dy: y.shape })) {
      inputs[name] = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
    }
    built.run(inputs);
    return built;
  }

  const close = (got: ArrayLike<number>, want: ArrayLike<number>, what: string): void => {
    expect(got.length).toBe(want.length);
    const error = Array.from(want, (x, i) => Math.abs(x - got[i])).reduce((a, b) => Math.max(a, b));
    expect(error, what).toBeLessThan(1e-5);
  };

  it('of 128 rows, unless told otherwise: results and gradients are those of one chunk', async () => {
    const sizes = { T: 300, S: 333 };
    using whole = await plan({ ...sizes, chunk: 300 });
    using chunked = await plan(sizes);
    expect(chunked.length).toBeGreaterThan(2 * whole.length);
    for (const name of ['y', 'dq', 'dkv', 'dr'])
      close(await chunked.read(name), await whole.read(name), name);
    // Sums over 600 rows.
    for (const name of ['du', 'dv']) {
      const [got, want] = [await chunked.read(name), await whole.read(name)];
      close(
        got.map((n) => n / 30),
        want.map((n) => n / 30),
        name,
      );
    }
  });

  it.each([false, true])('maps, gradient maps and entropy, recomputed again %s', async (recompute) => {
    const sizes = { T: 20, S: 27, window: 11 };
    using whole = await plan({ ...sizes, chunk: 20 });
    using chunked = await plan({ ...sizes, chunk: 8 }, recompute);
    expect(chunked.attentions).toEqual(whole.attentions);
    expect(chunked.attentions.map(({ label }) => label)).toEqual(['xl']);
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
