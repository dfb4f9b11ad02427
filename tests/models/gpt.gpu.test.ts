// Parity with PyTorch: a GPT-2 and a Llama-shaped model of Hugging Face Transformers, float32, see tests/fixtures.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph, IGNORE_INDEX, ParameterStore, Trainer, type WeightSource } from '../../engine/index';
import { Generator, GPT, pretrainedGPT } from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import small from '../fixtures/gpt-small.json';
import modern from '../fixtures/gpt-modern.json';
import { feature, openTestGpu } from '../harness/host';
import { as } from '../harness/op';
import { expectSteps, fixtureAdamW } from './parity';

const fixtures = [
  { name: 'gpt-small', file: 'gpt-small.safetensors', about: small },
  { name: 'gpt-modern', file: 'gpt-modern.safetensors', about: modern },
] as const;

/** A fixture's tensors under a prefix, as a checkpoint. */
function sourceOf(tensors: Map<string, FixtureTensor>, prefix: string): WeightSource {
  const own = (name: string) => tensors.get(prefix + name)!;
  const names = [...tensors.keys()].filter((n) => n.startsWith(prefix)).map((n) => n.slice(prefix.length));
  return {
    names: () => names.filter((n) => !/^(grad|after|steps)\.|^(ids|targets|logits)$/.test(n)),
    info: (name) => ({ shape: own(name).shape }),
    float32: (name) => Promise.resolve(Float32Array.from(own(name).data)),
  };
}

const tokens = (data: ArrayLike<number>): Uint32Array =>
  Uint32Array.from(data, (id) => (id < 0 ? IGNORE_INDEX : id));

/** ‖got − want‖ / ‖want‖. */
function relativeError(got: Float32Array, want: ArrayLike<number>): number {
  expect(got.length).toBe(want.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < want.length; i++) {
    difference += (got[i] - want[i]) ** 2;
    norm += want[i] ** 2;
  }
  return Math.sqrt(difference / norm);
}

describe.each(fixtures)('$name equals PyTorch', ({ file, about }) => {
  let device: Device;
  let tensors: Map<string, FixtureTensor>;
  let weights: WeightSource;
  let model: GPT;
  const { B, T } = about.shape;

  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    tensors = await fixtureTensors(file);
    const loaded = pretrainedGPT(about.config, sourceOf(tensors, ''));
    weights = loaded.weights;
    model = new GPT(loaded.config);
  });
  afterAll(() => device[Symbol.dispose]());

  // The adapter's own kernels, and on software adapters those of GPUs too, where compilers are fast enough.
  const rungs = feature('shader-f16') ? ['own'] : ['own', 'hardware'];
  it.each(rungs)('logits, loss and every gradient by name (%s kernels)', async (rung) => {
    const used = rung === 'hardware' ? as(device, rung) : device;
    using store = new ParameterStore(device, model, { train: true });
    await store.load(weights);
    const g = new Graph(used, { train: true });
    const ids = g.input('ids', [B, T], 'u32', { below: about.shape.V });
    const targets = g.input('targets', [B, T], 'u32', { below: about.shape.V });
    const loss = model.loss(g, ids, targets);
    g.backprop(loss);
    using plan = await g.compile({ loss });
    plan.run({ ids: tokens(tensors.get('ids')!.data), targets: tokens(tensors.get('targets')!.data) });
    const got = (await plan.read('loss'))[0];
    expect(Math.abs(got / about.lossFloat64 - 1)).toBeLessThan(2e-6);

    const f = new Graph(used);
    const logits = model.forward(f, f.input('ids', [B, T], 'u32'));
    using forward = await f.compile({ logits });
    forward.run({ ids: tokens(tensors.get('ids')!.data) });
    expect(relativeError(await forward.read('logits'), tensors.get('logits')!.data)).toBeLessThan(5e-6);

    const gradients = pretrainedGPT(about.config, sourceOf(tensors, 'grad.')).weights;
    for (const name of store.parameters.keys()) {
      const want = await gradients.float32(name);
      expect(relativeError(await store.read(name, 'gradient'), want), name).toBeLessThan(2e-5);
    }
  });

  it('ten AdamW steps: losses, gradient norms and final weights', async () => {
    using trainer = await Trainer.create({
      device,
      model,
      optimizer: fixtureAdamW(about.adamw),
      schedule: { kind: 'constant', lr: about.adamw.learningRate },
      batch: B,
      length: T,
    });
    await trainer.store.load(weights);
    const all = {
      ids: tokens(tensors.get('steps.ids')!.data),
      targets: tokens(tensors.get('steps.targets')!.data),
    };
    for (let i = 0; i < 10; i++) {
      trainer.submit((k) => ({
        ids: all.ids.slice(k * B * T, (k + 1) * B * T),
        targets: all.targets.slice(k * B * T, (k + 1) * B * T),
      }));
    }
    const reports = await trainer.losses();
    expectSteps(reports, about.lossesFloat64, about.gradientNormsFloat64);
    expect(reports).toHaveLength(10);
    const after = pretrainedGPT(about.config, sourceOf(tensors, 'after.')).weights;
    for (const name of trainer.store.parameters.keys()) {
      if (name.endsWith('c_attn.bias')) continue; // its key third is rounding noise, see the fixture's note
      const want = await after.float32(name);
      expect(relativeError(await trainer.store.read(name), want), name).toBeLessThan(5e-5);
    }
  });

  const once = about.config.model_type === 'gpt2';
  if (once)
    it('gives the same at the default limits without any optional feature', async () => {
      using plain = await Device.open({ gpu: openTestGpu(), minimal: true });
      using store = new ParameterStore(plain, model);
      await store.load(weights);
      const g = new Graph(plain);
      using plan = await g.compile({ logits: model.forward(g, g.input('ids', [B, T], 'u32')) });
      plan.run({ ids: tokens(tensors.get('ids')!.data) });
      expect(relativeError(await plan.read('logits'), tensors.get('logits')!.data)).toBeLessThan(5e-6);
    });

  const f16 = feature('shader-f16');
  it.skipIf(!f16)(`f16 storage stays near${f16 ? '' : ' (needs shader-f16)'}`, async () => {
    using store = new ParameterStore(device, model);
    await store.load(weights);
    const g = new Graph(device, { storage: 'f16' });
    using plan = await g.compile({ logits: model.forward(g, g.input('ids', [B, T], 'u32')) });
    plan.run({ ids: tokens(tensors.get('ids')!.data) });
    const error = relativeError(await plan.read('logits'), tensors.get('logits')!.data);
    expect(error).toBeLessThan(3e-3); // a few roundings of 2⁻¹¹ a layer
    expect(error).toBeGreaterThan(1e-5); // it did store f16
  });

  it('greedy generation through the KV cache gives the same ids', async () => {
    using store = new ParameterStore(device, model);
    await store.load(weights);
    using generator = new Generator(device, model);
    const { prompt, next } = about.greedy;
    const got: number[] = [];
    for await (const id of generator.generate(prompt, { temperature: 0, tokens: next.length })) got.push(id);
    expect(got).toEqual(next);
  });
});
