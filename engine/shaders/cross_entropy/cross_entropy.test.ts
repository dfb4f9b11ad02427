import { describe, expect, it } from 'vitest';
import { ops, optionsOf, rungs } from '../../../checks/ops/cross_entropy';
import { fakeDevice } from '../../../tests/harness/fake-device';
import { assertClose } from '../../../tests/harness/close';
import { withDevice } from '../../../tests/harness/device';
import { host } from '../../../tests/harness/host';
import { as, testOps } from '../../../tests/harness/op';
import torch from '../../../tests/fixtures/ops.json';
import { ShapeError } from '../../errors';
import { Graph } from '../../graph/graph';
import { estimate } from '../../graph/memory';
import { IGNORE_INDEX } from '../../graph/plan';
import type { Tensor } from '../../graph/tensor';
import { type Device } from '../../runtime/device';
import { defineKernel } from '../../runtime/kernel';
import { crossEntropy } from './cross_entropy';
import spreadWgsl from './cross_entropy.test.wgsl';
import { crossEntropyRef, crossEntropyRefGrad } from './cross_entropy.ref';

testOps(ops);

const spread = defineKernel({ name: 'test.spread', wgsl: [spreadWgsl] });

/** Logits (N, V) as an op's output, so that their gradient may take their place. */
function spreadRows(g: Graph, x: Tensor, n: number): Tensor {
  const v = x.size;
  const y = g.value('logits', [n, v], 'f32');
  const how = { uniforms: { n, v }, grid: [Math.ceil(v / 64)] as const };
  g.dispatch(spread, { source: x, result: y }, how);
  g.backward(y, () => {
    const dx = g.sink(x)!;
    g.dispatch(spread, { source: g.grad(y), result: dx.tensor }, { ...how, constants: { BACKWARD: true } });
  });
  return y;
}

if (!host.gpu) {
  describe('crossEntropy while recording', () => {
    it('needs no second buffer of the size of the logits', () => {
      const [n, v] = [3, 50_257];
      const g = new Graph(fakeDevice(), { train: true });
      const x = g.input('x', [v], 'f32', { differentiable: true });
      const loss = crossEntropy(g, spreadRows(g, x, n), g.input('targets', [n], 'u32'));
      g.backprop(loss);
      const { activations } = estimate(g, { loss, dx: g.grad(x) });
      expect(activations).toBeLessThan(4 * (n * v + 2 * v) + 4096); // logits, x, dx
    });

    it('says so when two losses want the memory of the same logits', () => {
      const g = new Graph(fakeDevice(), { train: true });
      const x = g.input('x', [5], 'f32', { differentiable: true });
      const logits = spreadRows(g, x, 3);
      const targets = g.input('targets', [3], 'u32');
      const losses = [crossEntropy(g, logits, targets), crossEntropy(g, logits, targets)];
      const seeds = losses.map((loss, i) => [loss, g.input(`seed${i}`, [], 'f32')] as const);
      // The first backward rule to run takes the memory over; the second would need the logits, and says so.
      expect(() => g.backpropFrom(new Map(seeds))).toThrow(/is gone/);
    });

    it('says which shapes do not fit', () => {
      const g = new Graph(fakeDevice());
      const logits = g.input('logits', [2, 3, 5], 'f32');
      expect(() => crossEntropy(g, logits, g.input('targets', [5], 'u32'))).toThrow(ShapeError);
      const targets = g.input('ids', [2, 3], 'u32');
      expect(() => crossEntropy(g, logits, targets, { labelSmoothing: 1.5 })).toThrow(
        /labelSmoothing is 1.5/,
      );
      const weights = g.input('weights', [4], 'f32');
      expect(() => crossEntropy(g, logits, targets, { weights })).toThrow('weights is (4). It must be (5).');
      expect(crossEntropy(g, logits, targets).shape).toEqual([]);
    });
  });
} else {
  describe('crossEntropy on a device', () => {
    let device: Device;
    withDevice((opened) => (device = opened));

    for (const rung of rungs) {
      it(`gives torch's numbers (${rung})`, async () => {
        for (const fixture of torch.crossEntropy) {
          const [n, v] = fixture.logits.shape as [number, number];
          const g = new Graph(as(device, rung), { train: true });
          const logits = g.input('logits', [n, v], 'f32', { differentiable: true });
          const weights = fixture.weights && g.constant('weights', [v], Float32Array.from(fixture.weights));
          const loss = crossEntropy(g, logits, g.input('targets', [n], 'u32'), {
            ...optionsOf(fixture),
            ...(weights && { weights }),
          });
          g.backprop(loss);
          using plan = await g.compile({ loss, dlogits: g.grad(logits) });
          const targets = Uint32Array.from(fixture.targets, (t) =>
            t === fixture.ignoreIndex ? IGNORE_INDEX : t,
          );
          plan.run({ logits: Float32Array.from(fixture.logits.data), targets });
          const bound = { epsilon: 2 ** -23, terms: v };
          assertClose('loss', await plan.read('loss'), [fixture.loss], [], bound);
          assertClose('dlogits', await plan.read('dlogits'), fixture.dlogits.data, [n, v], bound);
        }
      });
    }

    it('writes the gradient in the place of the logits, V = 50,257', async () => {
      const [n, v] = [3, 50_257];
      const options = { v, labelSmoothing: 0.1, ignoreIndex: IGNORE_INDEX };
      for (const rung of rungs) {
        const g = new Graph(as(device, rung), { train: true });
        const x = g.input('x', [v], 'f32', { differentiable: true });
        const loss = crossEntropy(g, spreadRows(g, x, n), g.input('targets', [n], 'u32'), optionsOf(options));
        g.backprop(loss, 0.5);
        using plan = await g.compile({ loss, dx: g.grad(x) });
        const data = Float32Array.from({ length: v }, (_, c) => Math.sin(c));
        const targets = Uint32Array.of(50_256, IGNORE_INDEX, 7);
        plan.run({ x: data, targets });
        const wide = Float64Array.from({ length: n * v }, (_, i) =>
          Math.fround((Math.floor(i / v) + 1) * data[i % v]),
        );
        const ids = Float64Array.from(targets);
        const want = crossEntropyRef(wide, ids, options);
        const dwide = crossEntropyRefGrad(wide, ids, 0.5, options);
        const dx = data.map((_, c) => [1, 2, 3].reduce((s, k) => s + k * dwide[(k - 1) * v + c], 0));
        const bound = { epsilon: 2 ** -23, terms: v };
        assertClose('loss', await plan.read('loss'), want.loss, [], bound);
        assertClose('dx', await plan.read('dx'), dx, [v], bound);
      }
    });
  });
}
