import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertClose } from '../../../../tests/harness/close';
import { fakeDevice } from '../../../../tests/harness/fake-device';
import { compilesSlowly, feature, host, openTestGpu } from '../../../../tests/harness/host';
import { as, Random } from '../../../../tests/harness/op';
import { findRaces } from '../../../../tests/harness/races';
import { Graph } from '../../../graph/graph';
import type { Step } from '../../../graph/step';
import { Device } from '../../../runtime/device';
import { attentionRef } from '../attention.ref';
import { float16ToFloat32, float32ToFloat16 } from '../../../runtime/half';
import { ropeFrequenciesRef, ropeRef } from '../../rope/rope.ref';
import { appendCache, reorderCache, type AppendOptions } from './cache';
import { decodeAttention } from './decode';
import { decodeRef } from './decode.ref';

const random = new Random(11);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());
interface Sizes {
  readonly B: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly D: number;
  readonly capacity: number;
}

/** A plan that appends T rows to caches given as inputs, and attends. */
function build(device: Device, z: Sizes, T: number) {
  const g = new Graph(device, { label: 'cache' });
  const qkv = g.input('qkv', [z.B, T, (z.heads + 2 * z.keyValueHeads) * z.D], 'f32');
  const shape = [z.B, z.capacity, z.keyValueHeads * z.D];
  const keys = g.input('keys', shape, 'f32');
  const values = g.input('values', shape, 'f32');
  const { heads, keyValueHeads } = z;
  appendCache(g, qkv, keys, values, { heads, keyValueHeads });
  return { g, qkv, keys, values, y: decodeAttention(g, qkv, keys, values, { heads, keyValueHeads }) };
}

if (!host.gpu)
  describe('attention caches', () => {
    it('have no data race', () => {
      const z = { B: 1, heads: 2, keyValueHeads: 1, D: 4, capacity: 3 };
      const { g } = build(fakeDevice(), z, 1);
      for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.label).toEqual([]);
    });
    it('have no data race when rows turn, slide and change places', () => {
      const g = new Graph(fakeDevice());
      const qkv = g.input('qkv', [2, 3, 12], 'f32');
      const [keys, values] = ['keys', 'values'].map((name) => g.input(name, [2, 4, 4], 'f32'));
      const rows = g.input('rows', [2], 'u32', { below: 2 });
      reorderCache(g, keys, values, rows, { starts: g.constant('starts', [2], Uint32Array.of(3, 2)) });
      const four = g.input('four', [4], 'u32', { below: 4 });
      const [manyKeys, manyValues] = ['k', 'v'].map((name) => g.input(name, [4, 2, 4], 'f32'));
      reorderCache(g, manyKeys, manyValues, four, {
        starts: g.constant('two', [4], new Uint32Array(4).fill(2)),
        within: 2,
      });
      appendCache(g, qkv, keys, values, { heads: 1, slides: true, sinks: 1, rope: { pairing: 'adjacent' } });
      for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.label).toEqual([]);
    });
    it('refuse runs that would overflow them, with the numbers', () => {
      const g = new Graph(fakeDevice());
      const qkv = g.input('qkv', [2, 4, 24], 'f32');
      const cache = g.input('cache', [2, 10, 8], 'f32');
      appendCache(g, qkv, cache, cache, { heads: 1, starts: g.input('starts', [2], 'u32') });
      const run = (step: Partial<Step>, starts?: number[]) => () => {
        const inputs: Record<string, Uint32Array> = starts ? { starts: Uint32Array.from(starts) } : {};
        for (const check of g.checks) check(step, inputs);
        for (const remember of g.accepted) remember(step, inputs);
      };
      expect(run({ position: 6 })).not.toThrow();
      expect(run({ position: 9, length: 1 })).not.toThrow(); // three rows are padding
      expect(run({ position: 7 })).toThrow(
        'appendCache: 4 rows from position 7 on in sequence 0, but the caches hold 10. Start again',
      );
      expect(run({ position: 3 }, [4, 2])).toThrow('4 rows from position 7 on');
      expect(run({ position: 6 })).not.toThrow(); // a refused run leaves its inputs as they were
      expect(run({ position: 3 }, [3, 2])).not.toThrow();
      expect(run({ position: 4 })).toThrow('4 rows from position 7 on'); // inputs keep their data
      expect(() => appendCache(g, g.input('x', [2, 11, 24], 'f32'), cache, cache, { heads: 1 })).toThrow(
        'appendCache: 11 rows at once do not fit into caches of 10. Give fewer rows',
      );
    });
    it('take sequences whose padding passes their end, or which have ended', () => {
      const g = new Graph(fakeDevice());
      const cache = g.input('cache', [2, 10, 8], 'f32');
      const [starts, lengths] = ['starts', 'lengths'].map((name) => g.input(name, [2], 'u32'));
      appendCache(g, g.input('qkv', [2, 4, 24], 'f32'), cache, cache, { heads: 1, starts, lengths });
      const run = (ahead: number[], real: number[]) => () => {
        const inputs = { starts: Uint32Array.from(ahead), lengths: Uint32Array.from(real) };
        for (const check of g.checks) check({ position: 2 }, inputs);
      };
      expect(run([0, 7], [4, 1])).not.toThrow();
      expect(run([0, 70], [4, 0])).not.toThrow();
      expect(run([0, 7], [4, 2])).toThrow(
        'appendCache: 2 rows from position 9 on in sequence 1, but the caches hold 10',
      );
    });
    it('know where constant starts are, and how many new rows there can be', () => {
      const g = new Graph(fakeDevice());
      const qkv = g.input('qkv', [2, 4, 24], 'f32');
      const cache = g.input('cache', [2, 10, 8], 'f32');
      appendCache(g, qkv, cache, cache, {
        heads: 1,
        starts: g.constant('starts', [2], Uint32Array.of(1, 5)),
      });
      const run = (step: Partial<Step>) => () => {
        for (const check of g.checks) check(step, {});
      };
      expect(run({ position: 1 })).not.toThrow();
      expect(run({ position: 2 })).toThrow(
        'appendCache: 4 rows from position 7 on in sequence 1, but the caches hold 10',
      );
      const lengths = g.constant('lengths', [2], Uint32Array.of(4, 5));
      expect(() => appendCache(g, qkv, cache, cache, { heads: 1, slides: true, lengths })).toThrow(
        'appendCache: lengths[1] is 5, but there are 4 new rows. Give the number of new rows that exist',
      );
    });
    it('refuse more sequences than reordering can hold', () => {
      const g = new Graph(fakeDevice());
      const cache = g.input('cache', [65, 2, 4], 'f32');
      expect(() => reorderCache(g, cache, cache, g.input('rows', [65], 'u32'))).toThrow(
        'reorderCache: caches are cache (65, 2, 4) f32. Give (B, capacity, G·D) with B at most 64, or groups of at most so many.',
      );
    });
    it('refuse caches of another width', () => {
      const g = new Graph(fakeDevice());
      const qkv = g.input('qkv', [1, 1, 24], 'f32');
      const cache = g.input('keys', [1, 5, 12], 'f32');
      expect(() => appendCache(g, qkv, cache, cache, { heads: 2 })).toThrow(
        'appendCache: keys is (1, 5, 12). It must be (1, 5, 8).',
      );
    });
  });

if (host.gpu)
  describe('attention caches', () => {
    let device: Device;
    beforeAll(async () => {
      device = await Device.open({ gpu: openTestGpu() });
    });
    afterAll(() => device[Symbol.dispose]());

    const cases: readonly Sizes[] = [
      { B: 2, heads: 4, keyValueHeads: 2, D: 20, capacity: 41 },
      { B: 1, heads: 3, keyValueHeads: 3, D: 3, capacity: 330 },
    ];
    for (const rung of ['software', 'hardware'] as const) {
      it(
        `prefill, then tokens one by one, equal attention over everything (${rung})`,
        { timeout: 1_200_000 },
        async () => {
          // Lavapipe's compiler is slow on the tile kernels; Chromium tests both widths on both rungs.
          for (const z of rung === 'hardware' && compilesSlowly ? cases.slice(0, 1) : cases) {
            const { B, heads, keyValueHeads, D, capacity } = z;
            const row = (heads + 2 * keyValueHeads) * D;
            const total = capacity;
            const all = noise(B * total * row);
            const part = (from: number, width: number, upTo = total, start = 0): Float64Array =>
              Float64Array.from({ length: B * (upTo - start) * width }, (_, at) => {
                const r = Math.floor(at / width);
                const b = Math.floor(r / (upTo - start));
                return all[(b * total + start + (r % (upTo - start))) * row + from + (at % width)];
              });
            const k = part(heads * D, keyValueHeads * D);
            const v = part((heads + keyValueHeads) * D, keyValueHeads * D);
            const want = attentionRef(part(0, heads * D), k, v, { ...z, T: total, S: total, causal: true });
            // NaN where nothing is cached yet: no row may touch it.
            let keys: Float32Array = new Float32Array(k.length).fill(NaN);
            let values: Float32Array = new Float32Array(v.length).fill(NaN);
            const run = async (T: number, position: number): Promise<void> => {
              const { g, keys: kt, values: vt, y } = build(as(device, rung), z, T);
              using plan = await g.compile({ y, kt, vt });
              plan.run(
                { qkv: Float32Array.from(part(0, row, position + T, position)), keys, values },
                { position, length: T },
              );
              const got = await plan.read('y');
              [keys, values] = [await plan.read('kt'), await plan.read('vt')];
              const rows = Float64Array.from(got, (_, at) => {
                const r = Math.floor(at / (heads * D));
                return want[
                  (Math.floor(r / T) * total + position + (r % T)) * heads * D + (at % (heads * D))
                ];
              });
              assertClose(`decode T=${T} at ${position}`, got, rows, y.shape, {
                epsilon: 2 ** -23,
                terms: total,
              });
            };
            await run(total - 20, 0);
            await run(17, total - 20);
            await run(1, total - 3);
            await run(2, total - 2);
          }
        },
      );
    }

    // One graph for all steps of a text: qkv, starts and the caches are inputs, which the test carries over.
    async function story(
      name: string,
      z: Sizes & { readonly T: number; readonly window: number; readonly f16?: boolean },
      options: Omit<AppendOptions, 'heads' | 'starts'>,
      prompts: readonly number[],
      total: number,
      on = device,
    ): Promise<void> {
      const { B, T, heads: H, keyValueHeads: G, D, capacity, window } = z;
      const { sinks = 0, rope } = options;
      const width = H + 2 * G;
      const dtype = z.f16 ? 'f16' : 'f32';
      const longest = Math.max(...prompts);
      const S = total + longest;
      const all = noise(B * S * width * D); // (B, S, H + 2G, D) by position
      const stored = (x: Float32Array) => (z.f16 ? float16ToFloat32(float32ToFloat16(x)) : x);
      const heads = (from: number, count: number, turn: boolean): Float64Array => {
        const rows = Float32Array.from({ length: B * S * count * D }, (_, i) => {
          const row = Math.floor(i / (count * D));
          return all[(row * width + from) * D + (i % (count * D))];
        });
        if (!turn || !rope) return Float64Array.from(turn ? rows : stored(rows));
        const { rotary = D, theta = 10_000, pairing } = rope;
        return ropeRef(Float64Array.from(rows), {
          ...{ T: S, C: count * D, heads: count, width: D, start: 0, offset: 0 },
          ...{ frequencies: ropeFrequenciesRef(rotary, theta), adjacent: pairing === 'adjacent' },
        });
      };
      const [q, v] = [heads(0, H, true), heads(H + G, G, false)];
      const k = Float64Array.from(stored(Float32Array.from(heads(H, G, true))));
      const plan = async (rows: number) => {
        const g = new Graph(on, { label: name });
        const qkv = g.input('qkv', [B, rows, width * D], 'f32');
        const [keys, values] = ['keys', 'values'].map((x) => g.input(x, [B, capacity, G * D], dtype));
        const own = { ...options, heads: H, keyValueHeads: G, starts: g.input('starts', [B], 'u32') };
        appendCache(g, qkv, keys, values, { ...own, lengths: g.input('lengths', [B], 'u32') });
        const y = rows === T ? decodeAttention(g, qkv, keys, values, { ...own, window }) : keys;
        return g.compile({ y, keys, values });
      };
      using prefill = await plan(longest);
      using decode = await plan(T);
      const empty = new Float32Array(B * capacity * G * D).fill(NaN);
      let caches: Float32Array[] = [empty, empty];
      const put = (x: Float32Array) => (z.f16 ? float32ToFloat16(x) : x);
      const run = async (
        p: typeof prefill,
        rows: number,
        position: number,
        starts: number[],
        lengths: number[],
      ) => {
        const qkv = Float32Array.from({ length: B * rows * width * D }, (_, i) => {
          const row = Math.floor(i / (width * D));
          const at = Math.floor(row / rows) * S + position + starts[Math.floor(row / rows)] + (row % rows);
          return all[at * width * D + (i % (width * D))];
        });
        const [keys, values] = caches.map(put);
        const [s, l] = [starts, lengths].map((x) => Uint32Array.from(x));
        p.run({ qkv, keys, values, starts: s, lengths: l }, { position });
        caches = [await p.read('keys'), await p.read('values')];
        return p.read('y');
      };
      // The prompts, padded to the longest: their answers are not looked at, only what they leave in the caches.
      await run(prefill, longest, 0, new Array<number>(B).fill(0), [...prompts]);
      for (let position = 0; position + T <= total; position += T) {
        const starts = [...prompts];
        const got = await run(decode, T, position, starts, new Array<number>(B).fill(T));
        const rows = Float64Array.from({ length: B * T * H * D }, (_, i) => {
          const row = Math.floor(i / (H * D));
          const b = Math.floor(row / T);
          return q[(b * S + starts[b] + position + (row % T)) * H * D + (i % (H * D))];
        });
        const want = decodeRef(rows, k, v, {
          ...{ B, T, S, heads: H, keyValueHeads: G, D, starts: starts.map((n) => n + position) },
          ...{ window, sinks },
        });
        assertClose(`${name}, ${position} after the prompts`, got, want, [B, T, H, D], {
          epsilon: z.f16 ? 2 ** -10 : 2 ** -23,
          terms: capacity,
        });
      }
    }

    it('refuse a run that passes their end, before it writes', async () => {
      const g = new Graph(device);
      const [keys, values] = ['keys', 'values'].map((name) => g.input(name, [1, 4, 4], 'f32'));
      appendCache(g, g.input('qkv', [1, 1, 12], 'f32'), keys, values, { heads: 1 });
      using plan = await g.compile({ keys });
      const cache = noise(16);
      plan.run({ qkv: new Float32Array(12).fill(7), keys: cache, values: cache }, { position: 3 });
      cache.fill(7, 12);
      expect(await plan.read('keys')).toEqual(cache);
      expect(() => plan.run({ keys: noise(16) }, { position: 4 })).toThrow(
        'appendCache: 1 row from position 4 on, but the caches hold 4. Start again',
      );
      expect(await plan.read('keys')).toEqual(cache);
    });
    it('slide over a ragged batch far past their capacity', { timeout: 1_200_000 }, async () => {
      const z = { B: 3, heads: 4, keyValueHeads: 2, D: 8, capacity: 20, T: 2, window: 17 };
      const prompts = [3, 33, 12];
      await story('sliding', z, { slides: true, sinks: 2, rope: { theta: 100 } }, prompts, 62);
    });
    it('turn adjacent columns of part of a head', { timeout: 1_200_000 }, async () => {
      const z = { B: 1, heads: 2, keyValueHeads: 2, D: 10, capacity: 40, T: 1, window: 40 };
      await story('adjacent', z, { rope: { rotary: 6, pairing: 'adjacent' } }, [5], 12);
    });
    it('turn several rows at once of a ragged batch, in tiles', { timeout: 1_200_000 }, async () => {
      const z = { B: 2, heads: 4, keyValueHeads: 2, D: 20, capacity: 41, T: 9, window: 13 };
      // As above: Chromium tests both rungs.
      for (const rung of compilesSlowly ? (['software'] as const) : (['software', 'hardware'] as const)) {
        await story(`tiles, ${rung}`, z, { rope: { theta: 100 } }, [3, 20], 18, as(device, rung));
      }
    });
    it.skipIf(!feature('shader-f16'))('hold f16', { timeout: 1_200_000 }, async () => {
      const z = { B: 2, heads: 4, keyValueHeads: 2, D: 8, capacity: 40, T: 1, window: 40, f16: true };
      await story('f16', z, { rope: {} }, [5, 2], 12);
    });

    it('change places for beams, as far as they are in use', async () => {
      for (const [B, within, capacity, c] of [
        [3, 3, 7, 6],
        [6, 6, 500, 8],
        [68, 4, 50, 8],
      ] as const) {
        const g = new Graph(device, { label: 'reorder' });
        const [keys, values] = ['keys', 'values'].map((name) => g.input(name, [B, capacity, c], 'f32'));
        const rows = g.input('rows', [B], 'u32', { below: B });
        reorderCache(g, keys, values, rows, { starts: g.input('starts', [B], 'u32'), within });
        using plan = await g.compile({ keys, values });
        const from = Array.from({ length: B }, (_, b) => {
          const first = b - (b % within);
          return first % 8 === 4 ? b : first + ((b * b + 2) % within); // some groups stay
        });
        const starts = Array.from({ length: B }, (_, b) => b % 3);
        const position = Math.floor(capacity / 2);
        const used = position + 2;
        const [k, v] = [noise(B * capacity * c), noise(B * capacity * c)];
        plan.run(
          { keys: k, values: v, rows: Uint32Array.from(from), starts: Uint32Array.from(starts) },
          { position },
        );
        for (const [name, old] of [
          ['keys', k],
          ['values', v],
        ] as const) {
          const want = old.map((x, i) => {
            const [b, at] = [Math.floor(i / (capacity * c)), i % (capacity * c)];
            return at < used * c ? old[from[b] * capacity * c + at] : x;
          });
          expect(await plan.read(name)).toEqual(want);
        }
        expect(() => plan.run({ rows: new Uint32Array(B).fill(B) })).toThrow(`ids must be below ${B}`);
      }
    });
  });
