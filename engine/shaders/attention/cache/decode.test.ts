import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ops } from '../../../../checks/ops/attention_decode';
import { assertClose } from '../../../../tests/harness/close';
import { fakeDevice } from '../../../../tests/harness/fake-device';
import { compilesSlowly, feature, host, openTestGpu } from '../../../../tests/harness/host';
import { as, Random, testOps } from '../../../../tests/harness/op';
import { findRaces } from '../../../../tests/harness/races';
import { Graph } from '../../../graph/graph';
import { Device } from '../../../runtime/device';
import { appendCache } from './cache';
import { bucketBias } from '../bias/bias_buckets';
import { slopeBias } from '../bias/bias_slopes';
import { decodeAttention, decodeCrossAttention, type DecodeOptions } from './decode';
import { chooseDecode } from './decode_launch';
import { decodeRef } from './decode.ref';
import { record, runs, type Case } from '../../../../tests/harness/decode';

testOps(ops);

const random = new Random(21);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

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
  { name: 'width 256', ...even, heads: 4, keyValueHeads: 1, D: 256, at: [0, 300, 999] },
  { name: 'width 70', ...even, heads: 2, keyValueHeads: 1, D: 70, at: [0, 3, 300, 999] },
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
    name: 'many sequences',
    B: 5,
    T: 1,
    heads: 4,
    keyValueHeads: 2,
    D: 8,
    capacity: 90,
    at: [0, 40],
    starts: [0, 40, 3, 17, 49],
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
  { name: 'width 512, of two queries at most', ...even, heads: 4, keyValueHeads: 1, D: 512, at: [0, 300] },
];

async function check(device: Device, c: Case): Promise<void> {
  for (const { position, y, got, want } of await runs(device, c)) {
    const bound = { epsilon: 2 ** -23, terms: position + c.T + Math.max(0, ...(c.starts ?? [])) };
    assertClose(`decode ${c.name} at ${position}`, got, want(), y.shape, bound);
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
        for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.label).toEqual([]);
      }
    });
    it('splits long caches of few heads, and no others', () => {
      const gpu = (rows: number, keyHeads: number, capacity: number) =>
        chooseDecode(
          { rows, keyHeads, capacity, width: 64, wide: true },
          { software: false, maxWorkgroupMemory: 16384 },
        )!;
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
    it('takes fewer queries of wide heads, as many as workgroup memory holds, and refuses the widest', () => {
      const queries = (width: number, wide = true) => {
        const sizes = { rows: 4, keyHeads: 1, capacity: 10, width, wide };
        return chooseDecode(sizes, { software: false, maxWorkgroupMemory: 16384 })?.queries;
      };
      expect([64, 256, 260, 1024, 2048, 4096].map((width) => queries(width))).toEqual([
        4,
        4,
        2,
        2,
        1,
        undefined,
      ]);
      expect([254, 510, 514].map((width) => queries(width, false))).toEqual([4, 4, 2]);
      const record = (width: number) => () => {
        const h = new Graph(fakeDevice());
        const kv = h.input('kv', [1, 10, width], 'f32');
        decodeAttention(h, h.input('qkv', [1, 1, 6 * width], 'f32'), kv, kv, { heads: 4, keyValueHeads: 1 });
        return h.dispatches[0].grid;
      };
      expect(record(512)()).toEqual([1, 2, 1]);
      expect(record(4096)).toThrow(
        'decodeAttention: heads of 4096 columns do not fit into 16384 bytes of workgroup memory. Give more and narrower heads',
      );
    });
    it('refuses windows, sinks and biases that do not fit, with the numbers', () => {
      expect(decode({ window: 0 })).toThrow('decodeAttention: window is 0. Give a whole number of positions');
      expect(decode({ slides: true, window: 9 })).toThrow(
        'a window of 9 for 3 rows at once in sliding caches of 10 rows with 0 sinks. There must be room',
      );
      expect(decode({ sinks: 2 })).toThrow('2 sinks in caches of 10 rows that do not slide');
      expect(decode({ slides: true, sinks: 10 })).toThrow('10 sinks in caches of 10 rows that slide');
      expect(decode({ bias: slopeBias([1]) })).toThrow('1 slopes for 4 heads');
      const table = g.input('table', [2, 4], 'f32');
      expect(decode({ bias: bucketBias(table, (n) => -n) })).toThrow(
        'distance -2 falls into bucket 2, but table (2, 4) f32 has 2',
      );
      expect(decode({ rope: { rotary: 3 } })).toThrow('3 columns of a head of 8 cannot rotate in pairs');
    });
    it('refuses buckets that go on beyond the caches where sinks stay', () => {
      const table = g.input('many', [40, 4], 'f32');
      const buckets = (last: number) => bucketBias(table, (distance) => Math.min(last, -distance));
      expect(decode({ slides: true, sinks: 2, window: 3, bias: buckets(9) })).not.toThrow();
      expect(decode({ slides: true, window: 3, bias: buckets(30) })).not.toThrow();
      expect(decode({ slides: true, sinks: 2, window: 3, bias: buckets(10) })).toThrow(
        'sinks move away from the queries: distance -9 falls into bucket 9, but -10 into 10. Give larger caches',
      );
      const late = bucketBias(table, (distance) => (distance < -70_000 ? 1 : 0));
      expect(decode({ slides: true, sinks: 2, window: 3, bias: late })).toThrow(
        'distance -9 falls into bucket 0',
      );
    });
    it('refuses what does not fit, with a remedy', () => {
      const q = g.input('q', [3, 1, 32], 'f32');
      expect(() => decodeCrossAttention(g, q, cache, cache, z)).toThrow(
        'q is q (3, 1, 32) f32 but the keys are cache (2, 10, 8) f32. Both need one B',
      );
      expect(decode({ bias: bucketBias(g.input('three', [2, 3], 'f32'), () => 0) })).toThrow(
        'the table (2, 3) is not (buckets, 4). Give a row for each bucket',
      );
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
    // Chromium tests both rungs of all. On lavapipe a case runs on one: as on a GPU, but tiles, which take seconds there, in those of software.
    const tiles = (c: Case) => c.T >= 8 && compilesSlowly;
    for (const c of cases.filter((one) => !tiles(one) || one.bias === 'slopes')) {
      const missing = c.f16 && !feature('shader-f16');
      it.skipIf(missing)(
        missing ? `${c.name} (needs shader-f16)` : c.name,
        { timeout: 1_200_000 },
        async () => {
          if (!tiles(c)) await check(as(device, 'hardware'), c);
          // The kernels are the same: only how many workgroups share the keys differs.
          if (tiles(c) || !compilesSlowly) await check(as(device, 'software'), c);
        },
      );
    }
    it('crosses to an encoder’s keys, as many as each sequence has', async () => {
      const [B, T, S, H, G, D] = [3, 1, 700, 6, 2, 8] as const;
      const rows = noise(B * T * (H * D + 4));
      const [k, v] = [noise(B * S * G * D), noise(B * S * G * D)];
      const counts = [700, 0, 300];
      // The caches are filled once, from rows (B, S, 2G·D) that hold no queries.
      const filler = new Graph(device);
      const kv = filler.input('kv', [B, S, 2 * G * D], 'f32');
      const caches = ['keys', 'values'].map((name) => filler.input(name, [B, S, G * D], 'f32'));
      appendCache(filler, kv, caches[0], caches[1], { heads: 0, keyValueHeads: G });
      using fill = await filler.compile({ keys: caches[0], values: caches[1] });
      const fused = Float32Array.from({ length: 2 * k.length }, (_, i) => {
        const [row, column] = [Math.floor(i / (2 * G * D)), i % (2 * G * D)];
        return column < G * D ? k[row * G * D + column] : v[row * G * D + column - G * D];
      });
      const empty = new Float32Array(B * S * G * D);
      fill.run({ kv: fused, keys: empty, values: empty });
      const stored = { keys: await fill.read('keys'), values: await fill.read('values') };
      const want = decodeRef(
        Float64Array.from(
          { length: B * T * H * D },
          (_, i) => rows[Math.floor(i / (H * D)) * (H * D + 4) + 4 + (i % (H * D))],
        ),
        Float64Array.from(k),
        Float64Array.from(v),
        { B, T, S, heads: H, keyValueHeads: G, D, starts: [0, 0, 0], lengths: counts },
      );
      // Workgroups of few rows; and tiles, which software adapters take where there are many heads of sequences.
      for (const rung of compilesSlowly ? (['hardware'] as const) : (['hardware', 'software'] as const)) {
        const g = new Graph(as(device, rung));
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
        plan.run({ q: rows, ...stored, lengths: Uint32Array.from(counts) }, { position: 5 });
        assertClose('cross', await plan.read('y'), want, y.shape, { epsilon: 2 ** -23, terms: S });
      }
    });
  });
