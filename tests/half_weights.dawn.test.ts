// Weights that are stored as f16, which SwiftShader cannot: what a model of them gives, and that they are not trained.
import { afterEach, describe, expect, it } from 'vitest';
import {
  Graph,
  parameters,
  ParameterStore,
  RelativeAttention,
  Trainer,
  type Device,
  type Tensor,
  type WeightStorage,
} from '../engine/index';
import { EncoderDecoder, GPT, type GPTConfig } from '../models/index';
import { AdditiveAttention } from '../engine/attention';
import { withDevice } from './harness/device';
import { feature } from './harness/host';
import { at, tinyGPT, tinyOptions } from './train/tiny';

let device: Device;
withDevice((opened) => (device = opened));
afterEach(() => expect(device.buffers.stats.owners).toEqual({}));

const count = (n: number, first = 0): Float32Array => Float32Array.from({ length: n }, (_, i) => first + i);

describe('weights in f16', () => {
  const half = it.skipIf(!feature('shader-f16'));
  const size = { vocabulary: 37, context: 16, layers: 2, heads: 4, width: 32 } as const;
  const ids = (g: Graph, name: string) => g.input(name, [2, 9], 'u32', { below: 37 });
  const drawn = Uint32Array.from({ length: 18 }, (_, i) => (i * i + 5) % 37);
  interface Case {
    readonly model: object;
    readonly record: (g: Graph) => Tensor;
    readonly inputs: Readonly<Record<string, Float32Array | Uint32Array>>;
  }
  const gpt = (options: Partial<GPTConfig>): Case => {
    const model = new GPT({ ...size, ...options });
    return { model, record: (g) => model.forward(g, ids(g, 'ids')), inputs: { ids: drawn } };
  };
  const cases: Readonly<Record<string, () => Case>> = {
    'GPT-2': () => gpt({}),
    Llama: () =>
      gpt({
        ...{ positions: 'rope', norm: 'rms', activation: 'silu', gated: true, keyValueHeads: 2 },
        ...{ tied: false, bias: false },
      }),
    'an encoder-decoder': () => {
      const model = new EncoderDecoder({
        ...{
          vocabulary: 37,
          context: 16,
          encoderLayers: 1,
          decoderLayers: 1,
          heads: 2,
          width: 32,
          hidden: 48,
        },
        positions: 'learned',
      });
      const inputs = { source: drawn, lengths: Uint32Array.of(9, 5), target: drawn.toReversed() };
      const record = (g: Graph) =>
        model.forward(g, ids(g, 'source'), g.input('lengths', [2], 'u32'), ids(g, 'target'));
      return { model, record, inputs };
    },
    'relative attention': () => {
      const model = new RelativeAttention({ width: 12, heads: 2, headWidth: 6 });
      const record = (g: Graph) => model.forward(g, g.input('x', [2, 5, 12], 'f32'));
      return { model, record, inputs: { x: count(120, -60).map((x) => Math.sin(x)) } };
    },
    'additive attention': () => {
      const model = new AdditiveAttention({ queries: 6, keys: 8, hidden: 64 });
      const record = (g: Graph) =>
        model.forward(g, { queries: g.input('q', [2, 3, 6], 'f32'), values: g.input('v', [2, 4, 8], 'f32') })
          .out;
      return { model, record, inputs: { q: count(36).map(Math.sin), v: count(64).map(Math.cos) } };
    },
  };

  half.each(Object.entries(cases))(
    '%s gives what its rounded weights give, near those in f32 (needs shader-f16)',
    async (_, make) => {
      const { model, record, inputs } = make();
      const run = async (storage: WeightStorage, weights?: ReadonlyMap<string, Float32Array>) => {
        using store = new ParameterStore(device, model, {
          seed: 4,
          storage,
          init: weights ? 'none' : 'random',
        });
        for (const [name, data] of weights ?? []) store.write(name, data);
        const g = new Graph(device);
        using plan = await g.compile({ y: record(g) });
        plan.run(inputs);
        return { y: await plan.read('y'), weights: await store.readAll('weights'), bytes: store.bytes };
      };
      const plain = await run('f32');
      const rounded = await run('f16', plain.weights);
      const same = await run('f32', rounded.weights);
      expect(rounded.bytes).toBeLessThan(0.8 * plain.bytes);
      const most = same.y.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const worst = (a: Float32Array, b: Float32Array) =>
        a.reduce((sum, x, i) => Math.max(sum, Math.abs(x - b[i])), 0) / most;
      expect(worst(rounded.y, same.y)).toBeLessThan(1e-6);
      expect(worst(rounded.y, plain.y)).toBeLessThan(8 * 2 ** -11); // a few of its roundings add up
      expect(worst(rounded.y, plain.y)).toBeGreaterThan(0);
    },
  );

  half(
    'are chosen one by one, are f32 again without their store, and are not trained (needs shader-f16)',
    async () => {
      const model = tinyGPT();
      {
        using _store = new ParameterStore(device, model, {
          storage: (name) => (name.includes('.feedForward.') ? 'f16' : 'f32'),
        });
        const halves = [...parameters(model)]
          .filter(([, { dtype }]) => dtype === 'f16')
          .map(([name]) => name);
        expect(halves).toEqual(
          ['up.weight', 'up.bias', 'down.weight', 'down.bias'].map((n) => `stack.layers.0.feedForward.${n}`),
        );
        await expect(Trainer.create(tinyOptions(device, { model }))).rejects.toThrow(
          'stack.layers.0.feedForward.up.weight: it is stored as f16, and weights are trained in f32. Store it as f32, or freeze it',
        );
        for (const name of halves) parameters(model).get(name)!.trainable = false;
        using trainer = await Trainer.create(tinyOptions(device, { model })); // through frozen ones
        const before = await trainer.store.readAll('weights');
        for (let i = 0; i < 2; i++) trainer.submit(at);
        await trainer.losses();
        for (const [name, data] of await trainer.store.readAll('weights')) {
          if (halves.includes(name)) expect(data, name).toEqual(before.get(name));
          else expect(data, name).not.toEqual(before.get(name));
        }
      }
      for (const { dtype } of parameters(model).values()) expect(dtype).toBe('f32');
    },
  );

  half('are not read by a graph that was recorded for f32 (needs shader-f16)', async () => {
    const model = tinyGPT();
    const g = new Graph(device);
    const logits = model.forward(g, g.input('ids', [1, 4], 'u32'));
    using _store = new ParameterStore(device, model, { storage: 'f16' });
    await expect(g.compile({ logits })).rejects.toThrow(/it was recorded as f32, but is stored as f16/);
  });
});
