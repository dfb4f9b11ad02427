// One owner of a model's weights: who trains what, who gives memory back, and what is said where two want the same.
import { describe, expect, it } from 'vitest';
import {
  activation,
  Device,
  type FeedForward,
  Graph,
  IGNORE_INDEX,
  Linear,
  nextToken,
  Parameter,
  ParameterStore,
  Run,
  Trainer,
} from '../../engine/index';
import { Generator, GPT, pretrainedGPT } from '../../models/index';
import small from '../fixtures/gpt-small.json';
import { fixtureTensors } from '../fixtures/load';
import { withDevice } from '../harness/device';
import { openTestGpu } from '../harness/host';
import { fixtureAdamW } from '../models/parity';
import { at, tinyGPT, tinyOptions, VOCABULARY, type TinyOptions } from './tiny';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const optionsOf = (model: GPT, options: Partial<TinyOptions> = {}) =>
  tinyOptions(device, { model, ...options });
async function losses(trainer: Trainer, count = 3): Promise<number[]> {
  for (let i = 0; i < count; i++) trainer.submit(at);
  return (await trainer.losses()).map(({ loss }) => loss);
}
async function take(generator: Generator): Promise<number[]> {
  const out: number[] = [];
  for await (const id of generator.generate([1, 2], { tokens: 6, temperature: 0 })) out.push(id);
  return out;
}
async function text(model: GPT, on = device): Promise<number[]> {
  using generator = new Generator(on, model);
  return await take(generator);
}
const NAME = 'stack.layers.0.attention.qkv.weight';

describe('a model that has a store', () => {
  it("is trained from its weights: PyTorch's losses, and its weights afterwards", async () => {
    const tensors = await fixtureTensors('gpt-small.safetensors');
    const { config, weights } = pretrainedGPT(small.config, {
      names: () => [...tensors.keys()].filter((name) => /^(transformer|lm_head|wte|wpe|h\.|ln_f)/.test(name)),
      info: (name) => ({ shape: tensors.get(name)!.shape }),
      float32: (name) => Promise.resolve(Float32Array.from(tensors.get(name)!.data)),
    });
    const model = new GPT(config);
    using store = new ParameterStore(device, model, { init: 'none' });
    await store.load(weights);
    const { B, T } = small.shape;
    const [ids, targets] = ['ids', 'targets'].map((name) =>
      Uint32Array.from(tensors.get(`steps.${name}`)!.data, (id) => (id < 0 ? IGNORE_INDEX : id)),
    );
    const schedule = { kind: 'constant', lr: small.adamw.learningRate } as const;
    {
      using run = await Run.create({
        ...{ device, model, schedule, objective: nextToken({ batch: B, length: T }) },
        optimizer: fixtureAdamW(small.adamw),
      });
      expect(run.trainer.store).toBe(store);
      for (let i = 0; i < 10; i++) {
        run.trainer.submit((k) => ({
          ids: ids.slice(k * B * T, (k + 1) * B * T),
          targets: targets.slice(k * B * T, (k + 1) * B * T),
        }));
      }
      for (const [i, { loss }] of (await run.trainer.losses()).entries()) {
        expect(Math.abs(loss / small.lossesFloat64[i] - 1)).toBeLessThan(1e-5);
      }
    }
    // The weights stay, the gradients and moments do not.
    const want = Float32Array.from(tensors.get('after.ln_f.weight')!.data);
    const got = await store.read('stack.norm.weight');
    for (const [i, value] of want.entries()) expect(got[i]).toBeCloseTo(value, 5);
    await expect(store.read(NAME, 'gradient')).rejects.toThrow('it has no gradient');
    expect(Object.keys(device.buffers.stats.owners)).toEqual(['parameters: weights']);
  });

  it('generates before, while and after it is trained', async () => {
    const model = tinyGPT();
    using store = new ParameterStore(device, model, { seed: 5 });
    const before = await text(model);
    const trainer = await Trainer.create(optionsOf(model));
    expect(await text(model)).toEqual(before);
    await losses(trainer, 40);
    const trained = await text(model);
    trainer[Symbol.dispose]();
    expect(await text(model)).toEqual(trained);
    const other = tinyGPT();
    using copy = new ParameterStore(device, other, { init: 'none' });
    for (const [name, data] of await store.readAll('weights')) copy.write(name, data);
    expect(await text(other)).toEqual(trained);
  });

  it('gives the bits that a trainer with its own store gives, and each run fresh moments', async () => {
    using own = await Trainer.create(optionsOf(tinyGPT()));
    const want = await losses(own);
    const model = tinyGPT();
    using store = new ParameterStore(device, model, { seed: 3, train: true });
    const fresh = await store.readAll('weights');
    for (let i = 0; i < 2; i++) {
      using run = await Run.create(optionsOf(model));
      expect(await losses(run.trainer)).toEqual(want);
      for (const [name, data] of fresh) store.write(name, data);
    }
  });

  it('trains what is trainable now, and leaves the rest as it is', async () => {
    const model = tinyGPT();
    using store = new ParameterStore(device, model, { seed: 3 });
    for (const parameter of [
      model.tokens.weight,
      (model.stack.layers[0].feedForward as FeedForward).up.weight,
    ])
      parameter.trainable = false;
    const before = await store.readAll('weights');
    using trainer = await Trainer.create(optionsOf(model));
    await losses(trainer);
    for (const [name, data] of await store.readAll('weights')) {
      if (/^(tokens|stack\.layers\.0\.feedForward\.up)\.weight$/.test(name))
        expect(data, name).toEqual(before.get(name));
      else expect(data, name).not.toEqual(before.get(name));
    }
    const file = await trainer.save();
    const rest = await losses(trainer);
    await trainer.load(file);
    expect(await losses(trainer)).toEqual(rest);
  });

  it('moves to the device that a lost one is replaced by', async () => {
    const first = await Device.open({ gpu: openTestGpu() });
    const second = await Device.open({ gpu: openTestGpu() });
    const model = tinyGPT();
    const store = new ParameterStore(first, model, { seed: 3 });
    const run = await Run.create(optionsOf(model, { device: first }));
    const seen = new Map<number, number>();
    let lost = false;
    await run.fit({
      ...{ steps: 6, batches: at, checkpointEvery: 2, reopen: () => Promise.resolve(second) },
      onEvent: (event) => {
        if (event.kind !== 'steps') return;
        for (const { index, loss } of event.reports) seen.set(index, loss);
        if (!lost && event.reports.at(-1)!.index >= 3) first.gpu.destroy();
        lost ||= event.reports.at(-1)!.index >= 3;
      },
    });
    using own = await Trainer.create(optionsOf(tinyGPT()));
    expect([...seen.values()]).toEqual(await losses(own, 6));
    expect(run.trainer.device).toBe(second);
    run[Symbol.dispose]();
    expect(store.device).toBe(second);
    expect(await store.read(NAME)).toEqual(await own.store.read(NAME));
    expect(await text(model, second)).toEqual(await text(own.model as GPT));
    await expect(text(model)).rejects.toThrow(/store is on another device/);
    store[Symbol.dispose]();
    expect(second.buffers.stats.owners).toEqual({});
    for (const each of [first, second]) each[Symbol.dispose]();
  });

  it('may have another store once its device is gone', async () => {
    const first = await Device.open({ gpu: openTestGpu() });
    const model = tinyGPT();
    const old = new ParameterStore(first, model);
    first[Symbol.dispose]();
    using store = new ParameterStore(device, model, { seed: 4 });
    const weights = await store.read(NAME);
    expect(() => old.write(NAME, weights)).toThrow(`${NAME}: it belongs to another store by now.`);
    old[Symbol.dispose]();
    expect(await store.read(NAME)).toEqual(weights);
  });
});

describe('two that want the same weights', () => {
  it('are told so: stores, trainers, devices, parts', async () => {
    const model = tinyGPT();
    const create = (options: Partial<TinyOptions> = {}) => Trainer.create(optionsOf(model, options));
    using store = new ParameterStore(device, model, { owner: 'mine' });
    expect(() => new ParameterStore(device, { body: model })).toThrowErrorMatchingInlineSnapshot(
      `[EngineError: body.tokens.weight: it already belongs to a store (mine). Dispose of that one first, or pass the model to Run.create, which trains the weights that it has.]`,
    );
    const before = await store.read(NAME);
    using elsewhere = await Device.open({ gpu: openTestGpu() });
    await expect(create({ device: elsewhere })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EngineError: tokens.weight: its store is on another device. Dispose of that one, or use its device.]`,
    );
    const live = device.buffers.stats.live;
    const trainer = await create();
    await expect(create()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EngineError: tokens.weight: it is being trained already. Dispose of the other trainer first.]`,
    );
    await losses(trainer);
    trainer[Symbol.dispose]();
    trainer[Symbol.dispose]();
    expect(device.buffers.stats.live).toBe(live);
    expect(await store.read(NAME)).not.toEqual(before);

    const wider = Object.assign(new Linear(2, 2), { config: { vocabulary: VOCABULARY }, body: model });
    await expect(Trainer.create(optionsOf(wider as unknown as GPT))).rejects.toThrow(
      'body.tokens.weight: it has memory, unlike weight. Make one ParameterStore over the whole model',
    );
    using _more = new ParameterStore(device, { weight: wider.weight, bias: wider.bias }, { owner: 'more' });
    await expect(Trainer.create(optionsOf(wider as unknown as GPT))).rejects.toThrow(
      'body.tokens.weight: it is in another store than weight.',
    );
    const part = { config: model.config, tokens: model.tokens, loss: () => null };
    await expect(Trainer.create(optionsOf(part as unknown as GPT))).rejects.toThrow(
      'tokens.weight: its store (mine) has positions.weight, which this model has not. Make the store over the object',
    );
  });

  it('leave nothing behind, in whatever order they end', async () => {
    const { live } = device.buffers.stats;
    for (const order of ['store first', 'trainer first', 'generator first'] as const) {
      const model = tinyGPT();
      const store = new ParameterStore(device, model);
      const trainer = await Trainer.create(optionsOf(model));
      const generator = new Generator(device, model);
      await losses(trainer);
      await take(generator);
      if (order === 'generator first') generator[Symbol.dispose]();
      if (order === 'store first') {
        store[Symbol.dispose]();
        expect(() => trainer.submit(at)).toThrow(
          /^train: tokens\.weight: the memory that this plan reads was given back\. Keep the ParameterStore or the trainer/,
        );
        await expect(trainer.save()).rejects.toThrow('tokens.weight: its store was disposed of.');
        await expect(take(generator)).rejects.toThrow(
          'tokens.weight: the memory that this plan reads was given back',
        );
      }
      trainer[Symbol.dispose]();
      if (order === 'trainer first') await take(generator);
      store[Symbol.dispose]();
      generator[Symbol.dispose]();
      expect(device.buffers.stats.live).toBe(live);
      expect(() => store.write(NAME, new Float32Array(768))).toThrow(`${NAME}: its store was disposed of.`);
    }
  });

  it('cannot go on with weights that went with a trainer', async () => {
    const model = tinyGPT();
    const trainer = await Trainer.create(optionsOf(model));
    using generator = new Generator(device, model);
    await take(generator);
    trainer[Symbol.dispose]();
    await expect(take(generator)).rejects.toThrow('was given back');
    await expect(text(model)).rejects.toThrow(
      'tokens.weight: this parameter has no memory. Create a ParameterStore',
    );
    using second = await Trainer.create(optionsOf(model)); // from initial weights
    using third = await Trainer.create(optionsOf(tinyGPT()));
    expect(await losses(second)).toEqual(await losses(third));
  });
});

describe('a parameter without memory', () => {
  it('is named by where it is used', async () => {
    const g = new Graph(device);
    const y = g.scope('h.3', () => activation(g, g.use(new Parameter([4, 2])), 'relu'));
    await expect(g.compile({ y })).rejects.toThrow('h.3.parameter (4, 2): this parameter has no memory.');
    await expect(text(tinyGPT())).rejects.toThrow('tokens.parameter (12, 16): this parameter has no memory.');
  });

  it('gives back what a store took that could not be filled', () => {
    const { live } = device.buffers.stats;
    const weight = new Parameter([4], { init: () => new Float32Array(3) });
    expect(() => new ParameterStore(device, { weight })).toThrow('weight: 3 numbers do not fill (4)');
    expect(device.buffers.stats.live).toBe(live);
    expect(weight.storage).toBeNull();
  });
});
