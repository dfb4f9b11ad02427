// Ops whose conventions PyTorch sets, against its float64 numbers (fixtures/make_ops.py): where a maximum's gradient goes
// among equal numbers, what normalize does with rows shorter than eps, how losses of huge logits and of weights come out.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { binaryCrossEntropy, Device, Graph, max, argmax, meanSquaredError, normalize } from '../engine/index';
import type { Tensor } from '../engine/index';
import torch from './fixtures/ops.json';
import { assertClose } from './harness/close';
import { openTestGpu } from './harness/host';
import { as } from './harness/op';

interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

describe.each(['software', 'hardware'] as const)("torch's numbers (%s)", (rung) => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
  });
  afterAll(() => device[Symbol.dispose]());

  /** Compares an op's result, and x's gradient from `dout` (1 where there is none), with what is wanted. */
  async function compare(
    what: string,
    x: Packed,
    want: { readonly out: Packed; readonly dx: Packed; readonly dout?: Packed },
    op: (g: Graph, x: Tensor) => Tensor,
  ): Promise<void> {
    const g = new Graph(as(device, rung), { train: true });
    const input = g.input('x', x.shape, 'f32', { differentiable: true });
    const y = op(g, input);
    const { shape, data } = want.dout ?? { shape: [], data: [1] };
    g.backpropFrom(new Map([[y, g.constant('dout', shape, Float32Array.from(data))]]));
    using plan = await g.compile({ y, dx: g.grad(input) });
    plan.run({ x: Float32Array.from(x.data) });
    const bound = { epsilon: 2 ** -23, terms: 4 };
    assertClose(what, await plan.read('y'), want.out.data, want.out.shape, bound);
    assertClose(`${what}: dx`, await plan.read('dx'), want.dx.data, x.shape, bound);
  }

  it('max, its gradient among equal numbers, and argmax', async () => {
    for (const { axis, places, ...want } of torch.max) {
      await compare(`max of axis ${axis}`, want.x, want, (g, x) => max(g, x, axis));
      const g = new Graph(as(device, rung));
      using plan = await g.compile({ at: argmax(g, g.input('x', want.x.shape, 'f32'), axis) });
      plan.run({ x: Float32Array.from(want.x.data) });
      assertClose('argmax', await plan.readIntegers('at'), places, want.out.shape, { epsilon: 0, terms: 1 });
    }
  });

  it('normalize, with rows shorter than eps', async () => {
    const { epsilon, x, ...want } = torch.normalize;
    await compare('normalize', x, want, (g, t) => normalize(g, t, epsilon));
  });

  it.each([
    ['meanSquaredError', torch.meanSquaredError, meanSquaredError],
    ['binaryCrossEntropy', torch.binaryCrossEntropy, binaryCrossEntropy],
  ] as const)('%s, whole and of rows that have a weight', async (name, records, op) => {
    for (const { weights, x, targets, loss, dx } of records) {
      const out = { shape: [], data: [loss] };
      await compare(`${name}, weights ${String(weights)}`, x, { out, dx }, (g, t) => {
        const goal = g.constant('targets', targets.shape, Float32Array.from(targets.data));
        if (!weights) return op(g, t, goal);
        return op(g, t, goal, { weights: g.constant('weights', [3], Float32Array.from(weights)) });
      });
    }
  });
});
