// Memory that the GPU refuses: told as that, by what it was for and how much, and nothing is the worse for it after.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  Device,
  DeviceError,
  KernelError,
  nextToken,
  ParameterStore,
  Trainer,
  type Batch,
  type TrainerOptions,
} from '../engine/index';
import { EncoderDecoder, Generator, GPT } from '../models/index';
import { SequenceGenerator } from '../models/generation/sequence_generator';
import { refusing, type Refusing } from './harness/refusing';
import { openTestAdapter } from './harness/host';
import { Random } from './harness/op';

const [VOCABULARY, LENGTH] = [12, 8];
let gpu: GPUDevice;
let wrapped: Refusing;
let device: Device;
const uncaptured: string[] = [];
beforeAll(async () => {
  gpu = await (await openTestAdapter()).requestDevice();
  gpu.addEventListener('uncapturederror', ({ error }) => uncaptured.push(error.message));
  wrapped = refusing(gpu);
  device = Device.from(wrapped.gpu);
});
afterAll(() => {
  device[Symbol.dispose]();
  gpu.destroy();
});

const OUT =
  /^.+: out of GPU memory: the device refused [\d.]+ (B|KiB|MiB), beside .+ in use\. (Use a smaller batch|Ask for fewer rows)/;

/** Does each part of a program, twice where it is told that memory was refused. */
class Attempts {
  readonly told: string[] = [];

  async of<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      expect(error).toBeInstanceOf(DeviceError);
      expect((error as Error).message).toMatch(OUT);
      this.told.push((error as DeviceError).where);
      return work();
    }
  }
}

const optionsOf = (batch: number): TrainerOptions<Batch, GPT> => ({
  device,
  model: new GPT({ vocabulary: VOCABULARY, context: LENGTH, layers: 1, heads: 2, width: 16 }),
  optimizer: new AdamW(),
  schedule: { kind: 'constant', lr: 1e-2 },
  ...{ objective: nextToken({ batch, length: LENGTH }), seed: 3 },
});

/** Trains, evaluates, looks and writes: what an app does. */
async function languageModel(batch: number, attempts: Attempts): Promise<unknown[]> {
  const at = (k: number) => {
    const random = new Random(k + 1);
    const draw = () => Uint32Array.from({ length: batch * LENGTH }, () => random.below(VOCABULARY));
    return { ids: draw(), targets: draw() };
  };
  const results: unknown[] = [];
  using trainer = await attempts.of(() => Trainer.create(optionsOf(batch)));
  for (let i = 0; i < 2; i++) trainer.submit(at);
  results.push(await attempts.of(() => trainer.losses()));
  results.push(await attempts.of(() => trainer.evaluate([at(9)])));
  trainer.submit(at);
  results.push(await attempts.of(() => trainer.losses()));
  const map = await attempts.of(() => trainer.plan.attention(0, 0, { gradient: true }));
  results.push(map.probabilities, map.gradient);
  using generator = new Generator(device, trainer.model as GPT);
  results.push(
    await attempts.of(async () => {
      const ids: number[] = [];
      for await (const id of generator.generate([1, 2], { tokens: 5 })) ids.push(id);
      return ids;
    }),
  );
  results.push(await attempts.of(() => trainer.save()));
  results.push((await attempts.of(() => trainer.profile(at(0)))).length);
  return results;
}

/** Loads and translates, by beams and by samples. */
async function translation(sentences: number, attempts: Attempts): Promise<unknown[]> {
  const model = new EncoderDecoder({
    vocabulary: VOCABULARY,
    context: 8,
    encoderLayers: 1,
    decoderLayers: 1,
    heads: 2,
    width: 16,
    hidden: 16,
  });
  const sources = [
    [3, 4, 5],
    [6, 7],
    [8, 3, 9, 4],
  ].slice(0, sentences);
  const results: unknown[] = [];
  const load = async (): Promise<ParameterStore> => {
    const store = new ParameterStore(device, model, { seed: 5 });
    try {
      await store.ready();
      return store;
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
  };
  using store = await attempts.of(load);
  using generator = new SequenceGenerator(device, model, { begin: 1, end: 2, sentences, beams: 2 });
  for (const options of [{ coverage: 0.2 }, { mode: 'sample' } as const, { beams: 1 }]) {
    results.push(await attempts.of(() => generator.generate(sources, { tokens: 4, ...options })));
  }
  results.push(store.bytes);
  return results;
}

/** What memory is for, in either program. */
const LANGUAGE = [
  'KV cache: weights',
  'decode',
  'evaluate',
  'parameters: gradients',
  'parameters: moments',
  'parameters: weights',
  'prefill 8',
  'readback',
  'train',
  'train on demand',
  'train: losses',
  'update',
];
const TRANSLATION = [
  'decode candidates 16',
  'decode candidates 16 coverage',
  'decode sample 16',
  'decoder caches: weights',
  'encode 8',
  'parameters: weights',
  'readback',
];

/** `npm run test:deep` has the longer program, too, and half the batch after every buffer. */
const EXHAUSTIVE = import.meta.env.HEED_HOSTS === 'all';
const PROGRAMS = [
  ['a language model', languageModel, 4, LANGUAGE],
  ['a translation', translation, 2, TRANSLATION],
] as const;

describe.each(PROGRAMS.slice(0, EXHAUSTIVE ? 2 : 1))('%s', (_, program, batch, names) => {
  it('is told each buffer that the GPU refuses, and goes on as if there had been none', async () => {
    const run = async (size: number, refuse: number): Promise<[unknown[], string[]]> => {
      device.buffers.trim();
      wrapped.refuse(refuse);
      const attempts = new Attempts();
      const results = await program(size, attempts);
      expect(device.buffers.stats).toMatchObject({ live: 0, owners: {} });
      return [results, attempts.told];
    };
    const [whole] = await run(batch, Infinity);
    const buffers = wrapped.made;
    const [half] = await run(batch / 2, Infinity);
    expect(buffers).toBeGreaterThan(20);
    const owners = new Set<string>();
    for (let n = 0; n < buffers; n++) {
      const [results, told] = await run(batch, n);
      // How many staging buffers there are depends on how soon others come back.
      if (n < buffers - 4) expect(told, `buffer ${n}`).toHaveLength(1);
      for (const owner of told) owners.add(owner);
      expect(results, `after buffer ${n} (${told.join()})`).toEqual(whole);
      // Nothing is kept that is no good: here the pool was not trimmed.
      if (EXHAUSTIVE || n % 4 === 0) expect(await program(batch / 2, new Attempts())).toEqual(half);
    }
    expect([...owners].sort()).toEqual(names);
    expect(uncaptured).toEqual([]);
    expect(wrapped.untold).toEqual([]);
  });
});

describe('memory that the GPU refuses', () => {
  it('is told to the app where nobody asks (which shows that the programs above tell it nothing)', async () => {
    gpu.createBuffer({ size: gpu.limits.maxBufferSize + 4096, usage: 0x80 });
    await gpu.queue.onSubmittedWorkDone();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(uncaptured.splice(0)).toHaveLength(1);
  });

  it('is out of the ledger at once, and never counts as the peak', async () => {
    device.buffers.trim();
    const { peak } = device.buffers.stats;
    wrapped.refuse(0);
    const big = device.buffers.acquire(4 * peak, 'big');
    await expect(device.buffers.accepted([big])).rejects.toThrow('big: out of GPU memory');
    expect(device.buffers.stats).toMatchObject({ live: 0, idle: 0, peak });
    device.buffers.release(big);
    expect(device.buffers.stats).toMatchObject({ live: 0, idle: 0, peak });
  });

  it('makes way for what is asked for next', async () => {
    device.buffers.trim();
    const [kept, small] = ['kept', 'small'].map((owner) => device.buffers.acquire(1000, owner));
    device.buffers.release(kept);
    wrapped.refuse(0);
    const big = device.buffers.acquire(5000, 'big');
    await expect(device.buffers.accepted([big])).rejects.toThrow(DeviceError);
    expect(device.buffers.stats.idle).toBe(0);
    device.buffers.release(small);
    const other = device.buffers.acquire(3000, 'other');
    expect(device.buffers.stats.idle).toBe(0);
    for (const storage of [big, other]) device.buffers.release(storage);
  });

  it('is not told where WebGPU refuses a plan for another reason', async () => {
    using store = new ParameterStore(
      device,
      new GPT({ vocabulary: 4, context: 4, layers: 1, heads: 1, width: 8 }),
    );
    await store.ready();
    const staging = device.buffers.acquire(16, 'x', 0x40 | 0x08); // may not be copied from
    await expect(device.readback.read(staging)).rejects.toThrow(KernelError);
    device.buffers.release(staging);
  });
});
