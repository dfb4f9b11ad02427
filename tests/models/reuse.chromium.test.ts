// Prompts that begin as the last text did: only what is new in them is read, and the tokens that follow are those of reading all.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  adapt,
  AdamW,
  Device,
  lora,
  nextToken,
  ParameterStore,
  Trainer,
  type Adapter,
  type Plan,
} from '../../engine/index';
import { NamedAdapters, perRow } from '../../models/adapters/index';
import { EncoderDecoder, Generator, GPT, type GenerateOptions, type GPTConfig } from '../../models/index';
import { withDevice } from '../harness/device';
import { Random } from '../harness/op';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const [VOCABULARY, CONTEXT] = [50, 128];
const random = new Random(4);
const ids = (n: number): number[] => Array.from({ length: n }, () => random.below(VOCABULARY));
const START = ids(40);

async function take(
  generator: Generator,
  prompt: readonly number[],
  options: GenerateOptions = {},
): Promise<number[]> {
  const all: number[] = [];
  for await (const id of generator.generate(prompt, { temperature: 0, tokens: 6, ...options })) all.push(id);
  return all;
}

const KINDS: Readonly<Record<string, Partial<GPTConfig>>> = {
  'learned positions': {},
  'rotary positions, grouped heads': { positions: 'rope', norm: 'rms', keyValueHeads: 1 },
};

describe.each(Object.entries(KINDS))('%s', (_, config) => {
  const model = new GPT({
    ...{ vocabulary: VOCABULARY, context: CONTEXT, layers: 2, heads: 2, width: 16 },
    ...config,
  });
  let store: ParameterStore;
  let generator: Generator;
  beforeAll(() => {
    store = new ParameterStore(device, model, { seed: 7 });
    for (const [name, { size }] of store.parameters)
      store.write(
        name,
        Float32Array.from({ length: size }, () => 0.5 * random.normal()),
      );
    generator = new Generator(device, model);
  });
  afterAll(() => {
    generator[Symbol.dispose]();
    store[Symbol.dispose]();
  });

  /** What a generator says that has read nothing before. */
  async function anew(prompt: readonly number[], options: GenerateOptions = {}): Promise<number[]> {
    using other = new Generator(device, model);
    return await take(other, prompt, options);
  }

  /** The same of one that may go on with what it holds, and how many tokens of the prompt it read. */
  async function again(prompt: readonly number[], options: GenerateOptions = {}) {
    const plans = Object.getPrototypeOf(generator.plan) as Plan;
    const run = vi.spyOn(plans, 'run');
    try {
      const said = await take(generator, prompt, { reuse: true, ...options });
      return { said, read: run.mock.calls.find(([inputs]) => inputs && 'ids' in inputs)?.[1]?.length };
    } finally {
      run.mockRestore();
    }
  }

  it('goes on with a text and what was said, whose last token is yet to be read', async () => {
    const said = await take(generator, START);
    const more = [...START, ...said, ...ids(5)];
    expect(await again(more)).toEqual({ said: await anew(more), read: 6 });
    // The same once more: its last token is read, for what follows it.
    expect(await again(more)).toEqual({ said: await anew(more), read: 1 });
  });

  it('reads from where two texts part', async () => {
    await take(generator, START);
    const other = [...START.slice(0, 25), (START[25] + 1) % VOCABULARY, ...ids(9)];
    expect(await again(other)).toEqual({ said: await anew(other), read: 10 });
    expect((await again(START.toReversed())).read).toBeGreaterThan(30);
  });

  it('after a text that was left in the middle, aborted, ended by an id or by nothing', async () => {
    const controller = new AbortController();
    for await (const id of generator.generate(START, { temperature: 0, signal: controller.signal }))
      if (id >= 0) break;
    const more = [...START, ...ids(4)];
    expect(await again(more)).toEqual({ said: await anew(more), read: 4 });

    const stopped = async (): Promise<void> => {
      for await (const id of generator.generate(START, { temperature: 0, signal: controller.signal }))
        if (id >= 0) controller.abort(new Error('enough'));
    };
    await expect(stopped()).rejects.toThrow('enough');
    expect(await again(more)).toEqual({ said: await anew(more), read: 4 });

    const [first, second] = await anew(START);
    await take(generator, START, { stop: [second] });
    const after = [...START, first, second, ...ids(3)];
    expect((await again(after)).said).toEqual(await anew(after));
    await take(generator, START, { tokens: 0 });
    expect((await again(START)).said).toEqual(await anew(START));
  });

  it('counts penalties over the whole text', async () => {
    const options = { repetitionPenalty: 1.8, frequencyPenalty: 0.5, tokens: 10 };
    const said = await take(generator, START, options);
    const more = [...START, ...said, ...START.slice(0, 3)];
    const { read, ...got } = await again(more, options);
    expect(got).toEqual({ said: await anew(more, options) });
    expect(read).toBeLessThan(10);
  });

  it('ends with the caches, and is right after they slid', async () => {
    const long = ids(CONTEXT - 8);
    await take(generator, long.slice(0, -3), { tokens: 2 });
    const options = { tokens: 20 };
    const { read, ...got } = await again(long, options);
    expect(got).toEqual({ said: await anew(long, options) });
    expect(read).toBeLessThan(20);

    const slid = await take(generator, long, { ...options, overflow: 'slide' });
    expect(slid).toHaveLength(20);
    const more = [...long.slice(-50), ...slid, ...ids(2)];
    expect((await again(more)).said).toEqual(await anew(more));
  });

  it('reads all where weights have changed since, by a write or by training', async () => {
    await take(generator, START);
    const name = 'tokens.weight';
    const before = await store.read(name);
    store.write(
      name,
      before.map((x) => -x),
    );
    expect(await again(START)).toEqual({ said: await anew(START), read: START.length });
    store.write(name, before);

    await take(generator, START);
    {
      const size = { batch: 1, length: 8 };
      using trainer = await Trainer.create({
        ...{ device, model, objective: nextToken(size), optimizer: new AdamW(), schedule: 0.1 },
      });
      trainer.submit(() => ({ ids: Uint32Array.from(ids(8)), targets: Uint32Array.from(ids(8)) }));
      await trainer.losses();
    }
    expect(await again(START)).toEqual({ said: await anew(START), read: START.length });

    // Also where that was in the middle of a text, whose rows are then of both.
    for await (const id of generator.generate(START, { temperature: 0, tokens: 4 }))
      if (id >= 0)
        store.write(
          name,
          before.map((x) => 2 * x),
        );
    expect(await again(START)).toEqual({ said: await anew(START), read: START.length });
  });

  it('reads all where adapters came, went or changed places since, though plans of another kind know nothing of that', async () => {
    const added = async (): Promise<Adapter> => {
      const adapter = await adapt(model, { 'stack.layers.*.attention.qkv.{query,value}': lora({ rank: 2 }) });
      for (const [name, { size }] of adapter.store.parameters)
        adapter.store.write(
          name,
          Float32Array.from({ length: size }, () => random.normal()),
        );
      return adapter;
    };
    using named = new NamedAdapters();
    for (const name of ['one', 'two']) await named.add(name, added);
    const one = named.get('one');
    const changes: readonly (() => unknown)[] = [
      () => named.use('one'),
      () => one.disable(),
      async () => (await perRow(model, { one }))[Symbol.dispose](),
      async () => (await added())[Symbol.dispose](),
    ];
    for (const change of changes) {
      generator[Symbol.dispose]();
      generator = new Generator(device, model);
      await take(generator, START, { tokens: 2 });
      await change();
      // Told each token, so that no plan is one of before, which would refuse.
      const said = await anew(START, { tokens: 2 });
      const options = { onToken: () => {}, tokens: 2 };
      expect(await again(START, options)).toEqual({ said, read: START.length });
    }
    named[Symbol.dispose]();
    generator[Symbol.dispose]();
    generator = new Generator(device, model);
    await take(generator, START);
  });

  it('reads all where weights were written by another device of ours on the same one of WebGPU', async () => {
    using other = Device.from(device.gpu);
    using writer = new Generator(other, model);
    await take(writer, START);
    const name = 'tokens.weight';
    const before = await store.read(name);
    store.write(
      name,
      before.map((x) => -x),
    );
    expect(await take(writer, START, { reuse: true })).toEqual(await anew(START));
    store.write(name, before);
  });

  it('knows its rows after an abort while a token was read, and none after what nobody foresaw', async () => {
    const plans = Object.getPrototypeOf(generator.plan) as Plan;
    const read = Reflect.get<Plan, 'readIntegers'>(plans, 'readIntegers');
    const [first, second] = await anew(START);
    const controller = new AbortController();
    const spy = vi.spyOn(plans, 'readIntegers');
    const onceRead = (then: () => void): void =>
      void spy.mockImplementationOnce(async function (this: Plan, name) {
        const data = await read.call(this, name);
        then();
        return data;
      });
    onceRead(() => controller.abort(new Error('enough')));
    await expect(take(generator, START, { signal: controller.signal })).rejects.toThrow('enough');
    // As if the first token had not been said: in its row stands the first, and not the second.
    const more = [...START, second, ...ids(4)];
    expect(await again(more)).toEqual({ said: await anew(more), read: first === second ? 4 : 5 });

    onceRead(() => {
      throw new Error('nobody foresaw it');
    });
    await expect(take(generator, START)).rejects.toThrow('nobody foresaw it');
    spy.mockRestore();
    expect((await again(START)).read).toBe(START.length);
  });

  it('is for calls that ask for it', async () => {
    await take(generator, START);
    expect((await again(START, { reuse: false })).read).toBe(START.length);
    await expect(take(generator, START, { reuse: 1 as unknown as boolean })).rejects.toThrow(
      'reuse is 1. Use true or false.',
    );
  });
});

it('a source is read as a whole', async () => {
  const model = new EncoderDecoder({
    ...{ vocabulary: 12, context: 8, encoderLayers: 1, decoderLayers: 1, heads: 2, width: 16, hidden: 16 },
  });
  using _store = new ParameterStore(device, model, { seed: 1 });
  using generator = new Generator(device, model, { begin: 1, end: 2 });
  await expect(take(generator, [3, 4], { reuse: true })).rejects.toThrow('A source is read as a whole');
});
