// What is told of a model beside the ledger of a device on which it is then loaded, run and trained.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AdamW,
  Device,
  Graph,
  nextToken,
  ParameterStore,
  saveSafetensors,
  Trainer,
  type NamedTensor,
} from '../../engine/index';
import {
  Bert,
  bert,
  bertForMultipleChoice,
  type EncoderDecoder,
  families,
  gpt2,
  hub,
  inspect,
  llama,
  load,
  ModelCache,
  save,
  type Inspection,
} from '../../models/index';
import { fixtureTensors } from '../fixtures/load';
import modern from '../fixtures/gpt-modern.json';
import marianFixture from '../fixtures/marian.json';
import { openTestGpu } from '../harness/host';
import { checkpointOf, folderOf } from '../models/folders';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

async function modernFolder() {
  const tensors = await fixtureTensors('gpt-modern.safetensors');
  const weights = new Map(Object.keys(modern.parameters).map((name) => [name, tensors.get(name)!]));
  const config = { ...modern.config, architectures: ['LlamaForCausalLM'] };
  return folderOf({ 'config.json': config, 'model.safetensors': checkpointOf(weights) });
}

/** Bytes that owners of that name have now. */
const owned = (name: string): number => device.buffers.stats.owners[name] ?? 0;

describe('a Llama', () => {
  const sizes = { batch: 2, length: 16 };
  let told: Inspection;
  beforeAll(async () => {
    told = await inspect(await modernFolder(), { families: [gpt2, llama], device, ...sizes });
  });

  test('is told by its names and numbers', () => {
    expect(told).toMatchObject({
      family: 'Llama',
      type: 'llama',
      architecture: 'LlamaForCausalLM',
      refused: null,
    });
    const numbers = Object.values(modern.parameters as Record<string, number[]>)
      .map((shape) => shape.reduce((a, b) => a * b, 1))
      .reduce((a, b) => a + b);
    expect(told.parameters).toBe(numbers);
    expect(told.bytes).toEqual({ F32: 4 * numbers });
  });

  test('takes when it runs what it was said to take', async () => {
    using loaded = await load(await modernFolder(), { device, families: [llama] });
    const { run } = told;
    expect(owned('parameters: weights')).toBe(run!.weights);
    const state = loaded.model.caches(sizes.batch, { target: sizes.length });
    using _ = new ParameterStore(device, { caches: state }, { owner: 'test caches' });
    expect(owned('test caches: weights')).toBe(run!.caches);
    const plan = async (time: number) => {
      const g = new Graph(device, { label: `test ${time}` });
      const out = loaded.model.next(g, g.input('ids', [sizes.batch, time], 'u32'), state);
      return g.compile({ out });
    };
    using prompt = await plan(sizes.length);
    using step = await plan(1);
    expect([prompt.length, step.length].every((n) => n > 10)).toBe(true);
    expect(owned('test 16') + owned('test 1')).toBe(run!.activations);
    expect(run!.total).toBe(run!.weights + run!.caches + run!.activations!);
    expect(run!.refused).toBeNull();
  });

  test('takes when it trains what it was said to take', async () => {
    using loaded = await load(await modernFolder(), { device, families: [llama] });
    const objective = nextToken(sizes);
    using trainer = await Trainer.create({
      ...{ device, model: loaded.model, objective, optimizer: new AdamW(), schedule: 1e-3 },
    });
    expect(trainer.step).toBe(0);
    const { train } = told;
    expect(owned('parameters: weights')).toBe(train!.weights);
    expect(owned('parameters: gradients')).toBe(train!.gradients);
    expect(owned('parameters: moments')).toBe(train!.moments);
    expect(owned('train')).toBe(train!.activations);
  });

  test('takes more for longer texts, and less in f16', async () => {
    const folder = await modernFolder();
    const of = (options: object) => inspect(folder, { families: [llama], ...sizes, ...options });
    const plain = await of({});
    expect(2 * (await of({ length: 8 })).run!.caches).toBe(plain.run!.caches);
    expect((await of({ batch: 16 })).train!.activations).toBeGreaterThan(4 * plain.train!.activations!);
    const half = await of({ dtype: 'f16' });
    expect(half.run!.weights).toBeLessThan(0.7 * plain.run!.weights);
    expect(half.train!.weights).toBe(plain.train!.weights);
    expect(half.train!.activations).toBeLessThan(plain.train!.activations!);
  });

  test.each(['int8', 'int4', 'int4-64'] as const)('takes in %s what the ledger says', async (storage) => {
    const options = { families: [llama], device, ...sizes, storage };
    const { run, train } = await inspect(await modernFolder(), options);
    using loaded = await load(await modernFolder(), { device, families: [llama], storage });
    expect(run!.weights).toBe(owned('parameters: weights'));
    expect(run!.weights).toBeLessThan((storage === 'int8' ? 0.45 : 0.4) * told.run!.weights);
    expect({ ...run, weights: 0, total: 0 }).toEqual({ ...told.run, weights: 0, total: 0 });
    expect(train).toEqual(told.train); // weights that are trained are f32
    expect(loaded.store.parameters.get('tokens.weight')!.packed).toBe(storage);
    await expect(inspect(await modernFolder(), { ...options, storage: 'int3' as 'int4' })).rejects.toThrow(
      'inspect: storage is int3',
    );
  });

  test('that is longer than its context, or too large for a device, is told why', async () => {
    const folder = await modernFolder();
    const long = await inspect(folder, { families: [llama], length: 4096 });
    expect(long.run!.refused).toMatch(/context/);
    expect(long).toMatchObject({ refused: null, run: { activations: null, total: null } });
    const wide = await inspect(folder, { families: [llama], length: 16, batch: 1 << 22 });
    expect(wide.train!.refused).toMatch(/more than a binding's 134217728/);
  });
});

test('a BERT and its heads', async () => {
  const sizes = { batch: 2, length: 8 };
  const config = {
    ...{ model_type: 'bert', vocab_size: 40, hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 },
    ...{ intermediate_size: 24, max_position_embeddings: 24, type_vocab_size: 2 },
  };
  const body = { vocabulary: 40, width: 16, layers: 1, heads: 2, hidden: 24, context: 24 };
  const model = new Bert(body);
  using _ = new ParameterStore(device, model);
  const files = await save(bert, model, config);
  const folder = (name: string) => Promise.resolve(files.get(name) ?? null);
  const told = await inspect(folder, { families: [bert], device, ...sizes });
  expect(told).toMatchObject({ family: 'BERT', run: { caches: 0, refused: null }, train: { refused: null } });
  const g = new Graph(device, { label: 'test bert' });
  const lengths = g.input('lengths', [2], 'u32', { below: 9 });
  using plan = await g.compile({
    out: model.forward(g, g.input('ids', [2, 8], 'u32', { below: 40 }), { lengths }),
  });
  expect(plan.length).toBeGreaterThan(5);
  expect(owned('test bert')).toBe(told.run!.activations);

  const wrong = await inspect(folder, { families: [bertForMultipleChoice] });
  expect(wrong).toMatchObject({ run: null, train: null, bytes: told.bytes });
  expect(wrong.refused).toMatch(/architectures/);
});

test('a translation model has caches of both kinds', async () => {
  const config = marianFixture.config as unknown as Record<string, unknown>;
  const tensors = await fixtureTensors('marian.safetensors');
  const folder = folderOf({ 'config.json': config, 'model.safetensors': checkpointOf(tensors) });
  const told = await inspect(folder, { families, device, length: 8, batch: 2 });
  expect(told).toMatchObject({
    type: 'marian',
    refused: null,
    run: { refused: null },
    train: { refused: null },
  });
  using loaded = await load(folder, { device, families });
  const model = loaded.model as EncoderDecoder;
  const state = model.caches(2, { source: 8, target: 8 });
  using _ = new ParameterStore(device, { caches: state }, { owner: 'test marian' });
  expect(owned('test marian: weights')).toBe(told.run!.caches);
});

test('what would be refused is told by name, with what is exact', async () => {
  const folder = async (config: object) =>
    folderOf({
      'config.json': config,
      'model.safetensors': (await (await modernFolder())('model.safetensors')) as never,
    });
  const scaled = { ...modern.config, rope_scaling: { rope_type: 'longrope', factor: 2 } };
  const told = await inspect(await modernFolder(), { families: [gpt2] });
  expect(told).toMatchObject({ family: null, type: 'llama', run: null, train: null });
  expect(told.refused).toMatch(/model_type is "llama"/);
  expect(Object.values(told.bytes).every((n) => n > 0)).toBe(true);
  const files = await modernFolder();
  const changed = (name: string) =>
    name === 'config.json' ? Promise.resolve(new Blob([JSON.stringify(scaled)])) : files(name);
  expect((await inspect(changed, { families: [llama] })).refused).toMatch(/rope/);
  await expect(inspect(await folder({}), { families: [] })).rejects.toThrow(/families are \[\]/);
  await expect(inspect(files, { families: [llama], batch: 0 })).rejects.toThrow(/batch is 0/);
  await expect(inspect(folderOf({}), { families: [llama] })).rejects.toThrow(/config\.json: it is not there/);
});

test('of a model on the hub a few kilobytes are read, and the cache keeps no weights', async () => {
  const tensor: NamedTensor = { name: 'a', shape: [1 << 20], dtype: 'F32', data: new Float32Array(1 << 20) };
  const weights = saveSafetensors([tensor]);
  let sent = 0;
  const fetch: typeof globalThis.fetch = (address, init) => {
    const [, start, last] = /bytes=(\d+)-(\d+)/.exec(new Headers(init?.headers).get('range') ?? '') ?? [];
    const json = (address as string).endsWith('/config.json');
    if (!json && !(address as string).endsWith('model.safetensors'))
      return Promise.resolve(new Response(null, { status: 404 }));
    const whole = json ? new TextEncoder().encode('{"model_type":"other"}') : weights;
    const part = start === undefined ? whole : whole.slice(Number(start), Number(last) + 1);
    sent += part.length;
    const headers = {
      etag: '"1"',
      'content-range': `bytes ${start}-${Number(start) + part.length - 1}/${whole.length}`,
    };
    return Promise.resolve(new Response(part, start === undefined ? {} : { status: 206, headers }));
  };
  const kept = new Map<string, Blob>();
  const cache = new ModelCache({
    title: 'a map',
    get: (key) => Promise.resolve(kept.get(key) ?? null),
    put: (key, content) => Promise.resolve(void kept.set(key, content)),
    delete: (key) => Promise.resolve(void kept.delete(key)),
    keys: () => Promise.resolve([...kept.keys()]),
    room: () => Promise.resolve(null),
  });
  const told = await inspect(hub('owner/other', { revision: 'e'.repeat(40), cache, fetch }), {
    families: [llama],
  });
  expect(told).toMatchObject({ parameters: 1 << 20, bytes: { F32: 4 << 20 }, family: null });
  expect(sent).toBeLessThan(70_000);
  expect((await cache.list())[0].files.map(({ name }) => name)).toEqual(['config.json']);
});
