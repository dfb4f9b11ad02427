import { describe, expect, it } from 'vitest';
import { assertClose } from '../../../tests/harness/close';
import { withDevice } from '../../../tests/harness/device';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host } from '../../../tests/harness/host';
import { Random } from '../../../tests/harness/op';
import { findRaces } from '../../../tests/harness/races';
import { Graph } from '../../graph/graph';
import type { Stored } from '../../graph/tensor';
import type { Device } from '../../runtime/device';
import { upload } from '../../runtime/transfer';
import { globalNorm } from '../norm_clip/norm_clip';
import { perturb } from './perturb';

if (host.gpu)
  describe('perturb', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    /** What weights become, of a gradient. */
    async function moved(weights: Float32Array, gradient: Float32Array, epsilon: number) {
      const n = weights.length;
      const storage = device.buffers.acquire(4 * n, 'test');
      upload(device.gpu, storage, weights);
      const stored: Stored = {
        ...{ name: 'table', shape: [n], dtype: 'f32', trainable: false, storage, gradient: null },
      };
      const g = new Graph(device);
      const table = g.use(stored);
      const gradients = g.input('gradients', [n], 'f32');
      const norm = globalNorm(g, [gradients]);
      perturb(g, { weights: table, gradients, norm }, { epsilon });
      using plan = await g.compile({ table, norm });
      plan.run({ gradients: gradient });
      const after = await plan.read('table');
      device.buffers.release(storage);
      return after;
    }

    it('moves weights by ε along their gradient, with and without vectors', async () => {
      for (const n of [1, 7, 64, 259, 5000]) {
        const random = new Random(n);
        const draw = () => Float32Array.from({ length: n }, () => random.normal());
        const [weights, gradient] = [draw(), draw()];
        const norm = Math.hypot(...gradient);
        const want = Array.from(weights, (w, i) => w + (0.7 * gradient[i]) / norm);
        const bound = { epsilon: 2 ** -23, terms: 64 }; // the norm's chain of additions
        assertClose(`n=${n}`, await moved(weights, gradient, 0.7), want, [n], bound);
      }
    });

    it('leaves them where there is no gradient, or none that is finite', async () => {
      const weights = Float32Array.from({ length: 70 }, (_, i) => Math.sin(i));
      for (const bad of [0, NaN, Infinity, 1e30]) {
        const gradient = new Float32Array(70);
        gradient[33] = bad;
        expect(await moved(weights, gradient, 1), String(bad)).toEqual(weights);
      }
    });
  });

if (!host.gpu)
  describe('perturb while recording', () => {
    const parts = (g: Graph, n: number, m = n) => ({
      weights: g.value('weights', [n], 'f32'),
      gradients: g.value('gradients', [m], 'f32'),
      norm: g.value('norm', [2], 'f32'),
    });

    it('has no data race', () => {
      for (const software of [true, false]) {
        const g = new Graph(fakeDevice({ software }));
        perturb(g, parts(g, 300), { epsilon: 1 });
        expect(findRaces(g.dispatches[0], {})).toEqual([]);
      }
    });

    it('says what does not fit', () => {
      const g = new Graph(fakeDevice());
      expect(() => perturb(g, parts(g, 4, 5), { epsilon: 1 })).toThrow(/gradients is \(5\), weights \(4\)/);
      expect(() => perturb(g, parts(g, 4), { epsilon: NaN })).toThrow(/epsilon is NaN/);
    });
  });
