import { describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/adamw';
import torch from '../../../tests/fixtures/ops.json';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { withDevice } from '../../../tests/harness/device';
import { host } from '../../../tests/harness/host';
import { findRaces } from '../../../tests/harness/races';
import { Random, testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Tensor, type Stored } from '../../graph/tensor';
import { type Device } from '../../runtime/device';
import { upload } from '../../runtime/transfer';
import { globalNorm } from '../norm_clip/norm_clip';
import { adamw, type AdamWSettings } from './adamw';
import { adamwRef } from './adamw.ref';

testOps(ops);

const names = ['weights', 'gradients', 'first', 'second'] as const;

/** A plan of one step over stored blocks, as the optimizer records it. */
async function optimizer(
  device: Device,
  n: number,
  settings: AdamWSettings,
  { clip, data }: { clip?: number; data?: Float64Array } = {},
) {
  const stored = (name: string, values: Float32Array): Stored => {
    const storage = device.buffers.acquire(4 * n, 'test');
    upload(device.gpu, storage, values);
    return { name, shape: [n], dtype: 'f32', trainable: true, storage, gradient: null };
  };
  const weights = stored('weights', Float32Array.from(data ?? new Float64Array(n)));
  const withGradient: Stored = { ...weights, gradient: stored('gradients', new Float32Array(n)).storage };
  const g = new Graph(device);
  const blocks = {
    weights: g.use(withGradient),
    gradients: new Tensor('d', [n], 'f32', { kind: 'stored', stored: withGradient, part: 'gradient' }, false),
    first: g.use(stored('first', new Float32Array(n))),
    second: g.use(stored('second', new Float32Array(n))),
  };
  const norm = clip === undefined ? null : globalNorm(g, [blocks.gradients], clip);
  adamw(g, blocks, { ...settings, clip: norm });
  const plan = await g.compile({ ...blocks, ...(norm && { norm }) });
  return {
    step(gradient: Float32Array, t: number, learningRate: number, beta1: number, beta2: number): void {
      upload(device.gpu, withGradient.gradient!, gradient);
      plan.run({}, { lr: learningRate, correction1: 1 - beta1 ** t, correction2: 1 - beta2 ** t });
    },
    /** As the trainer does once it has told of gradients that blew up. */
    forgive(): void {
      const { buffer, offset, size } = plan.storageOf('norm');
      const encoder = device.gpu.createCommandEncoder();
      encoder.clearBuffer(buffer, offset, size);
      device.gpu.queue.submit([encoder.finish()]);
    },
    async read() {
      const entries = await Promise.all(names.map(async (name) => [name, await plan.read(name)] as const));
      return Object.fromEntries(entries) as Record<(typeof names)[number], Float32Array>;
    },
    [Symbol.dispose]: () => plan[Symbol.dispose](),
  };
}

if (host.gpu)
  describe('adamw', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    it("takes torch's three steps", async () => {
      const { learningRate, beta1, beta2, epsilon, weightDecay, parameter, steps } = torch.adamw;
      const data = Float64Array.from(parameter.data);
      using run = await optimizer(device, 6, { beta1, beta2, epsilon, weightDecay }, { data });
      for (const [i, want] of steps.entries()) {
        run.step(Float32Array.from(want.gradient.data), i + 1, learningRate, beta1, beta2);
        const got = await run.read();
        const bound = { epsilon: 2 ** -23, terms: 1 };
        assertClose(`step ${i} weights`, got.weights, want.parameter.data, [6], bound);
        // Element by element: second moments span 16 orders of magnitude. First moments are sums that may cancel.
        for (let k = 0; k < 6; k++) {
          const past = steps.slice(0, i + 1).map(({ gradient }) => Math.abs(gradient.data[k]));
          const scale = (1 - beta1) * past.reduce((a, b) => a + b, 0);
          assertClose(`step ${i} first[${k}]`, [got.first[k]], [want.m.data[k]], [1], { ...bound, scale });
          assertClose(`step ${i} second[${k}]`, [got.second[k]], [want.v.data[k]], [1], bound);
        }
        expect(got.gradients).toEqual(new Float32Array(6));
      }
    });

    it('follows the float64 reference over clipped steps, with and without vectors', async () => {
      const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1 };
      for (const n of [1, 259, 1024, 5000]) {
        const random = new Random(n);
        const weights = Float64Array.from({ length: n }, () => Math.fround(random.normal()));
        using run = await optimizer(device, n, settings, { clip: 1, data: weights });
        let state: ReturnType<typeof adamwRef> = {
          weights,
          first: new Float64Array(n),
          second: new Float64Array(n),
        };
        for (let t = 1; t <= 4; t++) {
          const gradient = Float32Array.from({ length: n }, () => 2 * random.normal());
          const wide = Float64Array.from(gradient);
          const scale = Math.min(1, 1 / (Math.hypot(...wide) + 1e-6));
          run.step(gradient, t, 0.01 * t, settings.beta1, settings.beta2);
          state = adamwRef(state, wide, t, scale, { ...settings, learningRate: 0.01 * t });
        }
        const got = await run.read();
        const bound = { epsilon: 2 ** -23, terms: 64 }; // the norm's chain of additions
        assertClose(`n=${n} weights`, got.weights, state.weights, [n], bound);
        assertClose(`n=${n} first`, got.first, state.first, [n], bound);
        assertClose(`n=${n} second`, got.second, state.second, [n], bound);
      }
    });

    it('skips a blown-up step whole, and every later one until the norm is cleared', async () => {
      const n = 259;
      const data = Float64Array.from({ length: n }, (_, i) => Math.sin(i));
      using run = await optimizer(device, n, {}, { clip: 1, data });
      const good = Float32Array.from({ length: n }, (_, i) => Math.cos(i));
      run.step(good, 1, 0.1, 0.9, 0.999);
      const before = await run.read();
      for (const bad of [NaN, Infinity, -Infinity, 1e30]) {
        run.step(
          good.map((x, i) => (i === 200 ? bad : x)),
          2,
          0.1,
          0.9,
          0.999,
        );
        expect(await run.read(), String(bad)).toEqual(before);
        run.step(good, 2, 0.1, 0.9, 0.999);
        expect(await run.read(), `after ${bad}`).toEqual(before);
        run.forgive();
      }
      run.step(good, 2, 0.1, 0.9, 0.999);
      const after = await run.read();
      expect(after.weights).not.toEqual(before.weights);
      expect(after.weights.every(Number.isFinite)).toBe(true);
    });
  });

if (!host.gpu)
  describe('adamw while recording', () => {
    const blocks = (g: Graph, n: number) => {
      const [weights, gradients, first, second] = names.map((name) => g.value(name, [n], 'f32')) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      return { weights, gradients, first, second };
    };

    it('has no data race', () => {
      for (const software of [true, false]) {
        const g = new Graph(fakeDevice({ software }));
        adamw(g, blocks(g, 300));
        expect(findRaces(g.dispatches[0], {})).toEqual([]);
      }
    });

    it('folds long blocks into two dimensions', () => {
      const g = new Graph(fakeDevice({ maxBinding: 1 << 30 }));
      adamw(g, blocks(g, 100_000_000));
      const [x, y] = g.dispatches[0].grid;
      expect(y).toBeGreaterThan(1);
      expect(x * y * 64 * 4).toBeGreaterThanOrEqual(100_000_000);
    });

    it('says which blocks do not fit', () => {
      const g = new Graph(fakeDevice());
      const wrong = { ...blocks(g, 4), second: g.value('second', [5], 'f32') };
      expect(() => adamw(g, wrong)).toThrow(/second is \(5\)/);
      expect(() => adamw(g, blocks(g, 4), { beta2: 1 })).toThrow(/beta2 is 1/);
    });
  });
