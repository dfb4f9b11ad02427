// What PyTorch does with a checkpoint once it is loaded: see tests/fixtures/make_loading.py and make_folders.py.
import { describe, expect, it } from 'vitest';
import { type Device, Graph, IGNORE_INDEX, ParameterStore, type WeightSource } from '../../engine/index';
import { EncoderDecoder, Generator, GPT, pretrainedGPT } from '../../models/index';
import { pretrainedMarian, SequenceGenerator } from '../../models/translation/index';
import folders from '../fixtures/folders.json';
import modern from '../fixtures/gpt-modern.json';
import small from '../fixtures/gpt-small.json';
import { fixtureTensors, type FixtureName, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/loading.json';
import marian from '../fixtures/marian.json';
import positions from '../fixtures/positions.json';
import { withDevice } from '../harness/device';
import { portableWeights, relativeError } from './parity';

let device: Device;
withDevice((opened) => (device = opened));

function sourceOf(tensors: ReadonlyMap<string, Pick<FixtureTensor, 'shape' | 'data'>>): WeightSource {
  return {
    names: () => [...tensors.keys()],
    info: (name) => ({ shape: tensors.get(name)!.shape }),
    float32: (name) => Promise.resolve(Float32Array.from(tensors.get(name)!.data)),
  };
}
/** A checkpoint that is kept with other tensors. */
async function checkpoint(name: FixtureName, known: object): Promise<WeightSource> {
  const all = await fixtureTensors(name);
  return sourceOf(new Map([...all].filter(([own]) => Object.hasOwn(known, own))));
}
const tokens = (rows: readonly (readonly number[])[]): Uint32Array =>
  Uint32Array.from(rows.flat(), (id) => (id < 0 ? IGNORE_INDEX : id));

describe("padding's row of the embedding, in one step of PyTorch's", () => {
  it.each(['shared', 'two'] as const)('%s', async (which) => {
    const about = fixture.padding[which];
    const gradients = new Map(
      [...(await fixtureTensors('loading.safetensors'))]
        .filter(([name]) => name.startsWith(`${which}.`))
        .map(([name, tensor]) => [name.slice(which.length + 1), tensor]),
    );
    let config: Readonly<Record<string, unknown>> = marian.config;
    let file = sourceOf(await fixtureTensors('marian.safetensors'));
    if ('config' in about) {
      config = about.config;
      const values = portableWeights(about.parameters, 'two', about.seed);
      const shapes: Readonly<Record<string, { shape: number[] }>> = about.parameters;
      file = sourceOf(
        new Map([...values].map(([name, data]) => [name, { shape: shapes[name].shape, data }])),
      );
    }
    const loaded = pretrainedMarian(config, file);
    const model = new EncoderDecoder({ ...loaded.config, dropout: 0 });
    using store = new ParameterStore(device, model, { init: 'none', train: true });
    await store.load(loaded.weights);
    const { source, target, labels, lengths } = about;
    const g = new Graph(device, { train: true });
    const input = (name: string, rows: readonly (readonly number[])[]) =>
      g.input(name, [rows.length, rows[0].length], 'u32');
    const loss = model.loss(
      g,
      input('source', source),
      g.input('lengths', [source.length], 'u32'),
      input('target', target),
      input('labels', labels),
    );
    g.backprop(loss);
    using plan = await g.compile({ loss });
    plan.run({
      ...{ source: tokens(source), target: tokens(target), labels: tokens(labels) },
      lengths: Uint32Array.from(lengths),
    });
    expect(Math.abs((await plan.read('loss'))[0] / about.loss - 1)).toBeLessThan(2e-6);
    const want = pretrainedMarian(config, sourceOf(gradients)).weights;
    const trained = [...store.parameters].filter(([, { trainable }]) => trainable).map(([name]) => name);
    expect(trained.some((name) => /Positions|head\.bias/.test(name))).toBe(false);
    for (const name of trained) {
      // A bias of keys has no gradient but rounding.
      const C = loaded.config.width;
      const [from, to] = name.endsWith('.qkv.bias')
        ? [C, 2 * C]
        : name.endsWith('.kv.bias')
          ? [0, C]
          : [0, 0];
      const kept = (data: Float32Array) => data.filter((_, i) => i < from || i >= to);
      const error = relativeError(kept(await store.read(name, 'gradient')), kept(await want.float32(name)));
      expect(error, name).toBeLessThan(2e-5);
    }
  });
});

describe('decoding as generation_config.json has it', () => {
  it('beams, bans and lengths of the newest files; renormalized probabilities', async () => {
    const file = sourceOf(await fixtureTensors('marian.safetensors'));
    const { config, generation } = folders.marian;
    const { special, ...loaded } = pretrainedMarian(config, file, generation);
    const model = new EncoderDecoder(loaded.config);
    using store = new ParameterStore(device, model, { init: 'none' });
    await store.load(loaded.weights);
    using generator = new SequenceGenerator(device, model, { ...special, sentences: 4, beams: 4 });
    const found = await generator.generate(marian.sources, { ...loaded.generation, nBest: 4 });
    expect(found.map((list) => list.map(({ ids }) => ids))).toEqual(marian.cases.beams.ids);

    const { options, ids, scores } = fixture.renormalized;
    const changed = pretrainedMarian(config, file, { ...generation, ...options }).generation;
    const shared = await generator.generate(marian.sources, { ...changed, nBest: 4 });
    for (const [i, list] of shared.entries()) {
      expect(list.map((one) => one.ids)).toEqual(ids[i]);
      for (const [j, { score }] of list.entries()) expect(Math.abs(score - scores[i][j])).toBeLessThan(1e-4);
    }
    // Greedy decoding and samples have the same probabilities.
    const greedy = { ...changed, mode: 'greedy', beams: undefined } as const;
    const [[best]] = await generator.generate([marian.sources[0]], greedy);
    const [[drawn]] = await generator.generate([marian.sources[0]], { ...greedy, mode: 'sample', topK: 1 });
    expect(drawn.ids).toEqual(best.ids);
    expect(drawn.score).toBeCloseTo(best.score, 5);
  });
});

describe('dropout of a checkpoint in training', () => {
  const rows = 64;
  const runs = 30;

  it.each(fixture.dropout)('$model $rates', async ({ model: name, rates, mean, spread, without }) => {
    const about = name === 'gpt-small' ? small : modern;
    const file = `${name}.safetensors` as FixtureName;
    const loaded = pretrainedGPT({ ...about.config, ...rates }, await checkpoint(file, about.parameters));
    const model = new GPT(loaded.config);
    using store = new ParameterStore(device, model, { init: 'none' });
    await store.load(loaded.weights);
    const { T, V } = about.shape;
    const all = await fixtureTensors(file);
    const ids = Uint32Array.from({ length: rows * T }, (_, i) => all.get('ids')!.data[i % T]);
    const targets = all.get('targets')!.data.subarray(0, T);
    const lossesOf = async (train: boolean, count: number): Promise<number[]> => {
      const g = new Graph(device, { train });
      using plan = await g.compile({ logits: model.forward(g, g.input('ids', [rows, T], 'u32')) });
      const losses: number[] = [];
      for (let index = 0; index < count; index++) {
        plan.run({ ids }, { index, seed: 1 });
        const logits = await plan.read('logits');
        for (let b = 0; b < rows; b++)
          losses.push(lossOf(logits.subarray(b * T * V, (b + 1) * T * V), targets));
      }
      return losses;
    };
    // Nothing is dropped outside of training.
    const [still] = await lossesOf(false, 1);
    expect(still).toBeCloseTo(without, 4);
    const losses = await lossesOf(true, runs);
    const n = losses.length;
    const average = losses.reduce((a, b) => a + b) / n;
    const deviation = Math.sqrt(losses.reduce((sum, x) => sum + (x - average) ** 2, 0) / (n - 1));
    // Four standard errors: of the mean, and of the standard deviation of numbers that are about normal.
    expect(Math.abs(average - mean)).toBeLessThan((4 * spread) / Math.sqrt(n));
    expect(Math.abs(deviation - spread)).toBeLessThan((4 * 1.3 * spread) / Math.sqrt(2 * n));
  });

  /** Mean cross-entropy of logits (T, V). */
  function lossOf(logits: Float32Array, targets: ArrayLike<number>): number {
    const V = logits.length / targets.length;
    let sum = 0;
    let count = 0;
    for (let t = 0; t < targets.length; t++) {
      if (targets[t] < 0) continue;
      const row = logits.subarray(t * V, (t + 1) * V);
      const most = Math.max(...row);
      sum += most + Math.log(row.reduce((total, x) => total + Math.exp(x - most), 0)) - row[targets[t]];
      count++;
    }
    return sum / count;
  }
});

describe('dynamic rotary scaling', () => {
  const dynamic = positions.models.find(({ config }) => config.rope_scaling.rope_type === 'dynamic')!;

  it('has the frequencies of the text, whatever the context', async () => {
    const loaded = pretrainedGPT(
      dynamic.config,
      await checkpoint('gpt-modern.safetensors', modern.parameters),
    );
    const model = new GPT({ ...loaded.config, context: 64 });
    using store = new ParameterStore(device, model, { init: 'none' });
    await store.load(loaded.weights);
    const all = await fixtureTensors('gpt-modern.safetensors');
    const [B, T] = all.get('ids')!.shape;
    const { V } = modern.shape;
    expect(T).toBeGreaterThan(loaded.config.context);
    const g = new Graph(device);
    using plan = await g.compile({ logits: model.forward(g, g.input('ids', [B, T], 'u32')) });
    plan.run({ ids: Uint32Array.from(all.get('ids')!.data) });
    const logits = await plan.read('logits');
    const last = Array.from({ length: B }, (_, b) => [
      ...logits.subarray((b * T + T - 1) * V, (b + 1) * T * V),
    ]);
    expect(relativeError(last.flat(), dynamic.logits.data)).toBeLessThan(2e-6);
    expect(() => plan.run({}, { position: 1 })).toThrow('rows from position 1 on with dynamic rope_scaling');
  });

  it('generates as without scaling up to the trained length, and no further', async () => {
    const { prompt, next } = modern.greedy;
    const scaling = { rope_scaling: { type: 'dynamic', factor: 4 } };
    const weights = await checkpoint('gpt-modern.safetensors', modern.parameters);
    const loaded = pretrainedGPT({ ...modern.config, ...scaling }, weights);
    const model = new GPT({ ...loaded.config, context: 64 });
    using store = new ParameterStore(device, model, { init: 'none' });
    await store.load(loaded.weights);
    using generator = new Generator(device, model);
    const write = async (tokens: number, more: object = {}) => {
      const got: number[] = [];
      const made = generator.generate(prompt, { ...loaded.generation, tokens, ...more });
      for await (const id of made) got.push(id);
      return got;
    };
    expect(generator.context).toBe(24);
    expect(await write(next.length)).toEqual(next);
    expect(await write(40, { length: 9 })).toEqual(next.slice(0, 4));
    expect(await write(next.length, { stop: [next[3], next[7]] })).toEqual(
      next.slice(0, next.indexOf(next[3])),
    );
    await expect(write(40)).rejects.toThrow(
      "KV cache: 5 tokens of prompt and 40 more, but this generator's cache holds 24 of the model's 64. Ask for fewer",
    );
    await expect(write(4, { length: 5 })).rejects.toThrow('length is 5. The prompt has 5 tokens');
    expect(() => new Generator(device, model, { context: 32 })).toThrow(
      'GPT: caches of 32 tokens with dynamic rope_scaling',
    );
  });
});
