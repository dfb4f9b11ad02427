// What holds for every kind of heed/adapters: nothing changes at first, rounded bases too, and what is out of date says so.
import { describe, expect, it } from 'vitest';
import { bitfit, bottleneck, copy, dora, ia3 } from '../../engine/adapters';
import {
  adapt,
  Graph,
  loadAdapter,
  lora,
  ParameterStore,
  saveAdapter,
  type Adapter,
  type AdapterKind,
  type Device,
  type WeightStorage,
} from '../../engine/index';
import { GPT } from '../../models/index';
import { withDevice } from '../harness/device';
import { at, BATCH, LENGTH, lossOf, VOCABULARY } from '../train/tiny';
import { gradientsOf, relativeError } from './parity';

const gpt = (more: Partial<ConstructorParameters<typeof GPT>[0]> = {}): GPT =>
  new GPT({
    ...{ vocabulary: VOCABULARY, context: 2 * LENGTH, layers: 2, heads: 2, width: 32 },
    ...{ positions: 'rope', gated: true, activation: 'silu', keyValueHeads: 1, ...more },
  });
const layer = 'stack.layers.*';
const kinds: Record<string, (model: GPT) => Record<string, AdapterKind>> = {
  'DoRA of columns': () => ({
    [`${layer}.attention.qkv.{query,value}`]: dora({ rank: 2, alpha: 6 }),
    [`${layer}.feedForward.{up,down}`]: dora({ rank: 3, rankStabilized: true }),
  }),
  'DoRA beside LoRA': () => ({
    [`${layer}.attention.output`]: lora({ rank: 2 }),
    'stack.layers.1.attention.output': dora({ rank: 2 }),
  }),
  '(IA)³': () => ({
    [`${layer}.attention.qkv.{key,value}`]: ia3(),
    [`${layer}.feedForward.down`]: ia3({ input: true }),
  }),
  bottlenecks: () => ({ [`${layer}.{attention.output,feedForward.down}`]: bottleneck({ width: 3 }) }),
  'biases and a table': (model) => ({ ...bitfit(model), 'stack.norm.weight': copy() }),
};

describe('every kind', () => {
  let device: Device;
  const { ids } = at(0);
  withDevice((opened) => (device = opened), { empty: true });

  const logits = async (model: GPT): Promise<Float32Array> => {
    const g = new Graph(device);
    using plan = await g.compile({ y: model.forward(g, g.input('ids', [BATCH, LENGTH], 'u32')) });
    plan.run({ ids });
    return await plan.read('y');
  };
  /** As if it had learnt, not far from where it began. */
  const learn = async ({ store }: Adapter): Promise<void> => {
    for (const [name, { trainable }] of store.parameters) {
      if (!trainable) continue;
      const from = await store.read(name);
      store.write(
        name,
        from.map((x, i) => x + Math.sin(i + name.length) / 4),
      );
    }
  };
  const storages: WeightStorage[] = ['f32', 'int8', 'int4'];
  const cases = Object.keys(kinds).flatMap((name) => storages.map((storage) => [name, storage] as const));

  it.each(cases)(
    'that begins at zero changes no bit, and comes from its file: %s beside %s',
    async (name, storage) => {
      const model = gpt({ bias: true });
      using _weights = new ParameterStore(device, model, { storage, seed: 1 });
      const before = await logits(model);
      let file: Uint8Array<ArrayBuffer>;
      let after: Float32Array;
      {
        using adapter = await adapt(model, kinds[name](model), { seed: 2 });
        expect(await logits(model)).toEqual(before);
        await learn(adapter);
        after = await logits(model);
        expect(relativeError(after, before)).toBeGreaterThan(0.02);
        file = await saveAdapter(adapter);
      }
      expect(await logits(model)).toEqual(before);
      using again = await adapt(model, kinds[name](model), { seed: 3 });
      await loadAdapter(again, file);
      expect(await logits(model)).toEqual(after);
    },
  );

  it.each(Object.keys(kinds).filter((name) => !/bottlenecks|beside/.test(name)))(
    'merges, and comes out to the bit: %s',
    async (name) => {
      const model = gpt({ bias: true });
      using weights = new ParameterStore(device, model, { seed: 1 });
      const before = await weights.readAll('weights');
      using adapter = await adapt(model, kinds[name](model));
      await learn(adapter);
      const beside = await logits(model);
      const { most, lost } = await adapter.merge();
      expect(lost.size).toBe(adapter.places.length);
      expect(most).toBeLessThan(1e-6);
      expect(relativeError(await logits(model), beside)).toBeLessThan(3e-6);
      await adapter.unmerge();
      expect(await weights.readAll('weights')).toEqual(before);
      expect(await logits(model)).toEqual(beside);
    },
  );

  it.each(Object.keys(kinds))(
    'has the same gradients, bit for bit, where values are computed again: %s',
    async (name) => {
      const gradients = async (recompute: boolean) => {
        const model = gpt({ recompute, bias: true });
        using _weights = new ParameterStore(device, model, { seed: 1 });
        using adapter = await adapt(model, kinds[name](model));
        await learn(adapter);
        return await gradientsOf(adapter.store, lossOf(model), { ...at(0) });
      };
      const kept = await gradients(false);
      expect([...kept.gradients.values()].every((gradient) => gradient.some((d) => d !== 0))).toBe(true);
      expect(await gradients(true)).toEqual(kept);
    },
  );

  it.each(['int8', 'int4'] as const)('merges into %s with its loss told, up to a bound', async (storage) => {
    const model = gpt();
    using weights = new ParameterStore(device, model, { storage, seed: 1 });
    const layers = {
      [`${layer}.feedForward.down`]: lora({ rank: 4 }),
      [`${layer}.attention.qkv.value`]: lora({ rank: 2 }),
    };
    using adapter = await adapt(model, layers);
    await learn(adapter);
    const beside = await logits(model);
    const bits = async () => Promise.all([...weights.parameters.keys()].map((name) => weights.keep(name)));
    const before = await bits();
    await expect(adapter.merge()).rejects.toThrow(`is stored as ${storage}, which would round off`);
    await expect(adapter.merge({ most: 1e-4 })).rejects.toThrow(
      /would lose 0\.\d+ of what was learnt, more than 0\.0001/,
    );
    await expect(adapter.merge({ most: -1 })).rejects.toThrow('most is -1');
    expect(await bits()).toEqual(before);
    expect(await logits(model)).toEqual(beside);
    const { most, lost } = await adapter.merge({ most: 0.5 });
    expect(lost.size).toBe(4);
    expect(most).toBeGreaterThan(1e-3);
    expect(relativeError(await logits(model), beside)).toBeLessThan(storage === 'int8' ? 0.02 : 0.3);
    await adapter.unmerge();
    expect(await bits()).toEqual(before);
    expect(await logits(model)).toEqual(beside);
  });

  it('DoRA drops what goes in for all that it adds, and does not work on norms of other weights', async () => {
    const model = gpt();
    using weights = new ParameterStore(device, model, { seed: 1 });
    using adapter = await adapt(model, {
      'stack.layers.0.feedForward.down': dora({ rank: 2, dropout: 0.5 }),
    });
    const plain = await logits(model);
    await learn(adapter);
    const record = async () => {
      const g = new Graph(device, { train: true });
      return await g.compile({ y: model.forward(g, g.input('ids', [BATCH, LENGTH], 'u32')) });
    };
    using plan = await record();
    const run = async (seed: number): Promise<Float32Array> => {
      plan.run({ ids }, { seed });
      return await plan.read('y');
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
    expect(relativeError(await run(1), plain)).toBeGreaterThan(0.01);
    const name = 'stack.layers.0.feedForward.down.weight';
    weights.write(
      name,
      (await weights.read(name)).map((w) => 2 * w),
    );
    await expect(record()).rejects.toThrow(/weights were written since it began/);
  });

  it('says where it cannot be', async () => {
    const model = gpt({ gated: true });
    using weights = new ParameterStore(device, model, { seed: 1 });
    const refused = (layers: Record<string, AdapterKind>) => expect(adapt(model, layers)).rejects;
    await refused({ [`${layer}.feedForward.up.gate`]: ia3({ input: true }) }).toThrow(
      'stack.layers.0.feedForward.up.gate is a part of a layer, whose input other parts have, too',
    );
    await refused({ 'stack.layers.0': copy() }).toThrow('is none of its');
    await refused({ 'stack.layers.0.attention.qkv': copy() }).toThrow(
      'copy is not for linear layers such as',
    );
    await refused({ [`${layer}.attention.output.weight`]: dora() }).toThrow(
      'dora is not for parameters such as',
    );
    await refused({ [`${layer}.attention.output`]: dora({ rank: 33 }) }).toThrow(
      'rank is 33, but its weight is (32, 32)',
    );
    expect(() => bottleneck({ width: 0 })).toThrow('width is 0');
    expect(() => ia3({ inputs: true } as object)).toThrow('inputs');
    weights.write('stack.layers.0.attention.output.weight', new Float32Array(32 * 32));
    await refused({ [`${layer}.attention.output`]: dora() }).toThrow('row 0 of its weight is zero');
    expect([...weights.parameters.values()].every(({ trainable }) => trainable)).toBe(true);
  });
});
