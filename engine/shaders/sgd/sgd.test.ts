import { describe, expect, it } from 'vitest';
import torch from '../../../tests/fixtures/ops.json';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { withDevice } from '../../../tests/harness/device';
import { host } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { findRaces } from '../../../tests/harness/races';
import { Graph } from '../../graph/graph';
import { Tensor, type Stored } from '../../graph/tensor';
import { type Device } from '../../runtime/device';
import { upload } from '../../runtime/transfer';
import { globalNorm } from '../norm_clip/norm_clip';
import { sgd } from './sgd';
import { sgdRef, type SGDState } from './sgd.ref';

type Settings = Parameters<typeof sgdRef>[4];

/** A plan of one step over stored blocks, as the optimizer records it. */
async function optimizer(device: Device, data: Float64Array, settings: Settings, clip: number | null) {
  const n = data.length;
  const stored = (name: string, values: Float32Array): Stored => {
    const storage = device.buffers.acquire(4 * n, 'test');
    upload(device.gpu, storage, values);
    return { name, shape: [n], dtype: 'f32', trainable: true, storage, gradient: null };
  };
  const weights = stored('weights', Float32Array.from(data));
  const both: Stored = { ...weights, gradient: stored('gradients', new Float32Array(n)).storage };
  const g = new Graph(device);
  const gradients = new Tensor('d', [n], 'f32', { kind: 'stored', stored: both, part: 'gradient' }, false);
  const first = settings.momentum > 0 ? g.use(stored('first', new Float32Array(n))) : null;
  const block = { weights: g.use(both), gradients, first };
  const norm = clip === null ? null : globalNorm(g, [gradients], clip);
  const { momentum, nesterov, weightDecay } = settings;
  sgd(g, block, { momentum, nesterov, weightDecay, clip: norm });
  const plan = await g.compile({ weights: block.weights, gradients, ...(first && { first }) });
  return {
    step(gradient: Float32Array, t: number): void {
      upload(device.gpu, both.gradient!, gradient);
      plan.run({}, { lr: settings.lr, correction1: t === 1 ? 1 : 1 - settings.dampening });
    },
    read: (name: 'weights' | 'gradients' | 'first') => plan.read(name),
    [Symbol.dispose]: () => plan[Symbol.dispose](),
  };
}

if (host.gpu)
  describe('sgd', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    it("takes torch's steps", async () => {
      const bound = { epsilon: 2 ** -23, terms: 4 };
      for (const { parameter, steps, learningRate, ...settings } of torch.sgd) {
        const data = Float64Array.from(parameter.data);
        using run = await optimizer(device, data, { ...settings, lr: learningRate }, null);
        for (const [i, want] of steps.entries()) {
          run.step(Float32Array.from(want.gradient.data), i + 1);
          const what = `${JSON.stringify(settings)}, step ${i}`;
          assertClose(`${what}: weights`, await run.read('weights'), want.parameter.data, [6], bound);
          if (want.buffer)
            assertClose(`${what}: momentum`, await run.read('first'), want.buffer.data, [6], bound);
          expect(await run.read('gradients')).toEqual(new Float32Array(6));
        }
      }
    });

    it('follows the float64 reference over clipped steps, with and without vectors, and skips what blew up', async () => {
      const settings = { lr: 0.05, momentum: 0.9, dampening: 0.2, nesterov: false, weightDecay: 0.1 };
      for (const n of [1, 259, 1024]) {
        const random = new Random(n);
        const weights = Float64Array.from({ length: n }, () => Math.fround(random.normal()));
        using run = await optimizer(device, weights, settings, 1);
        let state: SGDState = { weights, first: new Float64Array(n) };
        for (let t = 1; t <= 3; t++) {
          const gradient = Float32Array.from({ length: n }, () => 2 * random.normal());
          const wide = Float64Array.from(gradient);
          run.step(gradient, t);
          state = sgdRef(state, wide, t, Math.min(1, 1 / (Math.hypot(...wide) + 1e-6)), settings);
        }
        const bound = { epsilon: 2 ** -23, terms: 64 }; // the norm's chain of additions
        assertClose(`n=${n} weights`, await run.read('weights'), state.weights, [n], bound);
        assertClose(`n=${n} momentum`, await run.read('first'), state.first, [n], bound);
        const before = [await run.read('weights'), await run.read('first')];
        run.step(new Float32Array(n).fill(Infinity), 4);
        expect([await run.read('weights'), await run.read('first')]).toEqual(before);
      }
    });
  });
else
  describe('sgd while recording', () => {
    const block = (g: Graph, n: number, momentum: boolean) => ({
      weights: g.value('weights', [n], 'f32'),
      gradients: g.value('gradients', [n], 'f32'),
      first: momentum ? g.value('first', [n], 'f32') : null,
    });

    it('has no data race', () => {
      for (const momentum of [false, true]) {
        const g = new Graph(fakeDevice());
        sgd(g, block(g, 300, momentum));
        expect(findRaces(g.dispatches[0], {})).toEqual([]);
      }
    });

    it('says which blocks do not fit', () => {
      const g = new Graph(fakeDevice());
      const wrong = { ...block(g, 4, true), first: g.value('first', [5], 'f32') };
      expect(() => sgd(g, wrong)).toThrow(/first is \(5\)/);
    });
  });
