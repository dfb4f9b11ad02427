import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fused, ops, sizes, split } from '../../../checks/ops/attention';
import { fakeDevice } from '../../../tests/harness/fake-device';
import fixture from '../../../tests/fixtures/ops.json';
import { host, openTestGpu } from '../../../tests/harness/host';
import { as, Random, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { attention, selfAttention } from './attention';
import { attentionRef, attentionRefGrad } from './attention.ref';

testOps(ops);

/** Attention as one would write it in f32: every operation rounded, sums from left to right. */
function plainAttention(
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
  T: number,
  D: number,
): Float64Array {
  const f = Math.fround;
  const out = new Float64Array(T * D);
  const scale = f(1 / Math.sqrt(D));
  for (let t = 0; t < T; t++) {
    const s: number[] = [];
    for (let j = 0; j <= t; j++) {
      let dot = 0;
      for (let d = 0; d < D; d++) dot = f(dot + f(q[t * D + d] * k[j * D + d]));
      s.push(f(dot * scale));
    }
    const m = Math.max(...s);
    const p = s.map((x) => f(Math.exp(f(x - m))));
    const l = p.reduce((a, b) => f(a + b), 0);
    for (let d = 0; d < D; d++) {
      let sum = 0;
      for (let j = 0; j <= t; j++) sum = f(sum + f(f(p[j] / l) * v[j * D + d]));
      out[t * D + d] = sum;
    }
  }
  return out;
}

if (host.gpu)
  describe('attention', () => {
    let device: Device;
    beforeAll(async () => {
      device = await Device.open({ gpu: openTestGpu() });
    });
    afterAll(() => device[Symbol.dispose]());

    for (const rung of ['software', 'hardware'] as const) {
      // With logits up to 1e4 the rounding of a logit is 1e-3, for everybody.
      it(
        `errs at most 2.5 times as much as plain f32, with small logits and large (${rung})`,
        { timeout: 1_200_000 },
        async () => {
          const [T, D] = [67, 64];
          const g = new Graph(as(device, rung));
          const x = g.input('qkv', [1, T, 3 * D], 'f32');
          using plan = await g.compile({ y: selfAttention(g, x, { heads: 1, causal: true }) });
          for (const std of [0.1, 1, 10, 30, 100]) {
            const random = new Random(std);
            const qkv = Float32Array.from(
              { length: x.size },
              (_, i) => (i % (3 * D) < 2 * D ? std : 1) * random.normal(),
            );
            plan.run({ qkv });
            const got = await plan.read('y');
            const [q, k, v] = split(Float64Array.from(qkv), [D, D, D]) as [
              Float64Array,
              Float64Array,
              Float64Array,
            ];
            const want = attentionRef(q, k, v, sizes(fused(1, T, 1, 1, D, true)));
            const plain = plainAttention(q, k, v, T, D);
            const error = (y: ArrayLike<number>) =>
              Math.sqrt(want.reduce((sum, w, i) => sum + (y[i] - w) ** 2, 0) / want.length);
            // Not a ratio: at a spread of 100 one key takes all, and both are exact.
            expect(error(got), `inputs of spread ${std}`).toBeLessThanOrEqual(2.5 * error(plain));
          }
        },
      );
    }
  });

if (!host.gpu)
  describe('attention', () => {
    it("has a reference that equals torch's scaled_dot_product_attention", () => {
      const { q, k, v, out, dout, dq, dk, dv } = fixture.attentionCausal;
      const [B, heads, T, D] = q.shape as [number, number, number, number];
      // (B, H, T, D) -> (B, T, H, D)
      const swap = ({ data }: { data: number[] }): Float64Array =>
        Float64Array.from(data, (_, at) => {
          const [d, h, t, b] = [
            at % D,
            Math.floor(at / D) % heads,
            Math.floor(at / D / heads) % T,
            Math.floor(at / D / heads / T),
          ];
          return data[((b * heads + h) * T + t) * D + d];
        });
      const z = sizes(fused(B, T, heads, heads, D, true));
      const same = (got: Float64Array, want: Float64Array) =>
        got.forEach((x, i) => expect(x).toBeCloseTo(want[i], 12));
      same(attentionRef(swap(q), swap(k), swap(v), z), swap(out));
      const d = attentionRefGrad(swap(q), swap(k), swap(v), swap(dout), z);
      same(d.q, swap(dq));
      same(d.k, swap(dk));
      same(d.v, swap(dv));
    });

    it('names what does not fit', () => {
      const g = new Graph(fakeDevice(), { train: true });
      const x = g.input('x', [2, 3, 40], 'f32', { differentiable: true });
      expect(() => selfAttention(g, x, { heads: 3 })).toThrow(
        /^selfAttention: rows of x \(2, 3, 40\) f32 do not divide/,
      );
      expect(() => attention(g, { q: x, kv: x, heads: 3, keyValueHeads: 2, width: 4 })).toThrow(
        /^attention: 3 heads cannot share 2 key heads/,
      );
      expect(() => attention(g, { q: x, kv: x, heads: 6, width: 8 })).toThrow(
        /^attention: q takes columns 0 to 48 of x/,
      );
      const y = attention(g, { q: x, kv: x, heads: 2, width: 4 });
      expect(() => g.backpropFrom(new Map([[y, y]]))).toThrow(
        /keys takes columns 0 to 8 of x .* but queries 0 to 8/,
      );
    });
  });
