// What holds for every adapter: nothing changes at first, bases cost nothing in training, and what is out of date says so.
import { describe, expect, it } from 'vitest';
import {
  adapt,
  AdamW,
  type Device,
  Graph,
  loadAdapter,
  lora,
  multiply,
  Parameter,
  ParameterStore,
  prefix,
  reorderState,
  Run,
  saveAdapter,
  Trainer,
  type AdapterKind,
  type LinearChange,
  type Plan,
  type Tensor,
} from '../../engine/index';
import { Generator, GPT } from '../../models/index';
import { withDevice } from '../harness/device';
import { feature } from '../harness/host';
import { at, BATCH, LENGTH, lossOf, tinyOptions, VOCABULARY } from '../train/tiny';
import { gradientsOf, relativeError } from './parity';

/** (IA)³ (Liu et al. 2022): a factor for each output. It is no sum, so it takes the other path. */
class Factors implements LinearChange {
  readonly factors: Parameter;
  constructor(outputs: number) {
    const first = Float32Array.from({ length: outputs }, (_, i) => 1 + 0.3 * Math.sin(i));
    this.factors = new Parameter([outputs], { init: () => first });
  }
  change(g: Graph, _: Tensor, y: Tensor): Tensor {
    return multiply(g, y, g.use(this.factors));
  }
  readonly merge: LinearChange['merge'] = ({ weight, bias }, read) => {
    const factors = read(this.factors);
    const inputs = weight.length / factors.length;
    weight.forEach((w, i) => (weight[i] = w * factors[Math.floor(i / inputs)]));
    bias?.forEach((b, i) => (bias[i] = b * factors[i]));
  };
}
const factors: AdapterKind = { kind: 'ia3', settings: {}, linear: ({ outputs }) => new Factors(outputs) };

const gpt = (more: Partial<ConstructorParameters<typeof GPT>[0]> = {}): GPT =>
  new GPT({
    ...{ vocabulary: VOCABULARY, context: 2 * LENGTH, layers: 2, heads: 2, width: 16 },
    ...{ positions: 'rope', gated: true, activation: 'silu', keyValueHeads: 1, ...more },
  });
/** Every linear layer, and every range of columns. */
const everywhere = {
  'stack.layers.*.attention.qkv': lora({ rank: 2, alpha: 6 }),
  'stack.layers.*.attention.qkv.{query,value}': lora({ rank: 3, dropout: 0.1 }),
  'stack.layers.*.attention.output': lora({ rank: 2 }),
  'stack.layers.*.feedForward.{up,down}': lora({ rank: 2 }),
};

describe('an adapter', () => {
  let device: Device;
  const ids = at(0).ids;
  withDevice((opened) => (device = opened), { empty: true });

  const compile = (model: GPT): Promise<Plan> => {
    const g = new Graph(device);
    return g.compile({ y: model.forward(g, g.input('ids', [BATCH, LENGTH], 'u32')) });
  };
  const logits = async (model: GPT): Promise<Float32Array> => {
    using plan = await compile(model);
    plan.run({ ids });
    return await plan.read('y');
  };
  /** As if it had learnt. */
  const learn = (store: ParameterStore): void => {
    for (const [name, { size }] of store.parameters) {
      store.write(
        name,
        Float32Array.from({ length: size }, (_, i) => Math.sin(i + name.length) / 3),
      );
    }
  };

  const half = feature('shader-f16') ? (['f16'] as const) : [];
  it.each([
    ['f32', gpt(), 'f32'] as const,
    [
      'recomputed, GELU, learned positions',
      gpt({ positions: 'learned', gated: false, activation: 'gelu', recompute: true }),
      'f32',
    ] as const,
    ...half.map((f16) => ['a frozen base in f16', gpt({ layers: 1 }), f16] as const),
  ])('that begins at zero changes no bit: %s', async (_, model, base) => {
    using _weights = new ParameterStore(device, model, { storage: base, seed: 1 });
    const before = await logits(model);
    const adapter = await adapt(model, everywhere, { seed: 2 });
    expect(await logits(model)).toEqual(before);
    learn(adapter.store);
    expect(relativeError(await logits(model), before)).toBeGreaterThan(0.05);
    adapter[Symbol.dispose]();
    expect(await logits(model)).toEqual(before);
  });

  it('merges sums and factors into columns and whole layers, and comes out again', async () => {
    const model = gpt({ layout: 'out_in' });
    using weights = new ParameterStore(device, model, { seed: 1 });
    const before = await weights.readAll('weights');
    using first = await adapt(model, { 'stack.layers.*.feedForward.up': lora({ rank: 2, alpha: 5 }) });
    using second = await adapt(model, {
      'stack.layers.*.attention.qkv.{key,value}': factors,
      'stack.layers.*.feedForward.down': factors,
      'stack.layers.1.attention.qkv.value': lora({ rank: 3 }),
    });
    learn(first.store);
    const beside = await logits(model);
    await first.merge();
    expect(relativeError(await logits(model), beside)).toBeLessThan(1e-6);
    await second.merge();
    expect(relativeError(await logits(model), beside)).toBeLessThan(1e-6);
    await expect(first.unmerge()).rejects.toThrow('the weights were written since it was merged');
    await second.unmerge();
    await expect(second.unmerge()).rejects.toThrow('it is not merged');
    const controller = new AbortController();
    const onProgress = (done: number): void => {
      if (done === 2) controller.abort(new Error('enough'));
    };
    await expect(second.merge({ signal: controller.signal, onProgress })).rejects.toThrow('enough');
    expect(relativeError(await logits(model), beside)).toBeLessThan(1e-6);
    first[Symbol.dispose](); // merged for good
    second[Symbol.dispose]();
    const after = await weights.readAll('weights');
    const changed = [...after.keys()].filter((name) =>
      after.get(name)!.some((w, i) => w !== before.get(name)![i]),
    );
    expect(changed).toEqual([0, 1].map((n) => `stack.layers.${n}.feedForward.up.weight`));
  });

  it('costs the base no gradients, no moments, no products, and nothing below it', async () => {
    const model = gpt();
    using weights = new ParameterStore(device, model, { seed: 1 });
    const record = () => {
      const g = new Graph(device, { train: true });
      const inputs = [
        g.input('ids', [BATCH, LENGTH], 'u32'),
        g.input('targets', [BATCH, LENGTH], 'u32'),
      ] as const;
      g.backprop(model.loss(g, ...inputs));
      return g.dispatches;
    };
    const backward = (list: ReturnType<typeof record>) =>
      list.filter(({ label }) => label.includes('backward'));
    const full = record();
    const of = (owner: string): number =>
      Object.entries(device.buffers.stats.owners).reduce(
        (sum, [name, size]) => sum + (name.startsWith(owner) ? size : 0),
        0,
      );
    const base = of('parameters');
    using adapter = await adapt(model, { 'stack.layers.1.attention.qkv.{query,value}': lora({ rank: 2 }) });
    const numbers = [...adapter.store.parameters.values()].reduce((sum, { size }) => sum + size, 0);
    expect(numbers).toBe(2 * 16 + 16 * 2 + 2 * 16 + 8 * 2);
    using _training = adapter.store.train();
    expect(of('parameters')).toBe(base);
    expect(weights.bytes).toBeLessThanOrEqual(base);
    // Weights, gradients and two moments, with room for alignment.
    expect(Object.keys(device.buffers.stats.owners).sort()).toEqual([
      ...['gradients', 'moments', 'weights'].map((what) => `adapter: ${what}`),
      'parameters: weights',
    ]);
    expect(of('adapter')).toBeLessThanOrEqual(4 * 4 * 256 * 4);
    const adapted = record();
    const written = adapted.flatMap(({ tensors }) =>
      tensors.flatMap(({ tensor: { root }, write }) =>
        write && root.source.kind === 'stored' ? [root.source.stored.name] : [],
      ),
    );
    expect([...new Set(written)].sort()).toEqual([...adapter.store.parameters.keys()].sort());
    // Nothing at all below the first adapter; above it one product a matrix instead of two.
    expect(backward(adapted).filter(({ label }) => /layers\.0|tokens/.test(label))).toEqual([]);
    const products = (list: ReturnType<typeof record>, where: string) =>
      backward(list).filter(({ label }) => label.includes(where) && /matmul\.(?!split|act)/.test(label))
        .length;
    expect([full, adapted].map((list) => products(list, 'layers.1.feedForward'))).toEqual([4, 2]);
    // And three for each addition: dA, dB and what leads to A. What goes into the layer needs no gradient.
    expect(products(adapted, 'lora')).toBe(2 * 3);
    expect(adapted.length).toBeLessThan(full.length);
    // Where nothing is added, all is fused as ever.
    const forward = (list: ReturnType<typeof record>) =>
      list.flatMap(({ label, variant }) =>
        /backward|layers\.1\.attention|cross_entropy/.test(label) ? [] : [`${label} ${variant.label}`],
      );
    expect(forward(adapted).slice(0, -1)).toEqual(forward(full).slice(0, -1));
  });

  it('has the same gradients, bit for bit, where values are computed again', async () => {
    const gradients = async (recompute: boolean) => {
      const model = gpt({ recompute });
      using _weights = new ParameterStore(device, model, { seed: 1 });
      using adapter = await adapt(model, everywhere);
      learn(adapter.store);
      return await gradientsOf(adapter.store, lossOf(model), { ...at(0) });
    };
    const kept = await gradients(false);
    expect([...kept.gradients.values()].every((gradient) => gradient.some((d) => d !== 0))).toBe(true);
    expect(await gradients(true)).toEqual(kept);
  });

  it('with a prefix reads through caches what it reads at once, also after sequences changed places', async () => {
    const model = gpt();
    using _weights = new ParameterStore(device, model, { seed: 1 });
    using adapter = await adapt(model, { 'stack.layers.*.attention': prefix({ length: 3, std: 0.5 }) });
    using whole = await compile(model);
    whole.run({ ids });
    const want = await whole.read('y');
    expect((await whole.attention(1, 'all', { batch: 1 })).shape).toEqual([2, LENGTH, 3 + LENGTH]);
    const caches = model.caches(BATCH, { target: LENGTH });
    using _state = new ParameterStore(device, { caches }, { owner: 'caches' });
    const plans: Plan[] = [];
    for (const T of [5, 1]) {
      const g = new Graph(device);
      if (T === 1) reorderState(g, caches, g.input('order', [BATCH], 'u32'));
      plans.push(await g.compile({ y: model.next(g, g.input('ids', [BATCH, T], 'u32'), caches) }));
    }
    const columns = (from: number, T: number): Uint32Array =>
      Uint32Array.from({ length: BATCH * T }, (_, i) => ids[Math.floor(i / T) * LENGTH + from + (i % T)]);
    const rowsAt = (t: number): number[] =>
      Array.from({ length: BATCH }, (_, b) => [
        ...want.subarray((b * LENGTH + t) * VOCABULARY, (b * LENGTH + t + 1) * VOCABULARY),
      ]).flat();
    plans[0].run({ ids: columns(0, 5) }, { position: 0, length: 5 });
    expect(relativeError(await plans[0].read('y'), rowsAt(4))).toBeLessThan(2e-6);
    for (let t = 5; t < LENGTH; t++) {
      // From now on sequence 0 is in row 1, and the other way round.
      const order = Uint32Array.from(t === 5 ? [1, 0] : [0, 1]);
      plans[1].run({ ids: columns(t, 1).reverse(), order }, { position: t, length: 1 });
      const [first, second] = [0, 1].map((b) => rowsAt(t).slice(b * VOCABULARY, (b + 1) * VOCABULARY));
      expect(relativeError(await plans[1].read('y'), [...second, ...first])).toBeLessThan(2e-6);
    }
    expect(() => plans[1].run({ ids: columns(0, 1) }, { position: LENGTH, length: 1 })).toThrow(
      'the caches hold',
    );
    adapter[Symbol.dispose]();
    const g = new Graph(device);
    expect(() => model.next(g, g.input('ids', [BATCH, 1], 'u32'), caches)).toThrow(
      'the cache was made for a prefix of 3 rows, not 0. Make a new cache.',
    );
    for (const plan of plans) {
      expect(() => plan.run({}, { position: 0 })).toThrow('adapters were put in or taken out since');
      plan[Symbol.dispose]();
    }
  });

  it('is trained by a run that resumes exactly, from a checkpoint without the base', async () => {
    const layers = { 'stack.layers.*.attention.qkv.{query,value}': lora({ rank: 2, dropout: 0.2 }) };
    const make = async (seed: number) => {
      const model = gpt();
      const weights = new ParameterStore(device, model, { seed });
      const adapter = await adapt(model, layers);
      const run = await Run.create({ ...tinyOptions(device, { model, optimizer: new AdamW() }), adapter });
      const end = (): void => {
        for (const one of [weights, run, adapter]) one[Symbol.dispose](); // in any order
      };
      return { model, adapter, run, end };
    };
    const losses: number[] = [];
    const first = await make(1);
    const { trainer } = first.run;
    for (let n = 0; n < 2; n++) trainer.submit(at);
    const saved = await first.run.save();
    for (let n = 0; n < 2; n++) trainer.submit(at);
    losses.push(...(await trainer.losses()).map(({ loss }) => loss));
    expect(losses[3]).not.toBe(losses[2]);
    const names = [...first.adapter.store.parameters.keys()];
    expect(names).toHaveLength(8);
    expect(names[0]).toBe('stack.layers.0.attention.qkv.query.lora.A');
    expect(saved.length).toBeLessThan(3 * 4 * 2 * 2 * (16 * 2 + 2 * 16) + 8000);

    const second = await make(1);
    await second.run.load(saved);
    for (let n = 0; n < 2; n++) second.run.trainer.submit(at);
    expect((await second.run.trainer.losses()).map(({ loss }) => loss)).toEqual(losses.slice(2));
    expect(await second.adapter.store.readAll('weights')).toEqual(
      await first.adapter.store.readAll('weights'),
    );

    const file = await saveAdapter(first.adapter);
    const other = await make(5);
    await expect(other.run.load(saved)).rejects.toThrow('it is of a model with base');
    await expect(loadAdapter(other.adapter, file)).rejects.toThrow('it is for weights with the fingerprint');
    await loadAdapter(second.adapter, file);
    expect(await logits(second.model)).toEqual(await logits(first.model));
    await second.adapter.merge();
    second.run[Symbol.dispose]();
    await expect(
      Trainer.create({ ...tinyOptions(device, { model: second.model }), adapter: second.adapter }),
    ).rejects.toThrow('no gradient reaches any of 8 parameters');
    for (const { end } of [first, second, other]) end();
  });

  it('says what is out of date, what is nowhere, and what is twice', async () => {
    const model = gpt();
    await expect(adapt(model, everywhere)).rejects.toThrow('adapt: the model has no weights. Load it, or');
    using weights = new ParameterStore(device, model, { seed: 1 });
    const refused = (layers: Parameters<typeof adapt>[1]) => expect(adapt(model, layers)).rejects;
    await refused({ 'stack.layers.*.attention.qvk': lora() }).toThrow(
      'adapt: "stack.layers.*.attention.qvk" is none of its 19 places for lora. The nearest are stack.layers.*.attention.qkv,',
    );
    await refused({ 'stack.layers.*.attention': lora() }).toThrow(
      'adapt: lora is not for attentions such as stack.layers.0.attention. The nearest are stack.layers.*.attention.',
    );
    await refused({ 'stack.layers.0.attention.qkv': prefix() }).toThrow(
      'prefix is not for linear layers such as',
    );
    await refused({
      'stack.layers.*.attention.output': lora({ rank: 2 }),
      'stack.layers.1.attention.output': lora({ rank: 2 }),
    }).toThrow('stack.layers.1.attention.output.lora is there twice');
    await refused({ 'stack.layers.*.attention.output': lora({ rank: 17 }) }).toThrow(
      'lora stack.layers.0.attention.output: rank is 17, but its weight is (16, 16). Use at most 16.',
    );
    await refused({}).toThrow('no layers are named');
    expect(weights.parameters.get('tokens.weight')!.trainable).toBe(true);
    using generator = new Generator(device, model);
    const write = async (): Promise<void> => {
      for await (const _ of generator.generate([1], { tokens: 1 }));
    };
    await write();
    using first = await adapt(model, { 'stack.layers.*.attention': prefix({ length: 2 }) });
    await expect(write()).rejects.toThrow('adapters were put in or taken out since this plan was recorded');
    await refused({ 'stack.layers.1.attention': prefix() }).toThrow('an attention has a prefix already');
    await expect(first.merge()).rejects.toThrow(
      'no weights do the same as what is at stack.layers.0.attention',
    );
    const second = await adapt(model, { 'stack.layers.0.attention.output': lora({ rank: 1 }) });
    first[Symbol.dispose]();
    expect(weights.parameters.get('tokens.weight')!.trainable).toBe(false);
    second[Symbol.dispose]();
    expect(weights.parameters.get('tokens.weight')!.trainable).toBe(true);
    await write();
  });
});
