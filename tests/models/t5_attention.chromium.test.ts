// Parity with PyTorch: transformers' T5Attention by checkpoint name; transformer_xl.chromium.test.ts has the other layer.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph, ParameterStore } from '../../engine/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/attention-layers.json';
import { normalTensor } from '../fixtures/portable';
import { openTestGpu } from '../harness/host';
import { T5SelfAttention } from './attention-models';
import { portableWeights, read, relativeError, write, type PortableParameter } from './parity';

interface Layer {
  readonly name: string;
  readonly B: number;
  readonly T: number;
  readonly C: number;
  readonly heads: number;
  readonly width: number;
  readonly parameters: Readonly<Record<string, PortableParameter>>;
}

interface T5Layer extends Layer {
  readonly buckets: number;
  readonly maxDistance: number;
  readonly causal: boolean;
  readonly lengths: readonly number[] | null;
}

const t5Layers = fixture.layers.filter((layer): layer is typeof layer & T5Layer => 'buckets' in layer);

describe('T5 attention equals PyTorch', () => {
  let device: Device;
  let tensors: Map<string, FixtureTensor>;
  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    tensors = await fixtureTensors('attention-layers.safetensors');
  });
  afterAll(() => device[Symbol.dispose]());

  const numbers = (name: string, shape: readonly number[]): Float32Array =>
    normalTensor(name, shape, 1, fixture.seed);
  const compare = (name: string, got: ArrayLike<number>): void =>
    // torch's own float32 stays below 8e-7
    expect(relativeError(got, tensors.get(name)!.data), name).toBeLessThan(1e-5);

  it.each(t5Layers)('$name', async (layer) => {
    const { name, B, T, C, heads, width, buckets, maxDistance, causal, lengths } = layer;
    const model = new T5SelfAttention({ model: C, heads, width, buckets, maxDistance }, causal);
    using store = new ParameterStore(device, model, { init: 'none', train: true });
    const weights = portableWeights(layer.parameters, name, fixture.seed);
    write(store, weights);
    const g = new Graph(device, { train: true });
    const x = g.input('x', [B, T, C], 'f32', { differentiable: true });
    const visible = lengths && g.constant('lengths', [B], Uint32Array.from(lengths));
    const out = model.forward(g, x, visible ? { lengths: visible } : {});
    g.backpropFrom(new Map([[out, g.input('dout', [B, T, C], 'f32')]]));
    using plan = await g.compile({ out, dx: g.grad(x) });
    plan.run({ x: numbers(`${name}.x`, x.shape), dout: numbers(`${name}.dout`, out.shape) });
    compare(`${name}.out`, await plan.read('out'));
    compare(`${name}.dx`, await plan.read('dx'));
    for (const [key, got] of await read(store, weights, 'gradient')) compare(`${name}.grad.${key}`, got);
  });
});
