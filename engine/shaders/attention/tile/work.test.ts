import { describe, expect, it } from 'vitest';
import { inputsOf, opOf, PLAIN, STEP, type Specimen } from '../../../../checks/specimen';
import { record as recordDecode, runs, type Case } from '../../../../tests/harness/decode';
import { fakeDevice } from '../../../../tests/harness/fake-device';
import { withDevice } from '../../../../tests/harness/device';
import { feature, host } from '../../../../tests/harness/host';
import { as, normal } from '../../../../tests/harness/op';
import { Graph, type Dispatch } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import { type Device } from '../../../runtime/device';
import type { AttentionProbe } from '../maps/probe';
import { selfAttention } from '../attention';
import type { AttentionOptions } from '../options';
import { localPattern } from '../pattern/pattern';

const kernelsOf = (dispatches: readonly Dispatch[]): string[] => dispatches.map((d) => d.variant.kernel);
/** Dispatches by attention kernel, of those that are recorded more than once. */
function partsOf(dispatches: readonly Dispatch[]): Map<string, Dispatch[]> {
  const byKernel = new Map<string, Dispatch[]>();
  for (const d of dispatches) byKernel.set(d.variant.kernel, [...(byKernel.get(d.variant.kernel) ?? []), d]);
  return new Map([...byKernel].filter(([name, all]) => name.startsWith('attention.') && all.length > 1));
}

if (!host.gpu)
  describe('long attentions', () => {
    const [H, D] = [12, 64];
    const roomy = { maxBinding: 2 ** 31 };
    const record = (
      T: number,
      options: Partial<AttentionOptions>,
      can: Partial<Device['can']> = {},
    ): Dispatch[] => {
      const g = new Graph(fakeDevice({ ...roomy, ...can }), { train: true });
      const qkv = g.input('qkv', [1, T, 3 * H * D], 'f32', { differentiable: true });
      const y = selfAttention(g, qkv, { heads: H, ...options });
      g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      return g.dispatches;
    };
    const flops = (dispatches: readonly Dispatch[]): number =>
      dispatches.reduce((sum, d) => sum + d.flops, 0);

    it.each([2048, 4096])('take a dispatch for each kernel up to 100 GFLOP: %d rows', (T) => {
      const kernels = kernelsOf(record(T, { causal: true }));
      expect(kernels).toEqual(
        ['forward_outer', 'delta', 'backward_query_outer', 'backward_key_outer'].map((k) => `attention.${k}`),
      );
    });

    it.each([
      ['all pairs', {}, 16_384 ** 2],
      ['causal', { causal: true }, (16_384 * 16_385) / 2],
      ['a window', { causal: true, window: 4096 }, 4096 * 16_384 - (4096 * 4095) / 2],
    ] as const)('take dispatches of 100 GFLOP at most: %s', (_, options, pairs) => {
      const dispatches = record(16_384, options);
      for (const [kernel, products, rows] of [
        ['forward_outer', 2, 64],
        ['backward_query_outer', 3, 64],
        ['backward_key_outer', 4, 32],
      ] as const) {
        const parts = dispatches.filter((d) => d.variant.kernel === `attention.${kernel}`);
        const total = 2 * D * H * products * pairs;
        expect(flops(parts)).toBe(total);
        // As few as there can be, but for what tiles do not fill.
        expect(parts.length).toBeGreaterThanOrEqual(total / 100e9);
        expect(parts.length).toBeLessThanOrEqual(total / 98e9 + 1);
        let next = 0;
        for (const { uniforms, grid, flops: own } of parts) {
          expect(own).toBeLessThanOrEqual(100e9);
          expect(uniforms['first']).toBe(next);
          expect(grid[1]).toBe(H);
          next += grid[0];
        }
        expect(next).toBe(16_384 / rows);
      }
    });

    it('count the tiles of a pattern, by queries and by keys', () => {
      const pattern = localPattern(40, 0);
      // Tiles of 32 queries see their own keys and two tiles before, the first two fewer; tiles of 64 see four, the first two.
      const tiles = 3 * 10 - 3;
      const tall = 2 * (4 * 5 - 2);
      const whole = record(320, { pattern });
      expect(whole.map((d) => d.flops / (2 * D * H * 32 * 32))).toEqual([2 * tall, 0, 3 * tall, 4 * tiles]);
      const parts = record(320, { pattern }, { dispatchFlops: 24 * 2 * D * H * 32 * 32 });
      const counts = [...partsOf(parts).values()].map((list) => list.map((d) => d.grid[0]));
      expect(counts).toEqual([
        [2, 1, 1, 1],
        [1, 1, 1, 1, 1],
        [2, 2, 2, 2, 2],
      ]);
    });

    it('are split where maps and entropies of them are asked for', async () => {
      const g = new Graph(fakeDevice(roomy));
      const qkv = g.input('qkv', [1, 16_384, 3 * H * D], 'f32');
      selfAttention(g, qkv, { heads: H });
      const probe = g.probes[0] as AttentionProbe;
      for (const request of [await probe.entropy(), await probe.map('test', 'mean', { rows: [0, 2000] })]) {
        const { dispatches } = request.record({ run: 1, position: 0, length: 0 });
        const [parts] = partsOf(dispatches).values();
        for (const d of parts) expect(d.flops).toBeLessThanOrEqual(100e9 / 8);
      }
    });
  });

/** What several dispatches give is what one gives, to the bit. Memory holds NaN where none has written. */
if (host.gpu)
  describe('attention in several dispatches', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    function limited(rung: 'software' | 'hardware', dispatchFlops: number): Device {
      const base = as(device, rung);
      const can = { ...base.can, dispatchFlops };
      return new Proxy(base, { get: (x, key): unknown => (key === 'can' ? can : Reflect.get(x, key)) });
    }

    /** What there is to read of a training step, and which kernels take several dispatches. */
    async function step(c: Specimen, used: Device, feed: Record<string, Float32Array | Uint32Array>) {
      const g = new Graph(used, { train: true });
      const arrays = Object.entries(inputsOf(c));
      const x: Record<string, Tensor> = {};
      for (const [name, { shape, data }] of arrays) {
        const integer = data instanceof Uint32Array;
        x[name] = g.input(name, shape, integer ? 'u32' : 'f32', { differentiable: !integer });
        feed[name] ??= integer ? data : Float32Array.from(data);
      }
      const y = opOf(g, x, c);
      g.backpropFrom(new Map([[y, g.input('dy', y.shape, 'f32')]]));
      feed['dy'] ??= Float32Array.from(normal(y.shape).data);
      const reached = Object.keys(x).filter((name) => g.reached(x[name]));
      const outputs = { y, ...Object.fromEntries(reached.map((name) => [`d ${name}`, g.grad(x[name])])) };
      using plan = await g.compile(outputs);
      plan.run(feed, STEP);
      const read: Record<string, Float32Array> = {};
      for (const name of Object.keys(outputs)) read[name] = await plan.read(name);
      read['p'] = (await plan.attention(0, 'mean')).probabilities;
      read['dp'] = (await plan.attention(0, 1, { rows: [30, 60], gradient: true })).gradient!;
      read['entropy'] = (await plan.attentionEntropy(0)).values;
      return { read, split: [...partsOf(g.dispatches).keys()] };
    }

    const common = { ...PLAIN, B: 2, T: 67, S: 67, H: 2, G: 1 };
    const cases: readonly (readonly [string, Specimen, number])[] = [
      ['causal, buckets', { ...common, bias: 'buckets', causal: true }, 4],
      ['a pattern', { ...common, pattern: 'longformer', keys: 'lengths' }, 3],
      ['dense bias', { ...common, bias: 'dense ht' }, 4],
      ['bias of keys', { ...common, bias: 'dense bh', causal: true }, 4],
    ];
    const slow = feature('shader-f16') || host.name === 'deno'; // lavapipe's compiler
    for (const rung of slow ? (['software'] as const) : (['software', 'hardware'] as const)) {
      it.each(slow ? cases.slice(0, 1) : cases)(
        `trains and shows the same: %s (${rung})`,
        { timeout: 1_200_000 },
        async (_, c, kernels) => {
          const feed = {};
          const whole = await step(c, limited(rung, Infinity), feed);
          const parts = await step(c, limited(rung, 1e5), feed);
          expect(whole.split).toEqual([]);
          expect(parts.split).toHaveLength(kernels);
          for (const [name, x] of Object.entries(whole.read)) {
            expect(
              x.every((n) => Number.isFinite(n)),
              name,
            ).toBe(true);
            expect(parts.read[name], name).toEqual(x);
          }
        },
      );
    }

    const decoded: readonly Case[] = [
      {
        ...{ name: 'few rows', B: 2, T: 5, heads: 4, keyValueHeads: 2, D: 8, capacity: 600 },
        ...{ at: [280], starts: [0, 17] },
      },
      { name: 'a prompt', B: 1, T: 70, heads: 4, keyValueHeads: 2, D: 8, capacity: 96, at: [3, 24] },
    ];
    it.each(slow ? [] : decoded)('decodes the same: $name', { timeout: 1_200_000 }, async (c) => {
      for (const rung of ['software', 'hardware'] as const) {
        const few = recordDecode(limited(rung, Infinity), c).g.dispatches.length;
        expect(recordDecode(limited(rung, 1e5), c).g.dispatches.length).toBeGreaterThan(few);
        const whole = await runs(limited(rung, Infinity), c);
        const parts = await runs(limited(rung, 1e5), c);
        for (const [i, { got }] of whole.entries()) {
          expect(got.every((n) => Number.isFinite(n))).toBe(true);
          expect(parts[i].got).toEqual(got);
        }
      }
    });
  });
