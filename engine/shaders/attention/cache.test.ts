import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { feature, host, openTestGpu } from '../../../tests/harness/host';
import { as, Random } from '../../../tests/harness/op';
import { findRaces } from '../../../tests/harness/races';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { attentionRef } from './attention.ref';
import { appendCache, decodeAttention } from './cache';

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
  appendCache(g, qkv, keys, values, z);
  return { g, qkv, keys, values, y: decodeAttention(g, qkv, keys, values, z) };
}

if (!host.gpu)
  describe('attention caches', () => {
    it('have no data race', () => {
      const z = { B: 1, heads: 2, keyValueHeads: 1, D: 4, capacity: 3 };
      const { g } = build(fakeDevice(), z, 1);
      for (const d of g.dispatches) expect(findRaces(d, {}), d.variant.key).toEqual([]);
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
        { timeout: 240_000 },
        async () => {
          // Lavapipe's compiler is slow on the tile kernels; Chromium tests both widths on both rungs.
          for (const z of rung === 'hardware' && feature('shader-f16') ? cases.slice(0, 1) : cases) {
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
  });
