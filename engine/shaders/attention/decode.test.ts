import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { feature, host, openTestGpu } from '../../../tests/harness/host';
import { as, Random } from '../../../tests/harness/op';
import { findRaces } from '../../../tests/harness/races';
import { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { Device } from '../../runtime/device';
import { float16ToFloat32, float32ToFloat16 } from '../../runtime/half';
import { decodeAttention, decodeCrossAttention, type DecodeOptions } from './decode';
import { chooseDecode } from './decode_launch';
import { decodeRef } from './decode.ref';

const random = new Random(21);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

interface Case {
  readonly name: string;
  readonly B: number;
  readonly T: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly capacity: number;
  /** Positions of row 0 to try, of sequence 0. */
  readonly at: readonly number[];
  readonly starts?: readonly number[];
  readonly f16?: boolean;
  readonly options?: Omit<DecodeOptions, 'heads' | 'starts' | 'bias'>;
  readonly bias?: 'slopes' | 'buckets';
}

const BUCKETS = 5;
const bucketOf = (distance: number): number => Math.min(BUCKETS - 1, Math.floor(Math.log2(1 - distance)));
const SLOPES = [0.5, 0.25, 0.125, 0.0625];

/** The slot of a position: told here once more, so that a wrong one cannot agree with itself. */
function slotOf(
  position: number,
  capacity: number,
  { slides = false, sinks = 0 }: Partial<DecodeOptions>,
): number {
  if (!slides || position < sinks) return position;
  const ring = capacity - sinks;
  let slot = position - sinks;
  while (slot >= ring) slot -= ring;
  return sinks + slot;
}

const even: Omit<Case, 'name' | 'heads' | 'keyValueHeads' | 'D'> = {
  B: 1,
  T: 1,
  capacity: 1000,
  at: [0, 1, 254, 255, 256, 257, 511, 777, 999],
};
const cases: readonly Case[] = [
  { name: 'width 8', ...even, heads: 4, keyValueHeads: 4, D: 8 },
  { name: 'width 20, six heads to two', ...even, heads: 6, keyValueHeads: 2, D: 20 },
  { name: 'width 64, four heads to one', ...even, heads: 4, keyValueHeads: 1, D: 64 },
  { name: 'width 128', ...even, heads: 2, keyValueHeads: 2, D: 128, at: [0, 300, 999] },
  { name: 'width 5', ...even, heads: 2, keyValueHeads: 1, D: 5, at: [0, 3, 300, 999] },
  { name: 'f16 caches', ...even, heads: 4, keyValueHeads: 1, D: 64, f16: true, at: [0, 300, 999] },
  {
    name: 'ragged batch, three rows, window, soft cap and slopes',
    B: 3,
    T: 3,
    heads: 4,
    keyValueHeads: 2,
    D: 20,
    capacity: 600,
    at: [0, 10, 280],
    starts: [0, 200, 17],
    options: { window: 100, softcap: 2, scale: 0.4 },
    bias: 'slopes',
  },
  {
    name: 'ragged batch, buckets',
    B: 2,
    T: 1,
    heads: 4,
    keyValueHeads: 4,
    D: 6,
    capacity: 50,
    at: [0, 9],
    starts: [0, 40],
    bias: 'buckets',
  },
  {
    name: 'ragged prompts in tiles, window, soft cap and slopes',
    B: 2,
    T: 9,
    heads: 4,
    keyValueHeads: 2,
    D: 8,
    capacity: 90,
    at: [0, 40],
    starts: [0, 40],
    options: { window: 21, softcap: 2 },
    bias: 'slopes',
  },
  {
    name: 'a prompt in tiles, buckets',
    B: 1,
    T: 20,
    heads: 2,
    keyValueHeads: 2,
    D: 8,
    capacity: 50,
    at: [0, 7],
    bias: 'buckets',
  },
  {
    name: 'sliding cache with sinks, two rows at once',
    B: 2,
    T: 2,
    heads: 2,
    keyValueHeads: 1,
    D: 8,
    capacity: 300,
    at: [0, 1, 2, 3, 150, 298, 299, 300, 597, 601, 2000],
    starts: [0, 7],
    options: { slides: true, sinks: 3 },
  },
  {
    name: 'sliding cache, one row',
    B: 1,
    T: 1,
    heads: 4,
    keyValueHeads: 4,
    D: 8,
    capacity: 300,
    at: [0, 299, 300, 450, 899],
    options: { slides: true },
  },
];

/** A graph of one decode step. Its bias weights, if any, are an input. */
function record(device: Device, c: Case): { g: Graph; y: Tensor } {
  const g = new Graph(device, { label: 'decode' });
  const qkv = g.input('qkv', [c.B, c.T, (c.heads + 2 * c.keyValueHeads) * c.D], 'f32');
  const cache = [c.B, c.capacity, c.keyValueHeads * c.D];
  const dtype = c.f16 ? 'f16' : 'f32';
  const bias: DecodeOptions['bias'] =
    c.bias === 'slopes'
      ? { kind: 'slopes', slopes: SLOPES.slice(0, c.heads) }
      : c.bias === 'buckets'
        ? { kind: 'buckets', table: g.input('table', [BUCKETS, c.heads], 'f32'), bucketOf }
        : undefined;
  const y = decodeAttention(g, qkv, g.input('keys', cache, dtype), g.input('values', cache, dtype), {
    heads: c.heads,
    keyValueHeads: c.keyValueHeads,
    ...c.options,
    bias,
    ...(c.starts && { starts: g.input('starts', [c.B], 'u32') }),
  });
  return { g, y };
}

async function check(device: Device, c: Case): Promise<void> {
  const { B, T, heads: H, keyValueHeads: G, D, capacity, options = {} } = c;
  const { g, y } = record(device, c);
  using plan = await g.compile({ y });
  const ahead = c.starts ?? new Array<number>(B).fill(0);
  const S = Math.max(...c.at) + Math.max(...ahead) + T; // positions ever reached
  const table = noise(BUCKETS * H);
  const stored = (x: Float32Array): Float32Array => (c.f16 ? float16ToFloat32(float32ToFloat16(x)) : x);
  const k = stored(noise(B * S * G * D));
  const v = stored(noise(B * S * G * D));
  for (const position of c.at) {
    const starts = ahead.map((n) => n + position);
    if (!options.slides && Math.max(...starts) + T > capacity) throw new Error(`${c.name}: bad case`);
    // NaN in slots that no position up to now has: no row may touch them.
    const caches = [k, v].map((x) => {
      const cache = new Float32Array(B * capacity * G * D).fill(NaN);
      for (let b = 0; b < B; b++) {
        for (let p = 0; p < starts[b] + T; p++) {
          const from = (b * S + p) * G * D;
          cache.set(x.subarray(from, from + G * D), (b * capacity + slotOf(p, capacity, options)) * G * D);
        }
      }
      return c.f16 ? float32ToFloat16(cache) : cache;
    });
    const qkv = noise(B * T * (H + 2 * G) * D);
    plan.run(
      {
        qkv,
        keys: caches[0],
        values: caches[1],
        ...(c.starts && { starts: Uint32Array.from(c.starts) }),
        ...(c.bias === 'buckets' && { table }),
      },
      { position },
    );
    const got = await plan.read('y');
    const q = Float64Array.from(
      { length: B * T * H * D },
      (_, i) => qkv[Math.floor(i / (H * D)) * (H + 2 * G) * D + (i % (H * D))],
    );
    const { slides = false, sinks = 0, window = slides ? capacity - sinks - T + 1 : Infinity } = options;
    const bias =
      c.bias === 'slopes'
        ? (h: number, back: number) => -SLOPES[h] * back
        : c.bias === 'buckets'
          ? (h: number, back: number) => table[bucketOf(-back) * H + h]
          : undefined;
    const want = decodeRef(q, Float64Array.from(k), Float64Array.from(v), {
      ...{ B, T, S, heads: H, keyValueHeads: G, D, starts, scale: options.scale, window, sinks },
      ...{ softcap: options.softcap, bias },
    });
    assertClose(`decode ${c.name} at ${position}`, got, want, y.shape, { epsilon: 2 ** -23, terms: S });
  }
}

if (!host.gpu)
  describe('decode', () => {
    it('has no data race', () => {
      const few = { B: 1, T: 1, D: 4, capacity: 300, f16: false, starts: undefined };
      for (const c of [cases[5], cases[6], cases[7], cases[8]]) {
        const { g } = record(fakeDevice({ software: c === cases[7] }), {
          ...c,
          ...few,
          heads: 2,
          keyValueHeads: 1,
        });
        for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.key).toEqual([]);
      }
    });
    it('splits long caches of few heads, and no others', () => {
      const gpu = (rows: number, keyHeads: number, capacity: number) =>
        chooseDecode({ rows, keyHeads, capacity }, { software: false });
      expect(gpu(1, 12, 256)).toEqual({ queries: 1, splits: 1, least: 256 });
      expect(gpu(1, 12, 1024).splits).toBe(4);
      expect(gpu(1, 12, 65536).splits).toBe(43);
      expect(gpu(4, 8, 8192)).toEqual({ queries: 4, splits: 32, least: 256 });
      expect(gpu(7, 8, 8192).splits).toBe(32);
      expect(gpu(1, 512, 8192).splits).toBe(1);
    });
    const g = new Graph(fakeDevice());
    const qkv = g.input('qkv', [2, 3, 48], 'f32');
    const cache = g.input('cache', [2, 10, 8], 'f32');
    const z = { heads: 4, keyValueHeads: 1 };
    const decode = (options: Omit<DecodeOptions, 'heads'>) => () =>
      decodeAttention(g, qkv, cache, cache, { ...z, ...options });
    it('refuses windows, sinks and biases that do not fit, with the numbers', () => {
      expect(decode({ window: 0 })).toThrow('decodeAttention: window is 0. Give a whole number of positions');
      expect(decode({ slides: true, window: 9 })).toThrow(
        'a window of 9 for 3 rows at once in sliding caches of 10 rows with 0 sinks. There must be room',
      );
      expect(decode({ sinks: 2 })).toThrow('2 sinks in caches of 10 rows that do not slide');
      expect(decode({ slides: true, sinks: 10 })).toThrow('10 sinks in caches of 10 rows that slide');
      expect(decode({ bias: { kind: 'slopes', slopes: [1] } })).toThrow(
        'the bias is for 1 heads, but there are 4',
      );
      const table = g.input('table', [2, 4], 'f32');
      expect(decode({ bias: { kind: 'buckets', table, bucketOf: (n) => -n } })).toThrow(
        'distance -2 falls into bucket 2, but table (2, 4) f32 has 2',
      );
      expect(decode({ rope: { rotary: 3 } })).toThrow('3 columns of a head of 8 cannot rotate in pairs');
    });
  });

if (host.gpu)
  describe('decode', () => {
    let device: Device;
    beforeAll(async () => {
      device = await Device.open({ gpu: openTestGpu() });
      device.buffers.poison = 0x7fff7fff; // NaN as f32 and as a pair of f16
    });
    afterAll(() => device[Symbol.dispose]());
    // Lavapipe, the adapter with f16, compiles tiles for seconds; Chromium tests all of them on both rungs.
    const tiles = (c: Case) => c.T >= 8 && feature('shader-f16');
    for (const c of cases.filter((one) => !tiles(one) || one.bias === 'slopes')) {
      const missing = c.f16 && !feature('shader-f16');
      it.skipIf(missing)(
        missing ? `${c.name} (needs shader-f16)` : c.name,
        { timeout: 240_000 },
        async () => {
          if (!tiles(c)) await check(as(device, 'hardware'), c);
          // The kernels are the same: only how many workgroups share the keys differs.
          await check(as(device, 'software'), c);
        },
      );
    }
    it('crosses to an encoder’s keys, as many as each sequence has', async () => {
      const [B, T, S, H, G, D] = [3, 1, 700, 4, 2, 8] as const;
      const g = new Graph(as(device, 'hardware'));
      const q = g.input('q', [B, T, H * D + 4], 'f32');
      const keys = g.input('keys', [B, S, G * D], 'f32');
      const values = g.input('values', [B, S, G * D], 'f32');
      const lengths = g.input('lengths', [B], 'u32', { below: S + 1 });
      const y = decodeCrossAttention(g, q, keys, values, {
        heads: H,
        keyValueHeads: G,
        queryOffset: 4,
        lengths,
      });
      using plan = await g.compile({ y });
      const rows = noise(B * T * (H * D + 4));
      const [k, v] = [noise(B * S * G * D), noise(B * S * G * D)];
      const counts = [700, 0, 300];
      plan.run({ q: rows, keys: k, values: v, lengths: Uint32Array.from(counts) }, { position: 5 });
      const want = decodeRef(
        Float64Array.from(
          { length: B * T * H * D },
          (_, i) => rows[Math.floor(i / (H * D)) * (H * D + 4) + 4 + (i % (H * D))],
        ),
        Float64Array.from(k),
        Float64Array.from(v),
        { B, T, S, heads: H, keyValueHeads: G, D, starts: [0, 0, 0], lengths: counts },
      );
      assertClose('cross', await plan.read('y'), want, y.shape, { epsilon: 2 ** -23, terms: S });
    });
  });
