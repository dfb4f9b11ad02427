import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeDevice } from '../../../tests/harness/fake-device';
import fixture from '../../../tests/fixtures/ops.json';
import { compilesSlowly, feature, host, openTestGpu } from '../../../tests/harness/host';
import { as, normal, Random, testOp, type OpTest, type TestArray } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { attention, selfAttention } from './attention';
import { attentionRef, attentionRefGrad, type AttentionSizes } from './attention.ref';

interface Fused {
  readonly [key: string]: number | boolean;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly causal: boolean;
}

const sizes = (c: Fused): AttentionSizes => ({ ...c, S: c.T });

/** Splits rows into column ranges, or joins them. */
function split(x: Float64Array, widths: readonly number[]): Float64Array[] {
  const total = widths.reduce((a, b) => a + b, 0);
  const n = x.length / total;
  return widths.map((w, i) => {
    const offset = widths.slice(0, i).reduce((a, b) => a + b, 0);
    return Float64Array.from({ length: n * w }, (_, at) => x[Math.floor(at / w) * total + offset + (at % w)]);
  });
}
function join(parts: readonly Float64Array[], widths: readonly number[]): Float64Array {
  const total = widths.reduce((a, b) => a + b, 0);
  const out = new Float64Array((parts[0].length / widths[0]) * total);
  let offset = 0;
  for (const [p, part] of parts.entries()) {
    const w = widths[p];
    for (let at = 0; at < part.length; at++) out[Math.floor(at / w) * total + offset + (at % w)] = part[at]!;
    offset += w;
  }
  return out;
}
const fusedWidths = (c: Fused): number[] => [c.heads * c.D, c.keyValueHeads * c.D, c.keyValueHeads * c.D];

// These are the largest kernels: seconds each for lavapipe's compiler. The adapter with f16 tests f16, others f32.
const dtypes = [feature('shader-f16') ? 'f16' : 'f32'] as const;

const fused = (
  B: number,
  T: number,
  heads: number,
  keyValueHeads: number,
  D: number,
  causal: boolean,
): Fused => ({
  B,
  T,
  heads,
  keyValueHeads,
  D,
  causal,
});

const fusedOp = {
  dtypes,
  inputs: ({ B, T, heads, keyValueHeads, D }) => ({ qkv: normal([B, T, (heads + 2 * keyValueHeads) * D]) }),
  op: (g, { qkv }, { heads, keyValueHeads, causal }) =>
    selfAttention(g, qkv, { heads, keyValueHeads, causal }),
  reference: ({ qkv }, c) => {
    const [q, k, v] = split(qkv, fusedWidths(c)) as [Float64Array, Float64Array, Float64Array];
    return { y: attentionRef(q, k, v, sizes(c)) };
  },
  gradient: ({ qkv }, { y }, c) => {
    const [q, k, v] = split(qkv, fusedWidths(c)) as [Float64Array, Float64Array, Float64Array];
    const d = attentionRefGrad(q, k, v, y, sizes(c));
    return { qkv: join([d.q, d.k, d.v], fusedWidths(c)) };
  },
  terms: ({ T, heads, keyValueHeads, D }) => D + (T * heads) / keyValueHeads,
} satisfies Partial<OpTest<Fused, { qkv: TestArray }>>;

testOp('selfAttention', {
  // Few head widths, because each is a pipeline; T at 1, primes and the edges of both rungs' tiles.
  cases: [
    fused(1, 3, 1, 1, 4, true),
    fused(1, 1, 2, 2, 20, true),
    fused(2, 15, 4, 2, 20, true),
    fused(1, 17, 2, 1, 20, false),
    fused(2, 31, 3, 3, 20, true),
    fused(1, 33, 4, 1, 20, true),
    ...(compilesSlowly ? [] : [fused(1, 67, 4, 2, 64, true), fused(1, 67, 4, 4, 64, false)]),
  ],
  rungs: ['software', 'hardware'],
  ...fusedOp,
});

testOp('selfAttention of software adapters without subgroups', {
  cases: [fused(2, 31, 3, 3, 20, true), fused(1, 33, 4, 1, 20, true), fused(1, 37, 3, 1, 3, false)],
  rungs: ['no subgroups'],
  ...fusedOp,
  dtypes: ['f32'],
  races: false, // the cpu host has no subgroups, so that 'software' above has looked
  finiteDifferences: false,
});

// The smallest of these, which is looked at for races, has more rows than a tile of 32.
testOp('selfAttention of tiles of 64 rows', {
  cases: [fused(1, 34, 1, 1, 4, true), fused(1, 65, 2, 1, 20, false)],
  rungs: ['hardware'],
  ...fusedOp,
  finiteDifferences: false, // as above
});

// Other variants of the same kernels.
testOp('selfAttention of heads that 4 does not divide, and of wide ones', {
  cases: [
    fused(2, 5, 2, 2, 3, true),
    fused(1, 37, 3, 1, 3, false),
    ...(compilesSlowly ? [] : [fused(1, 19, 3, 3, 128, true)]),
  ],
  rungs: compilesSlowly ? ['software'] : ['software', 'hardware'],
  ...fusedOp,
});

testOp('attention across sequences of other lengths', {
  cases: [
    { B: 1, T: 2, S: 3, causal: false },
    { B: 3, T: 5, S: 19, causal: false },
    { B: 3, T: 35, S: 7, causal: true },
    { B: 3, T: 7, S: 35, causal: true },
  ],
  rungs: ['software', 'hardware'],
  dtypes,
  inputs: ({ B, T, S }) => ({
    q: normal([B, T, 8]),
    kv: normal([B, S, 16]),
    // The second sequence has no key at all: zeros, and no gradient.
    lengths: { shape: [B], data: Uint32Array.of(S, 0, Math.ceil(S / 2)).slice(0, B) },
  }),
  op: (g, { q, kv, lengths }, { causal }) => attention(g, { q, kv, heads: 2, width: 4, causal, lengths }),
  reference: ({ q, kv, lengths }, c) => {
    const [k, v] = split(kv, [8, 8]) as [Float64Array, Float64Array];
    return { y: attentionRef(q, k, v, { ...c, heads: 2, keyValueHeads: 2, D: 4, lengths }) };
  },
  gradient: ({ q, kv, lengths }, { y }, c) => {
    const [k, v] = split(kv, [8, 8]) as [Float64Array, Float64Array];
    const d = attentionRefGrad(q, k, v, y, { ...c, heads: 2, keyValueHeads: 2, D: 4, lengths });
    return { q: d.q, kv: join([d.k, d.v], [8, 8]), lengths: new Float64Array() };
  },
  terms: ({ T, S }) => 8 + Math.max(T, S),
});

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
