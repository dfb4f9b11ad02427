import { describe, expect, it } from 'vitest';
import { assertClose } from '../../../../tests/harness/close';
import { fakeDevice } from '../../../../tests/harness/fake-device';
import { withDevice } from '../../../../tests/harness/device';
import { feature, host } from '../../../../tests/harness/host';
import { Random } from '../../../../tests/harness/op';
import { findRaces } from '../../../../tests/harness/races';
import { Graph } from '../../../graph/graph';
import { type Device } from '../../../runtime/device';
import { scale } from '../../scale/scale';
import type { AttentionProbe } from './probe';
import { slopeBias } from '../bias/bias_slopes';
import { appendCache } from '../cache/cache';
import { decodeAttention, decodeCrossAttention, type DecodeOptions } from '../cache/decode';

interface Case extends Omit<DecodeOptions, 'starts' | 'bias'> {
  readonly B: number;
  readonly keyValueHeads: number;
  readonly width: number;
  readonly capacity: number;
  readonly slopes?: readonly number[];
  /** Rows fed at each run. */
  readonly feeds: readonly number[];
}
const cases: Readonly<Record<string, Case>> = {
  'grouped heads, prompt and tokens': {
    B: 2,
    heads: 4,
    keyValueHeads: 2,
    width: 20,
    capacity: 41,
    feeds: [17, 1, 2],
  },
  'rotary, keys split among workgroups': {
    ...{ B: 1, heads: 1, keyValueHeads: 1, width: 8, capacity: 1100, rope: {}, feeds: [9, 1] },
  },
  'sinks and a sliding window': {
    ...{ B: 1, heads: 2, keyValueHeads: 2, width: 6, capacity: 12, feeds: [6, 3, 3, 3, 1, 1] },
    ...{ slides: true, sinks: 2, window: 5, slopes: [0.5, 0.25], softcap: 2 },
  },
};
const random = new Random(31);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

function record(device: Device, c: Case, T: number) {
  const g = new Graph(device, { label: 'decode' });
  const { B, heads, keyValueHeads, width, capacity, feeds: _feeds, slopes, ...rest } = c;
  // A value, so that its memory is reused as soon as it may be.
  const qkv = scale(g, g.input('qkv', [B, T, (heads + 2 * keyValueHeads) * width], 'f32'), 1);
  const keys = g.input('keys', [B, capacity, keyValueHeads * width], 'f32');
  const values = g.input('values', keys.shape, 'f32');
  const { window, softcap, scale: factor, ...append } = { heads, keyValueHeads, ...rest };
  appendCache(g, qkv, keys, values, append);
  const options = { ...append, window, softcap, scale: factor };
  const bias = slopes && slopeBias(slopes);
  const y = g.scope('h.0', () =>
    decodeAttention(g, qkv, keys, values, { ...options, ...(bias && { bias }) }),
  );
  return { g, outputs: { y, keys, values } };
}

if (!host.gpu)
  describe('decode attention on demand', () => {
    it('has no data race', async () => {
      const { g } = record(fakeDevice(), { ...cases['sinks and a sliding window'], width: 4 }, 2);
      const probe = g.probes[0] as AttentionProbe;
      for (const request of await Promise.all([
        probe.map('', 'max', {}),
        probe.map('', 'all', { rows: [1, 2] }),
        probe.entropy(),
      ])) {
        const { dispatches } = request.record({ run: 1, position: 3, length: 0 });
        for (const d of dispatches) expect(findRaces(d, {}), d.variant.label).toEqual([]);
      }
    });
    it('has no gradient to show', async () => {
      const { g } = record(fakeDevice(), cases['grouped heads, prompt and tokens'], 2);
      await expect((g.probes[0] as AttentionProbe).map('h.0', 0, { gradient: true })).rejects.toThrow(
        'h.0: attention to caches has no gradient. Ask a plan that trains.',
      );
    });
  });

if (host.gpu)
  describe('decode attention on demand', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    for (const [name, c] of Object.entries(cases)) {
      if (feature('shader-f16') && c.slides) continue; // lavapipe's compiler is slow; Chromium tests them all
      it(`shows the newest rows over what is cached: ${name}`, { timeout: 1_200_000 }, async () => {
        const {
          B,
          heads: H,
          keyValueHeads: G,
          width: D,
          capacity,
          slides = false,
          sinks = 0,
          window = Infinity,
        } = c;
        const C = (H + 2 * G) * D;
        const total = c.feeds.reduce((a, b) => a + b);
        const all = noise(B * total * C);
        let keys: Float32Array = new Float32Array(B * capacity * G * D).fill(NaN);
        let values: Float32Array = keys.slice();
        // Columns of a row at its position, turned as Llama does where keys turn.
        const vector = (b: number, at: number, column: number): Float64Array => {
          const from = (b * total + at) * C + column;
          const x = Float64Array.from(all.subarray(from, from + D));
          if (!c.rope) return x;
          return x.map((y, d) => {
            const a = at * 10_000 ** (-(d % (D / 2)) / (D / 2));
            const partner = d < D / 2 ? -x[d + D / 2] : x[d - D / 2];
            return y * Math.cos(a) + partner * Math.sin(a);
          });
        };
        let position = 0;
        for (const T of c.feeds) {
          const padded = T === 17 ? 19 : T; // two rows of padding behind the prompt
          const { g, outputs } = record(device, c, padded);
          using plan = await g.compile(outputs);
          const qkv = new Float32Array(B * padded * C);
          for (let b = 0; b < B; b++) {
            qkv.set(all.subarray((b * total + position) * C, (b * total + position + T) * C), b * padded * C);
          }
          plan.run({ qkv, keys, values }, { position, length: T });
          const y = await plan.read('y');
          [keys, values] = [await plan.read('keys'), await plan.read('values')];
          expect(plan.attentions[0]).toMatchObject({ label: 'h.0', T: padded, S: capacity });
          const entropy = await plan.attentionEntropy(0);
          for (let b = 0; b < B; b++) {
            const map = await plan.attention('h.0', 'all', { batch: b });
            const most = await plan.attention('h.0', 'max', { batch: b });
            const end = position + T;
            const columns = map.positions ? [...map.positions] : Array.from({ length: end }, (_, j) => j);
            if (!slides) expect(map.shape).toEqual([H, T, end]);
            else expect(columns.at(-1)).toBe(end - 1);
            expect([map.from, map.to]).toEqual([0, T]);
            const want = new Float64Array(H * T * map.S);
            for (let h = 0; h < H; h++)
              for (let t = 0; t < T; t++) {
                const own = position + t;
                const logits = columns.map((j) => {
                  if (j > own || (j >= sinks && own - j >= window)) return -Infinity;
                  const mine = vector(b, own, h * D);
                  const theirs = vector(b, j, (H + Math.floor((h * G) / H)) * D);
                  let x = mine.reduce((sum, y, d) => sum + y * theirs[d], 0);
                  x /= Math.sqrt(D);
                  if (c.softcap) x = c.softcap * Math.tanh(x / c.softcap);
                  return x - (c.slopes?.[h] ?? 0) * (own - j);
                });
                const m = Math.max(...logits);
                const l = logits.reduce((sum, x) => sum + Math.exp(x - m), 0);
                want.set(
                  logits.map((x) => Math.exp(x - m) / l),
                  (h * T + t) * map.S,
                );
              }
            const bound = { epsilon: 2 ** -23, terms: D, scale: 1 };
            assertClose(`p at ${position}`, map.probabilities, want, map.shape, bound);
            for (let h = 0; h < H; h++) {
              const at = (b * H + h) * padded;
              const rows = entropy.values.subarray(at, at + T);
              assertClose('entropy', rows, map.entropy.subarray(h * T, (h + 1) * T), [T], {
                ...bound,
                scale: 8,
              });
            }
            const size = T * map.S;
            const largest = Float32Array.from({ length: size }, (_, i) =>
              Math.max(...Array.from({ length: H }, (__, h) => map.probabilities[h * size + i])),
            );
            expect(most.probabilities).toEqual(largest);
          }
          expect(await plan.read('y')).toEqual(y);
          expect([await plan.read('keys'), await plan.read('values')]).toEqual([keys, values]);
          position += T;
        }
      });
    }

    it('shows cross-attention to keys that stay', async () => {
      const g = new Graph(device);
      const [B, S, H, D] = [2, 5, 2, 4];
      const q = g.input('q', [B, 1, H * D], 'f32');
      const keys = g.input('keys', [B, S, H * D], 'f32');
      const lengths = g.constant('lengths', [B], Uint32Array.of(3, 0));
      const y = decodeCrossAttention(g, q, keys, keys, { heads: H, lengths });
      using plan = await g.compile({ y });
      plan.run({ q: new Float32Array(B * H * D), keys: noise(B * S * H * D) });
      expect((await plan.attention(0, 1)).probabilities).toEqual(
        new Float32Array(3).fill(Math.fround(1 / 3)),
      );
      expect([...(await plan.attention(0, 1, { batch: 1 })).probabilities]).toEqual([0]);
      expect([...(await plan.attentionEntropy(0)).values].map((x) => x.toFixed(6))).toEqual(
        [1.098612, 1.098612, 0, 0].map((x) => x.toFixed(6)),
      );
    });
  });
