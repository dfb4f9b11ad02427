import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import torch from '../../../tests/fixtures/ops.json';
import { assertClose } from '../../../tests/harness/close';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { host, openTestGpu } from '../../../tests/harness/host';
import { normal, testOp } from '../../../tests/harness/op';
import { Graph } from '../../graph/graph';
import { Device } from '../../runtime/device';
import { globalNorm } from './norm_clip';
import { globalNormRef } from './norm_clip.ref';

testOp('globalNorm', {
  // 4,099 is prime: a long block without vectors; 4,194,816 numbers take more than one pass of all workgroups.
  cases: [
    { a: 5, b: 6, clip: 1 },
    { a: 1, b: 4, clip: 100 },
    { a: 4096, b: 4099, clip: 1 },
    ...(host.gpu ? [{ a: 4 * 1024 * 1024 + 512, b: 3, clip: 0.5 }] : []),
  ],
  inputs: ({ a, b }) => ({ a: normal([a], { std: 3 }), b: normal([b]) }),
  op: (g, { a, b }, { clip }) => globalNorm(g, [a, b], clip),
  reference: ({ a, b }, { clip }) => ({ y: globalNormRef([a, b], clip) }),
  terms: () => 64, // sums of squares do not cancel: the error is that of the longest chain of additions
  dtypes: ['f32'],
  rungs: ['software', 'hardware'],
});

// The kernels are those of the test above, so the cpu host has nothing to look for.
for (const [name, value] of !host.gpu
  ? []
  : ([
      ['NaN', NaN],
      ['infinity', Infinity],
      ['minus infinity', -Infinity],
      ['2^48', -(2 ** 48)],
      ['just below 2^48', 2 ** 48 - 2 ** 24],
    ] as const)) {
  for (const n of [8, 7]) {
    testOp(`globalNorm of ${name} among ${n}`, {
      cases: [{ n }],
      inputs: () => ({
        a: { shape: [n], data: Float64Array.from({ length: n }, (_, i) => (i === 5 ? value : i)) },
      }),
      op: (g, { a }) => globalNorm(g, [a], 1),
      reference: ({ a }) => ({ y: globalNormRef([a], 1) }),
      terms: () => 8,
      dtypes: ['f32'],
    });
  }
}

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
