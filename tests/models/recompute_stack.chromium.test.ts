// A stack that recomputes, with what its layers share and what leaves them out: the same bits as one that keeps everything.
import { expect, it } from 'vitest';
import {
  Attention,
  Device,
  DistanceBuckets,
  FeedForward,
  LayerNorm,
  mean,
  multiply,
  ParameterStore,
  Stack,
  TransformerLayer,
  type Graph,
  type Tensor,
} from '../../engine/index';
import { openTestGpu } from '../harness/host';
import { gradientsOf } from './parity';

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
    using store = new ParameterStore(device, { stack }, { seed: 5 });
    const record = (g: Graph): Tensor => {
      const y = stack.forward(g, g.input('x', [B, T, width], 'f32'));
      return mean(g, multiply(g, y, y));
    };
    const x = Float32Array.from({ length: B * T * width }, (_, i) => Math.sin(i * i));
    return await gradientsOf(store, record, { x }, { seed: 9, index: 4 });
  };
  const [kept, again] = [await train(false), await train(true)];
  expect(again).toEqual(kept);
  expect(again.gradients.get('stack.distances.weight')!.some((x) => x !== 0)).toBe(true);
});
