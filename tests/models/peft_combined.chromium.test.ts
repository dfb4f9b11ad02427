// Several adapters of one model: switched, and combined as PEFT's add_weighted_adapter. See tests/fixtures/make_peft.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copy, ia3 } from '../../engine/adapters';
import { adapt, Graph, lora, type Adapter, type Device } from '../../engine/index';
import { adaptPeft, combine, NamedAdapters, perRow } from '../../models/adapters/index';
import type { Pretrained } from '../../models/family/load';
import { Generator, SequenceGenerator, type GPT } from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/peft.json';
import { withDevice } from '../harness/device';
import { portableWeights, relativeError } from './parity';
import { inputsOf, logitsOf, openBase, type AnyModel, type Given } from './peft_cases';

const { adapters: settings, weights, parameters } = fixture.combined;
type Name = keyof typeof settings;

describe('several adapters of one model', () => {
  let device: Device;
  let wanted: Map<string, FixtureTensor>;
  let given: Given;
  let loaded: Pretrained<AnyModel>;
  withDevice((opened) => (device = opened), { empty: true });
  beforeAll(async () => {
    [wanted, given] = await Promise.all([fixtureTensors('peft.safetensors'), inputsOf('causal')]);
    loaded = await openBase('gpt-small', device);
  });
  afterAll(() => loaded[Symbol.dispose]());

  const made = async (name: Name): Promise<Adapter> => {
    const adapter = await adaptPeft(loaded, { peft_type: 'LORA', ...settings[name] });
    const first = portableWeights(parameters[name], `combined.${name}`, fixture.seed);
    for (const [theirs, data] of first) adapter.store.write(oursOf(theirs), data);
    return adapter;
  };
  const oursOf = (theirs: string): string =>
    theirs
      .replace(/^transformer\.h\.(\d+)\.attn\.c_attn/, 'stack.layers.$1.attention.qkv')
      .replace(/^transformer\.h\.(\d+)\.attn\.c_proj/, 'stack.layers.$1.attention.output')
      .replace(/^transformer\.h\.(\d+)\.mlp\.c_proj/, 'stack.layers.$1.feedForward.down')
      .replace(/\.lora_([AB])\.weight$/, '.lora.$1');
  const logits = (): Promise<Float32Array> => logitsOf(device, loaded.model, 'causal');
  const errorOf = async (name: string): Promise<number> =>
    relativeError(await logits(), wanted.get(`combined.${name}.logits`)!.data);

  it('are each of a row of its own, in a batch and in generation', async () => {
    const rowOf = (data: Float32Array | Int32Array, row: number) =>
      data.subarray((row * data.length) / 2, ((row + 1) * data.length) / 2);
    const want = (name: string, row: number) => rowOf(wanted.get(`combined.${name}.logits`)!.data, row);
    const model = loaded.model as unknown as GPT;
    const prompts = [
      [3, 39, 8],
      [3, 39, 8],
      [3, 39, 8],
      [5, 6],
    ];
    using first = await made('A');
    first.disable();
    using second = await made('B');
    first.enable();
    second.disable();
    const alone: number[][] = [];
    const write = async (prompt: readonly number[]): Promise<void> => {
      using generator = new Generator(device, model);
      const ids: number[] = [];
      for await (const id of generator.generate(prompt, { tokens: 5, temperature: 0 })) ids.push(id);
      alone.push(ids);
    };
    await write(prompts[0]);
    first.disable();
    second.enable();
    await write(prompts[1]);
    second.disable();
    await write(prompts[2]);
    second.enable();
    await write(prompts[3]);
    {
      using mixed = await perRow(model, { legal: first, french: second });
      expect([first.enabled, second.enabled]).toEqual([false, false]);
      const g = new Graph(device);
      using plan = await g.compile({ y: given.logits(loaded.model, g) });
      const { ids } = given.step(0);
      for (const names of [
        ['legal', 'french'],
        ['french', null],
        [null, 'legal'],
      ] as const) {
        plan.run({ ids, adapters: mixed.rows(names) });
        const y = await plan.read('y');
        for (const [row, name] of names.entries()) {
          const theirs = name === null ? 'base' : name === 'legal' ? 'A' : 'B';
          expect(relativeError(rowOf(y, row), want(theirs, row)), String(names)).toBeLessThan(5e-6);
        }
      }
      using search = new SequenceGenerator(device, model, { sentences: 4, beams: 2 });
      const adapters = mixed.rows(['legal', 'french', null, 'french']);
      const found = await search.generate(prompts, { beams: 1, tokens: 5, adapters });
      expect(found.map(([best]) => best.ids)).toEqual(alone);
      await expect(search.generate(prompts, { tokens: 5 })).rejects.toThrow('nobody says which');
      await expect(search.generate(prompts, { tokens: 5, adapters: [1] })).rejects.toThrow(
        '1 adapters for 4 sentences',
      );
      for (const [asked, message] of [
        [
          ['legal', 1, 0, 0],
          'the adapter of sentence 0 is "legal". Give whole numbers: RowAdapters.rows makes them',
        ],
        [[0, null, 1, 0], 'the adapter of sentence 1 is null.'],
        [[0, 1, -1, 0], 'the adapter of sentence 2 is -1.'],
        [[0, 1, 0, 0.5], 'the adapter of sentence 3 is 0.5.'],
        [[0, 1, 3, 0], 'adapters: a row asks for adapter 3, and there are 2. 0 is none'],
      ] as const)
        await expect(
          search.generate(prompts, { beams: 1, tokens: 5, adapters: asked as readonly number[] }),
        ).rejects.toThrow(message);
      expect(() => mixed.rows(['latin'])).toThrow('a name is latin');
      await expect(mixed.adapter.merge()).rejects.toThrow('no weights do the same');
    }
    expect(await errorOf('base')).toBeLessThan(5e-6);
    using search = new SequenceGenerator(device, model, { sentences: 2, beams: 1 });
    await expect(search.generate(prompts.slice(0, 1), { tokens: 2, adapters: [1] })).rejects.toThrow(
      'the model has none for rows',
    );
    using factors = await adapt(model, { 'stack.layers.0.feedForward.down': ia3() });
    await expect(perRow(model, { factors })).rejects.toThrow('is no LoRA of a linear layer');
    await expect(perRow(model, {})).rejects.toThrow('no adapters are given');
  });

  it('are switched without loading anything, and refuse what was made with others', async () => {
    using adapters = new NamedAdapters();
    expect(await errorOf('base')).toBeLessThan(5e-6);
    const first = await adapters.add('A', () => made('A'));
    expect(await errorOf('base')).toBeLessThan(5e-6);
    adapters.use('A');
    await adapters.add('B', () => made('B'));
    expect([adapters.names, adapters.used]).toEqual([['A', 'B'], ['A']]);
    const { revision } = loaded.store;
    for (const name of ['A', 'B', 'A'] as const) {
      adapters.use(name);
      expect(await errorOf(name)).toBeLessThan(5e-6);
    }
    const g = new Graph(device);
    using plan = await g.compile({ y: given.logits(loaded.model, g) });
    using generator = new Generator(device, loaded.model as GPT);
    for await (const _ of generator.generate([3, 5], { tokens: 1 }));
    adapters.use();
    expect(() => plan.run({ ids: given.step(0).ids })).toThrow('adapters were put in or taken out since');
    await expect(
      (async () => {
        for await (const _ of generator.generate([3, 5], { tokens: 1 }));
      })(),
    ).rejects.toThrow('adapters were put in or taken out since');
    expect(await errorOf('base')).toBeLessThan(5e-6);
    adapters.use('A', 'B');
    const both = await logits();
    expect(relativeError(both, wanted.get('combined.A.logits')!.data)).toBeGreaterThan(0.05);
    expect(loaded.store.revision).toBe(revision);

    expect(() => adapters.use('C')).toThrow('there is no "C". Those that there are: A, B.');
    expect(adapters.used).toEqual(['A', 'B']);
    await expect(adapters.add('A', () => made('A'))).rejects.toThrow('"A" is there already');
    await expect(adapters.add('C', () => Promise.reject(new Error('no network')))).rejects.toThrow(
      'no network',
    );
    expect(await logits()).toEqual(both);
    // Two that learn one parameter wait beside each other, but do not compute together.
    const norm = { 'stack.norm.weight': copy() };
    await adapters.add('one', () => adapt(loaded.model, norm));
    await adapters.add('other', () => adapt(loaded.model, norm));
    adapters.use('one');
    expect(() => adapters.use('A', 'one', 'other')).toThrow('stack.norm.weight is learnt by another adapter');
    expect(adapters.used).toEqual(['one']);
    adapters.use('B');
    await adapters.get('B').merge();
    expect(() => adapters.use('A', 'B')).toThrow('it is merged');
    expect(() => adapters.get('B').disable()).toThrow('it is merged. Unmerge it first.');
    await adapters.get('B').unmerge();
    await expect(first.merge()).rejects.toThrow('it is disabled. Enable it first.');
    adapters.delete('A');
    expect(() => first.enable()).toThrow('it was disposed of');
    await expect(first.merge()).rejects.toThrow('Adapter.merge: it was disposed of. Adapt the model again.');
    await expect(first.unmerge()).rejects.toThrow('Adapter.unmerge: it was disposed of');
  });

  it.each(['linear', 'cat'] as const)('combined as PEFT does: %s', async (type) => {
    using first = await made('A');
    using second = await made('B');
    const both = [
      [first, weights.A],
      [second, weights.B],
    ] as const;
    using combined = await combine(loaded.model, both, { type });
    expect([first.enabled, second.enabled, combined.enabled]).toEqual([false, false, true]);
    const keys = [...wanted.keys()].filter((key) => new RegExp(`^combined\\.${type}\\..*lora`).test(key));
    expect(keys).toHaveLength(combined.store.parameters.size);
    for (const key of keys) {
      const own = oursOf(key.slice(`combined.${type}.`.length));
      const got = await combined.store.read(own);
      const { data, shape } = wanted.get(key)!;
      const isA = own.endsWith('A');
      const rank = combined.store.parameters.get(own)!.shape[isA ? 0 : 1];
      // PEFT has as many rows everywhere: where one adapter is not, zeros.
      const row = (i: number): number => (isA ? Math.floor(i / shape[1]) : i % shape[1]);
      const want = data.filter((_, i) => row(i) < rank);
      expect(relativeError(got, want), key).toBeLessThan(1e-6);
      expect(data.every((x, i) => row(i) < rank || x === 0)).toBe(true);
    }
    expect(await errorOf(type)).toBeLessThan(5e-6);
  });

  it('refuses what does not go together', async () => {
    using first = await made('A');
    using other = await adapt(loaded.model, { 'stack.layers.*.attention.qkv': lora({ rank: 2 }) });
    using factors = await adapt(loaded.model, { 'stack.layers.*.feedForward.down': ia3() });
    const before = await logits();
    const refused = (list: Parameters<typeof combine>[1], type: 'linear' | 'cat') =>
      expect(combine(loaded.model, list, { type })).rejects;
    await refused([], 'cat').toThrow('no adapters are given');
    await refused([[first, NaN]], 'cat').toThrow('a weight is NaN');
    await refused([[first, -1]], 'linear').toThrow("a weight is -1. Use one of at least 0, or type: 'cat'.");
    await refused(
      [
        [first, 1],
        [other, 1],
      ],
      'linear',
    ).toThrow('the ranks at stack.layers.0.attention.qkv are 3 and 2');
    await refused([[factors, 1]], 'cat').toThrow('what is at stack.layers.0.feedForward.down is no LoRA');
    await refused([[first, 1]], 'ties' as 'cat').toThrow('ties');
    expect(await logits()).toEqual(before);
  });
});
