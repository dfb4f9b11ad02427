import { describe, expect, it } from 'vitest';
import { assertClose } from '../../../../tests/harness/close';
import { fakeDevice } from '../../../../tests/harness/fake-device';
import { withDevice } from '../../../../tests/harness/device';
import { feature, host } from '../../../../tests/harness/host';
import { as, Random } from '../../../../tests/harness/op';
import { findRaces } from '../../../../tests/harness/races';
import { Graph } from '../../../graph/graph';
import type { Plan } from '../../../graph/plan';
import type { Tensor } from '../../../graph/tensor';
import { type Device } from '../../../runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../../runtime/half';
import type { AttentionProbe } from './probe';
import { attention } from '../attention';
import { rollOut } from './maps_rollout';
import { keptRef } from '../attention.ref';
import type { AttentionBias } from '../bias/bias';
import { bucketBias } from '../bias/bias_buckets';
import { denseBias } from '../bias/bias_dense';
import { slopeBias } from '../bias/bias_slopes';
import { ropeFrequenciesRef, ropeRef } from '../../rope/rope.ref';
import type { AttentionOptions } from '../options';
import { localPattern, stridedPattern, unionPattern } from '../pattern/pattern';

interface Case extends Omit<AttentionOptions, 'lengths' | 'bias' | 'keyMask'> {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly width: number;
  readonly lengths?: readonly number[];
  readonly slopes?: readonly number[];
  /** (B, S), 0 where a key is hidden. */
  readonly mask?: readonly number[];
  /** Added to the logit of a pair, by head and distance: as a dense bias or in T5's buckets of one distance each. */
  readonly bias?: {
    readonly kind: 'dense' | 'buckets';
    readonly of: (h: number, distance: number) => number;
  };
  /** Which keys a query row sees; the options say the same to the op. */
  readonly sees?: (t: number, j: number) => boolean;
}

const pattern = unionPattern(localPattern(3, 0), stridedPattern(8));
const cases: Readonly<Record<string, Case>> = {
  causal: { B: 2, T: 37, S: 37, heads: 4, keyValueHeads: 2, width: 20, causal: true },
  'cross, padded': { B: 2, T: 5, S: 67, heads: 1, keyValueHeads: 1, width: 32, lengths: [67, 9] },
  narrow: { B: 1, T: 66, S: 70, heads: 2, keyValueHeads: 2, width: 3, causal: true },
  'one key': { B: 1, T: 1, S: 1, heads: 1, keyValueHeads: 1, width: 8 },
  windowed: {
    B: 1,
    T: 70,
    S: 70,
    heads: 2,
    keyValueHeads: 2,
    width: 8,
    causal: true,
    window: 5,
    softcap: 1.5,
    sees: (t, j) => t - j < 5,
  },
  sparse: {
    B: 1,
    T: 70,
    S: 70,
    heads: 2,
    keyValueHeads: 1,
    width: 8,
    causal: true,
    pattern,
    slopes: [0.5, 0.1],
    sees: (t, j) => t - j <= 3 || (t - j) % 8 === 0,
  },
  'masked, dense bias': {
    ...{ B: 2, T: 4, S: 6, heads: 2, keyValueHeads: 1, width: 8 },
    mask: [1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0],
    bias: { kind: 'dense', of: (h, distance) => (h + 1) * Math.sin(distance) },
  },
  'bias by buckets, dropout': {
    ...{ B: 1, T: 35, S: 39, heads: 2, keyValueHeads: 2, width: 8, causal: true, dropout: 0.4 },
    bias: { kind: 'buckets', of: (h, distance) => (h + 1) * Math.sin(distance) },
  },
  rotary: {
    ...{ B: 1, T: 35, S: 39, heads: 2, keyValueHeads: 2, width: 16, causal: true },
    rope: { rotary: 8, theta: 100 },
  },
  'no key': { B: 2, T: 3, S: 4, heads: 1, keyValueHeads: 1, width: 8, lengths: [0, 4] },
};

const STEP = { seed: 7, index: 3 };
const random = new Random(21);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

function record(
  device: Device,
  c: Case,
  { train = false, storage = 'f32' }: { train?: boolean; storage?: 'f32' | 'f16' } = {},
): {
  g: Graph;
  outputs: Record<string, Tensor>;
} {
  const { B, T, S, heads, keyValueHeads, width, lengths, slopes, mask, bias, sees: _sees, ...rest } = c;
  const g = new Graph(device, { train, storage, label: 'look' });
  const q = g.input('q', [B, T, heads * width], storage, { differentiable: train });
  const kv = g.input('kv', [B, S, 2 * keyValueHeads * width], storage, { differentiable: train });
  const y = g.scope('layer', () =>
    attention(g, {
      q,
      kv,
      heads,
      keyValueHeads,
      width,
      ...rest,
      ...(lengths && { lengths: g.constant('lengths', [B], Uint32Array.from(lengths)) }),
      ...(slopes && { bias: slopeBias(slopes) }),
      ...(mask && { keyMask: g.constant('mask', [B, S], Uint32Array.from(mask)) }),
      ...(bias && { bias: biasOf(g, bias, c) }),
    }),
  );
  if (!train) return { g, outputs: { y } };
  const dy = g.input('dy', y.shape, storage);
  g.backpropFrom(new Map([[y, dy]]));
  return { g, outputs: { y, dq: g.grad(q), dkv: g.grad(kv) } };
}

function biasOf(g: Graph, { kind, of }: NonNullable<Case['bias']>, { T, S, heads }: Case): AttentionBias {
  if (kind === 'dense') {
    const data = Float32Array.from({ length: heads * T * S }, (_, i) =>
      of(Math.floor(i / (T * S)), (i % S) - (Math.floor(i / S) % T) - (S - T)),
    );
    return denseBias(g.constant('bias', [1, heads, T, S], data));
  }
  const data = Float32Array.from({ length: (T + S) * heads }, (_, i) =>
    of(i % heads, Math.floor(i / heads) - S),
  );
  return bucketBias(g.constant('table', [T + S, heads], data), (distance) => distance + S);
}

/** Rows of C with their first `heads` heads turned; row 0 stands at `start`. */
function turned(
  { B, rope, width }: Case,
  x: Float32Array,
  { C, heads, start }: { C: number; heads: number; start: number },
): ArrayLike<number> {
  if (!rope) return x;
  const frequencies = ropeFrequenciesRef(rope.rotary ?? width, rope.theta ?? 10_000);
  return ropeRef(Float64Array.from(x), {
    ...{ T: x.length / B / C, C, heads, width, start, offset: 0, frequencies },
  });
}

/** Probabilities (B, H, T, S) and, for dout, their gradients, in float64. */
function reference(c: Case, rawQ: Float32Array, rawKv: Float32Array, dout?: Float32Array) {
  const { B, T, S, heads: H, keyValueHeads: G, width: D } = c;
  const q = turned(c, rawQ, { C: H * D, heads: H, start: S - T });
  const kv = turned(c, rawKv, { C: 2 * G * D, heads: G, start: 0 });
  const kept = c.dropout ? keptRef(STEP, { heads: H, S, rate: c.dropout }) : null;
  const p = new Float64Array(B * H * T * S);
  const dp = new Float64Array(p.length);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let t = 0; t < T; t++) {
        const at = ((b * H + h) * T + t) * S;
        const g = Math.floor((h * G) / H);
        const logits = Array.from({ length: S }, (_, j) => {
          const position = t + S - T;
          if (
            j >= (c.lengths?.[b] ?? S) ||
            (c.causal && j > position) ||
            c.sees?.(t, j) === false ||
            c.mask?.[b * S + j] === 0
          )
            return -Infinity;
          let x = 0;
          for (let d = 0; d < D; d++) {
            x += q[((b * T + t) * H + h) * D + d] * kv[((b * S + j) * 2 * G + g) * D + d];
            if (dout)
              dp[at + j] +=
                (kept?.(b, h, t, j) ?? 1) *
                dout[((b * T + t) * H + h) * D + d] *
                kv[((b * S + j) * 2 * G + G + g) * D + d];
          }
          x /= Math.sqrt(D);
          if (c.softcap) x = c.softcap * Math.tanh(x / c.softcap);
          return x - (c.slopes?.[h] ?? 0) * Math.abs(j - position) + (c.bias?.of(h, j - position) ?? 0);
        });
        const m = Math.max(...logits);
        if (m === -Infinity) continue;
        const l = logits.reduce((sum, x) => sum + Math.exp(x - m), 0);
        for (let j = 0; j < S; j++) p[at + j] = Math.exp(logits[j] - m) / l;
      }
  return { p, dp };
}

const entropyOf = (p: Float64Array, S: number): Float64Array =>
  Float64Array.from({ length: p.length / S }, (_, r) =>
    p.subarray(r * S, (r + 1) * S).reduce((sum, x) => sum - (x > 0 ? x * Math.log(x) : 0), 0),
  );

if (!host.gpu)
  describe('attention on demand', () => {
    const last = { run: 1, position: 0, length: 0 };
    for (const software of [true, false]) {
      it(`has no data race (${software ? 'software' : 'hardware'})`, async () => {
        const c = { ...cases.narrow, T: 6, S: 7 };
        const { g } = record(fakeDevice({ software }), c, { train: true });
        const probe = g.probes[0] as AttentionProbe;
        for (const request of await Promise.all([
          probe.map('', 'mean', {}),
          probe.map('', 'all', { gradient: true, rows: [1, 6] }),
          probe.entropy(),
        ])) {
          for (const d of request.record(last).dispatches)
            expect(findRaces(d, {}), d.variant.label).toEqual([]);
        }
      });
    }

    it('refuses maps that do not fit into one binding, with the numbers', async () => {
      const { g } = record(fakeDevice(), { ...cases.causal, T: 16_384, S: 16_384 });
      const request = await (g.probes[0] as AttentionProbe).map('h.0', 0, {});
      expect(() => request.record(last)).toThrow(
        "h.0: 1 maps of 16384 rows and 16384 keys take 1073741824 bytes, more than a binding's 134217728. " +
          'Ask for fewer rows or heads at a time.',
      );
    });

    it('rolls maps out as the product of matrices', () => {
      const T = 5;
      const maps = [0, 1, 2].map(() => {
        const map = noise(T * T).map(Math.abs);
        for (let t = 0; t < T; t++) {
          const row = map.subarray(t * T, (t + 1) * T).fill(0, t + 1);
          const sum = row.reduce((a, b) => a + b);
          for (let j = 0; j < T; j++) row[j] /= sum;
        }
        return map;
      });
      maps[1].fill(0, 0, T); // a row that sees nothing keeps what it has
      let want = Array.from({ length: T }, (_, t) => Array.from({ length: T }, (__, j) => Number(t === j)));
      for (const [layer, map] of maps.entries()) {
        const mixed = want.map((_, t) =>
          want.map((__, j) =>
            layer === 1 && t === 0 ? Number(j === 0) : 0.5 * Number(t === j) + 0.5 * map[t * T + j],
          ),
        );
        want = mixed.map((row) => want.map((_, j) => row.reduce((sum, x, m) => sum + x * want[m][j], 0)));
      }
      const all = rollOut(maps, { T, from: 0, to: T, residual: 0.5 });
      assertClose('rollout', all, want.flat(), [T, T], { epsilon: 2 ** -23, terms: T });
      const some = rollOut([maps[0], maps[1], maps[2].slice(2 * T, 4 * T)], {
        T,
        from: 2,
        to: 4,
        residual: 0.5,
      });
      expect([...some]).toEqual([...all.subarray(2 * T, 4 * T)]);
      for (let t = 0; t < T; t++) {
        expect(all.subarray(t * T, (t + 1) * T).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
      }
    });
  });

if (host.gpu)
  describe('attention on demand', () => {
    let device: Device;
    withDevice((opened) => (device = opened));
    const slow = feature('shader-f16'); // lavapipe, whose compiler is slow: one case for each kernel

    const feed = (c: Case) => ({
      q: noise(c.B * c.T * c.heads * c.width),
      kv: noise(c.B * c.S * 2 * c.keyValueHeads * c.width),
    });
    const check = async (
      plan: Plan,
      c: Case,
      want: ReturnType<typeof reference>,
      epsilon: number,
      gradient: boolean,
    ) => {
      const { B, T, S, heads } = c;
      const size = heads * T * S;
      for (let batch = 0; batch < B; batch++) {
        const map = await plan.attention(0, 'all', { batch, gradient });
        expect(map.shape).toEqual([heads, T, S]);
        const part = <A extends Float64Array>(x: A) => x.subarray(batch * size, (batch + 1) * size);
        const bound = { epsilon, terms: c.width, scale: 1 };
        assertClose('p', map.probabilities, part(want.p), map.shape, bound);
        assertClose('entropy', map.entropy, entropyOf(part(want.p), S), [heads, T], { ...bound, scale: 4 });
        if (!gradient) continue;
        // Where a key is not seen dp is 0, in the reference too.
        assertClose('dp', map.gradient!, part(want.dp), map.shape, { epsilon, terms: c.width, scale: 8 });
        const ds = part(want.p).map((p, i) => {
          const row = Math.floor(i / S) * S;
          let mean = 0;
          for (let j = row; j < row + S; j++) mean += part(want.p)[j] * part(want.dp)[j];
          return p * (part(want.dp)[i] - mean);
        });
        assertClose('ds', map.scoreGradient!, ds, map.shape, { epsilon, terms: c.width, scale: 8 });
      }
      const entropy = await plan.attentionEntropy('layer');
      expect(entropy.shape).toEqual([B, heads, T]);
      assertClose('entropies', entropy.values, entropyOf(want.p, S), entropy.shape, {
        epsilon,
        terms: c.width,
        scale: 8,
      });
    };

    for (const rung of ['software', 'hardware'] as const) {
      it(`shows the probabilities of every kind (${rung})`, { timeout: 1_200_000 }, async () => {
        for (const [name, c] of Object.entries(cases)) {
          // The rungs differ in the tile that masks and patterns count in; software adapters compile GPU tiles slowly.
          if (
            rung === 'hardware'
              ? !(slow ? ['causal'] : ['sparse', 'rotary']).includes(name)
              : slow && name !== 'causal'
          )
            continue;
          const { g, outputs } = record(as(device, rung), c);
          using plan = await g.compile(outputs);
          expect(plan.attentions).toMatchObject([
            { layer: 0, label: 'layer', heads: c.heads, T: c.T, S: c.S },
          ]);
          const { q, kv } = feed(c);
          plan.run({ q, kv });
          await check(plan, c, reference(c, q, kv), 2 ** -23, false).catch((error: unknown) => {
            throw new Error(name, { cause: error });
          });
        }
      });
    }

    it(
      'shows gradients of a training plan, and changes neither results nor gradients',
      { timeout: 1_200_000 },
      async () => {
        const names = ['causal', 'cross, padded', 'bias by buckets, dropout', 'rotary'];
        for (const name of names.slice(0, slow ? 1 : 4)) {
          const c = cases[name];
          // Rows turn on load on the hardware rung.
          const { g, outputs } = record(c.rope ? as(device, 'hardware') : device, c, { train: true });
          using plan = await g.compile(outputs);
          const { q, kv } = feed(c);
          const dy = noise(c.B * c.T * c.heads * c.width);
          plan.run({ q, kv, dy }, STEP);
          const before = await Promise.all(['y', 'dq', 'dkv'].map((name) => plan.read(name)));
          await check(plan, c, reference(c, q, kv, dy), 2 ** -23, true);
          expect(await Promise.all(['y', 'dq', 'dkv'].map((name) => plan.read(name)))).toEqual(before);
        }
      },
    );

    it.skipIf(!feature('shader-f16'))(
      'shows f16 plans (needs shader-f16)',
      { timeout: 1_200_000 },
      async () => {
        const c = cases.causal;
        const { g, outputs } = record(device, c, { storage: 'f16' });
        using plan = await g.compile(outputs);
        const { q, kv } = feed(c);
        const half = { q: float32ToFloat16(q), kv: float32ToFloat16(kv) };
        plan.run(half);
        const want = reference(c, float16ToFloat32(half.q), float16ToFloat32(half.kv));
        await check(plan, c, want, 2 ** -22, false);
      },
    );

    it('combines heads and takes ranges of rows, heads and sequences', async () => {
      const c = cases.causal;
      const { g, outputs } = record(device, c);
      using plan = await g.compile(outputs);
      plan.run(feed(c));
      const { T, S, heads } = c;
      const all = await plan.attention('layer', 'all', { batch: 1 });
      const head = (h: number) => all.probabilities.subarray(h * T * S, (h + 1) * T * S);
      const [one, some, mean, most, least] = await Promise.all([
        plan.attention(0, 2, { batch: 1, rows: [9, 23] }),
        plan.attention(0, [3, 1], { batch: 1 }),
        plan.attention(0, 'mean', { batch: 1 }),
        plan.attention(0, 'max', { batch: 1, rows: [5, 6] }),
        plan.attention(0, 'min', { batch: 1 }),
      ]);
      expect(one.shape).toEqual([1, 14, S]);
      expect(one.probabilities).toEqual(head(2).slice(9 * S, 23 * S));
      expect(one.row(10)).toEqual(head(2).slice(10 * S, 11 * S));
      expect(() => one.row(23)).toThrow('AttentionMap.row: row 23 of map 0, but it holds rows 9 to 23 of 1');
      expect(some.probabilities).toEqual(Float32Array.of(...head(3), ...head(1)));
      const joined = (f: (...p: number[]) => number): Float32Array =>
        Float32Array.from({ length: T * S }, (_, i) =>
          f(...Array.from({ length: heads }, (__, h) => head(h)[i])),
        );
      const average = joined((...p) => p.reduce((a, b) => a + b / heads, 0));
      assertClose('mean', mean.probabilities, average, [T, S], { epsilon: 2 ** -23, terms: heads });
      expect(mean.heads).toEqual([]);
      expect(most.probabilities).toEqual(joined(Math.max).slice(5 * S, 6 * S));
      expect(least.probabilities).toEqual(joined(Math.min));
    });

    it('materialises nothing unless asked, and leaves nothing behind', async () => {
      const c = cases.causal;
      const { g, outputs } = record(device, c);
      using plan = await g.compile(outputs);
      const inputs = feed(c);
      plan.run(inputs);
      const y = await plan.read('y');
      const before = device.buffers.stats;
      await plan.attention(0, 'all');
      await plan.attentionEntropy(0);
      expect(device.buffers.stats.live).toBe(before.live);
      expect(device.buffers.stats.owners).toEqual(before.owners);
      expect(await plan.read('y')).toEqual(y);
      // By hand: the suite runs in Deno too, where Vitest's spies are not.
      const { gpu } = device;
      let made = 0;
      const names = ['createBuffer', 'createBindGroup', 'createShaderModule'] as const;
      for (const name of names) {
        const real = gpu[name].bind(gpu) as (descriptor: never) => unknown;
        Object.defineProperty(gpu, name, { configurable: true, value: (d: never) => (made++, real(d)) });
      }
      for (let i = 0; i < 5; i++) plan.run(inputs);
      expect(made).toBe(0);
      await plan.attention(0, 0);
      expect(made).toBeGreaterThan(0);
      for (const name of names) Reflect.deleteProperty(gpu, name);
      expect(await plan.read('y')).toEqual(y);
    });

    it('refuses what there is not, with the numbers', async () => {
      const c = cases.causal;
      const { g, outputs } = record(device, c);
      using plan = await g.compile(outputs);
      await expect(plan.attention(0, 0)).rejects.toThrow('look: it has not run yet. Call run first.');
      plan.run(feed(c));
      const refused = async (...ask: Parameters<Plan['attention']>): Promise<string> =>
        plan.attention(...ask).then(
          () => 'nothing thrown',
          (error: unknown) => String(error),
        );
      expect(await refused(1, 0)).toBe(`ShapeError: look: no attention 1. It has 1: 0 layer.`);
      expect(await refused('h.3', 0)).toBe(`ShapeError: look: no attention "h.3". It has 1: 0 layer.`);
      expect(await refused(0, 4)).toBe(
        `ShapeError: look / layer: no head 4. It has 4, from 0 to 3; 'all' shows all, 'mean', 'max' and 'min' combine them.`,
      );
      expect(await refused(0, [])).toBe(
        `ShapeError: look / layer: an empty list of heads. It has 4, from 0 to 3; 'all' shows all, 'mean', 'max' and 'min' combine them.`,
      );
      expect(await refused(0, 0, { rows: [3, 38] })).toBe(
        `ShapeError: look / layer: no rows 3 to 38. It has 37 query rows: give [from, to) with 0 ≤ from < to ≤ 37.`,
      );
      expect(await refused(0, 0, { batch: 2 })).toBe(
        `ShapeError: look / layer: no sequence 2. The batch has 2, from 0 to 1.`,
      );
      expect(await refused(0, 0, { gradient: true })).toBe(
        `ShapeError: look / layer: no gradient reaches this attention in this plan. Ask a plan that trains: a graph with { train: true } and backprop.`,
      );
      expect(await refused(0, 'mean', { gradient: true })).toBe(
        `ShapeError: look / layer: no gradient of the mean of heads. Ask for heads one by one, or for all.`,
      );
    });
  });
