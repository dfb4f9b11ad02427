// A stack that recomputes, with what its layers share and what leaves them out: the same bits as one that keeps everything.
import { expect, it } from 'vitest';
import {
  Attention,
  Device,
  DistanceBuckets,
  FeedForward,
  Graph,
  LayerNorm,
  mean,
  multiply,
  ParameterStore,
  Stack,
  TransformerLayer,
} from '../../engine/index';
import { openTestGpu } from '../harness/host';

it('a stack whose layers share distances, and are left out at times: loss and every gradient', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const [B, T, width] = [2, 12, 16];
  const layer = () =>
    new TransformerLayer({
      attention: new Attention({ width, heads: 2, scale: 1, dropout: 0.1 }),
      feedForward: new FeedForward({ width, hidden: 24 }),
      ...{ norm: () => new LayerNorm(width), order: 'pre' },
    });
  const train = async (recompute: boolean) => {
    const distances = new DistanceBuckets({ heads: 2, buckets: 8, maxDistance: 9 });
    const stack = new Stack([layer(), layer(), layer()], { distances, layerDrop: 0.4, recompute });
    using store = new ParameterStore(device, { stack }, { train: true, seed: 5 });
    const g = new Graph(device, { train: true });
    const y = stack.forward(g, g.input('x', [B, T, width], 'f32'));
    const loss = mean(g, multiply(g, y, y));
    g.backprop(loss);
    using plan = await g.compile({ loss });
    const x = Float32Array.from({ length: B * T * width }, (_, i) => Math.sin(i * i));
    plan.run({ x }, { seed: 9, index: 4 });
    const gradients: Record<string, Float32Array> = {};
    for (const name of store.parameters.keys()) gradients[name] = await store.read(name, 'gradient');
    return { loss: await plan.read('loss'), gradients };
  };
  const [kept, again] = [await train(false), await train(true)];
  expect(again).toEqual(kept);
  expect(again.gradients['stack.distances.weight'].some((x) => x !== 0)).toBe(true);
});
