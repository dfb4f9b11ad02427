import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ops } from '../../../checks/ops/norm_clip';
import torch from '../../../tests/fixtures/ops.json';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host, openTestGpu } from '../../../tests/harness/host';
import { testOps } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { globalNorm } from './norm_clip';

testOps(ops);

if (host.gpu)
  describe('globalNorm on a device', () => {
    let device: Device;
    beforeAll(async () => (device = await Device.open({ gpu: openTestGpu() })));
    afterAll(() => device[Symbol.dispose]());

    it("gives torch's norm and clipped gradients", async () => {
      for (const { limit, gradients, norm, clipped } of torch.clipGradientNorm) {
        const g = new Graph(device);
        const blocks = gradients.map((a, i) => g.input(`g${i}`, a.shape, 'f32'));
        using plan = await g.compile({ y: globalNorm(g, blocks, limit) });
        plan.run(Object.fromEntries(gradients.map((a, i) => [`g${i}`, Float32Array.from(a.data)])));
        const [gotNorm, scale] = await plan.read('y');
        const bound = { epsilon: 2 ** -23, terms: 11 };
        assertClose('norm', [gotNorm], [norm], [1], bound);
        for (const [i, a] of gradients.entries()) {
          const got = a.data.map((x) => x * scale);
          assertClose('clipped', got, clipped[i].data, a.shape, bound);
        }
      }
    });

    it('gives the same bits twice', async () => {
      const g = new Graph(device);
      using plan = await g.compile({ y: globalNorm(g, [g.input('a', [100_003], 'f32')]) });
      const data = Float32Array.from({ length: 100_003 }, (_, i) => Math.sin(i));
      plan.run({ a: data });
      const first = await plan.read('y');
      plan.run({ a: data });
      expect(await plan.read('y')).toEqual(first);
      expect(first[1]).toBe(1);
    });
  });

if (!host.gpu)
  describe('globalNorm while recording', () => {
    it('refuses what cannot be meant', () => {
      const g = new Graph(fakeDevice());
      expect(() => globalNorm(g, [])).toThrow(/no gradients/);
      expect(() => globalNorm(g, [g.input('a', [4], 'f32')], 0)).toThrow(/clip is 0/);
      expect(() => globalNorm(g, [g.input('b', [4], 'f16')])).toThrow(/f16/);
    });
  });
