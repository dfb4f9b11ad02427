// What the page Tune computes, without the page: what an adapter costs, how it learns a text, both sides of it, its files, and a lost device.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Source } from '../demo/bring/session/protocol';
import { servedFolder } from '../demo/session/fetched';
import type { TuneEvent, TuneSettings, Writing } from '../demo/tune/session/protocol';
import { tune } from '../demo/tune/example';
import { TuneSession } from '../demo/tune/session/session';
import { Device } from '../engine/index';
import { adapterCost } from '../models/adapters/cost';
import { loadPeft } from '../models/adapters/index';
import { adapterSettings, type AdapterChoice } from '../models/adapters/tuning';
import { gpt2, load } from '../models/index';
import { openTestGpu } from './harness/host';

const files = {
  'config.json': new URL('../demo/models/writer/config.json', import.meta.url).href,
  'model.safetensors': new URL('../demo/models/writer/model.safetensors', import.meta.url).href,
  'tokenizer.json': new URL('../demo/models/writer/tokenizer.json', import.meta.url).href,
};
const source: Source = { kind: 'shipped', id: 'writer', files };
const served = servedFolder(files);
const text = 'The owl and the pussy-cat went to sea in a beautiful pea-green boat.\n'.repeat(90);
const writing: Writing = { prompt: 'The owl', tokens: 6, temperature: 0, seed: 1 };
const choice: AdapterChoice = { kind: 'lora', rank: 4, targets: ['attn.c_attn'] };
const settings: TuneSettings = { choice, rate: 1e-2, steps: 5, seed: 1, writing };

type Of<Kind> = Extract<TuneEvent, { readonly kind: Kind }>;

/** A session, all that it tells, and the device that it works on. */
function open() {
  const events: TuneEvent[] = [];
  const of = <Kind extends TuneEvent['kind']>(kind: Kind): Of<Kind>[] =>
    events.filter((event): event is Of<Kind> => event.kind === kind);
  let device: Promise<Device> | null = null;
  const reopen = (): Promise<Device> => (device = Device.open({ gpu: openTestGpu('own') }));
  const lose = (): void => void device?.then(({ gpu }) => gpu.destroy());
  const connection = { open: () => (device ??= reopen()), reopen, lose };
  const session = new TuneSession((event) => events.push(event), connection);
  return { session, of, device: connection.open };
}

const { session, of, device } = open();
const last = () => of('state').at(-1)!;
const written = (side: 'base' | 'now'): string =>
  of('written')
    .filter((event) => event.side === side && event.done)
    .at(-1)!.text;

beforeAll(async () => {
  const opened = await session.load(source, await session.find(source, 'f32'));
  expect(opened.targets).toEqual(['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj']);
  expect((await session.chooseText({ kind: 'pasted', text })).characters).toBe(text.length);
});

describe('what an adapter costs', () => {
  it.each([
    // LoRA: rank * (inputs + outputs); of 4 layers, widths 128 and 384.
    [choice, 4 * 4 * (128 + 384)],
    [{ ...choice, kind: 'dora' }, 4 * (4 * (128 + 384) + 384)],
    [{ kind: 'ia3', targets: ['attn.c_attn'] }, 4 * 384],
    [{ kind: 'prefix', prefixLength: 8 }, 4 * 8 * 2 * 128],
  ] as const)('%j: so many numbers learn', async (asked, learns) => {
    const cost = await session.cost(asked);
    expect(cost.learns).toBe(learns);
    expect(cost.base).toBe(1_071_872);
    expect(cost.files).toBeGreaterThan(4 * learns);
    expect(cost.files).toBeLessThan(4 * learns + 4000);
  });

  it('is what the ledger says once it learns, and the model is as it was', async () => {
    const { buffers } = await device();
    const before = buffers.stats.live;
    const { memory, full } = await session.cost(choice);
    expect(full).toBeGreaterThan(memory.total + 2 * memory.weights); // gradients and two moments of all weights
    expect(buffers.stats.live).toBe(before);
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, buffers.stats.owners.train ?? 0)), 5);
    await session.train({ ...settings, steps: 1 });
    clearInterval(look);
    expect(Math.abs(most - memory.activations)).toBeLessThan(0.01 * memory.activations);
    await session.forget();
    expect(last()).toMatchObject({ state: 'empty', run: null });
  });

  it('what cannot be is refused by name, and changes nothing', async () => {
    await expect(session.cost({ kind: 'lora', targets: ['attn.query'] })).rejects.toThrow(
      /attn\.query.*nearest/,
    );
    await expect(session.cost({ ...choice, rank: 500 })).rejects.toThrow(/500/);
    expect((await session.cost(choice)).learns).toBe(8192);
  });
});

describe('an adapter that learns', () => {
  it('has the base’s loss before, a lower one after, and both write', async () => {
    await session.train(settings);
    const { state, run } = last();
    expect(state).toBe('finished');
    expect(run!.base).toBe(1_071_872);
    expect(run).toMatchObject({ step: 5, steps: 5, learns: 8192, inUse: true, kind: 'lora' });
    const [first] = of('evaluation').slice(-5);
    const { base, now } = of('compared').at(-1)!.comparison;
    expect(now!).toBeLessThan(base - 0.2);
    const best = of('evaluation')
      .slice(-5)
      .reduce((a, b) => (b.loss < a.loss ? b : a), first);
    expect(now!).toBeCloseTo(best.loss, 4);
    expect(run!.kept).toBe(best.step);
    expect(written('base')).not.toBe('');
  });

  it('is switched off and on: the base is there again, to the bit', async () => {
    const { comparison } = of('compared').at(-1)!;
    await session.use(false);
    expect(last().run!.inUse).toBe(false);
    const off = await session.compare();
    expect(off.now).toBe(off.base);
    await session.write(writing);
    expect(written('now')).toBe(written('base'));
    await session.use(true);
    expect(await session.compare()).toEqual(comparison);
  });

  it('is saved as PEFT reads it, opened again, and merged: the same model', async () => {
    const { comparison } = of('compared').at(-1)!;
    const saved = session.save();
    expect(saved.map(({ name }) => name)).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    expect(last().run!.files).toBe(saved.reduce((sum, { blob }) => sum + blob.size, 0));
    const merged = new Map((await session.merged()).map(({ name, blob }) => [name, blob]));
    expect([...merged.keys()]).toEqual(
      expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']),
    );
    using whole = await load((name) => Promise.resolve(merged.get(name) ?? null), {
      device: await device(),
      families: [gpt2],
    });
    using plain = await load(served, {
      device: await device(),
      families: [gpt2],
    });
    using adapter = await loadPeft(plain, (name) =>
      Promise.resolve(saved.find((one) => one.name === name)?.blob ?? null),
    );
    await adapter.merge();
    const theirs = await whole.store.readAll('weights');
    for (const [name, data] of await plain.store.readAll('weights')) expect(theirs.get(name)).toEqual(data);
    await session.forget();
    expect((await session.compare()).now).toBeNull();
    await session.openAdapter(saved.map(({ name, blob }) => new File([blob], name)));
    expect(last()).toMatchObject({ state: 'finished', run: { settings: null, kind: 'lora', learns: 8192 } });
    expect((await session.compare()).now).toBeCloseTo(comparison.now!, 5);
    const wrong = session.openAdapter([new File(['{}'], 'adapter_config.json')]);
    await expect(wrong).rejects.toThrow(/adapter_model\.safetensors: it is not there/);
    expect(last().run!.learns).toBe(8192);
  });

  it('goes on where it was stopped, and where a device was lost: the losses are the same', async () => {
    const from = of('steps').length;
    const losses = (events: readonly Of<'steps'>[]): number[] => {
      const all: number[] = [];
      for (const event of events) all.splice(event.from, Infinity, ...event.losses);
      return all;
    };
    const long = { ...settings, steps: 4 };
    const training = session.train(long);
    while (of('steps').length < from + 1) await new Promise((resolve) => setTimeout(resolve, 20));
    await session.cancel();
    await training;
    const stopped = last();
    expect(stopped.state).toBe('stopped');
    expect(stopped.run!.step).toBeGreaterThan(0);
    expect(session.save()).toHaveLength(2);
    await session.train(long);
    expect(last().state).toBe('finished');
    const calm = losses(of('steps').slice(from));
    expect(calm).toHaveLength(4);
    await session.forget();

    const again = of('steps').length;
    const shaken = session.train(long);
    while (of('steps').length < again + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    session.loseDevice();
    await shaken;
    expect(of('recovered').length).toBeGreaterThan(0);
    expect(losses(of('steps').slice(again))).toEqual(calm);
    expect(last().state).toBe('finished');
  });

  it('survives a lost device at rest', async () => {
    const before = await session.compare();
    session.loseDevice();
    await (
      await device()
    ).lost;
    const after = await session.compare();
    expect(after.base).toBeCloseTo(before.base, 5);
    expect(after.now).toBeCloseTo(before.now!, 5);
  });

  it('settings that cannot be leave the adapter that is there', async () => {
    const { run } = last();
    const wrong = session.train({ ...settings, choice: { ...choice, rank: 500 } });
    await expect(wrong).rejects.toThrow(/500/);
    expect(last().run).toEqual(run);
    await session.chooseText({ kind: 'pasted', text: 'The owl.' });
    await expect(session.train(settings)).rejects.toThrow(/Text: the text has \d+ tokens/);
    expect(last()).toMatchObject({ state: 'finished', run });
  });
});

it('costs less beside a rounded base', async () => {
  await session.chooseText({ kind: 'pasted', text });
  const { memory } = await session.cost(choice);
  await session.load(source, await session.find(source, 'int8'));
  const rounded = await session.cost(choice);
  expect(rounded.full).toBeNull();
  expect(rounded.memory.weights).toBeLessThan(0.35 * memory.weights);
  expect(rounded).toMatchObject({ learns: 8192, base: 1_071_872 });
});

it('is told of a model that is not in a session, too', async () => {
  using loaded = await load(served, {
    device: await device(),
    families: [gpt2],
  });
  const size = { batch: 2, length: 16 };
  const cost = await adapterCost(loaded, adapterSettings(choice), size);
  expect(cost.memory.total).toBe(cost.memory.weights + cost.memory.adapter + cost.memory.activations);
});

it('the code on the page gives the two files that PEFT reads', { timeout: 600_000 }, async () => {
  const saved = await tune(served, text, 1);
  expect([...saved.keys()]).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
});
