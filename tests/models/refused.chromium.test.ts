// What blocks, load and save are given by mistake is refused by name, and nothing that a file holds is lost.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Attention,
  CrossAttention,
  denseBias,
  Device,
  DistanceBuckets,
  EngineError,
  FeedForward,
  Graph,
  LanguageHead,
  LayerNorm,
  Linear,
  openSafetensors,
  ParameterStore,
  Stack,
  TransformerLayer,
  type Tensor,
} from '../../engine/index';
import type { Family } from '../../models/family/family';
import { load, save } from '../../models/family/load';
import type { ModelFolder } from '../../models/files/folder';
import { openTestGpu } from '../harness/host';
import { checkpointOf, folderOf } from './folders';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

describe('blocks', () => {
  const width = 8;
  const norm = () => new LayerNorm(width);
  const parts = (cross: boolean) => ({
    attention: new Attention({ width, heads: 2, causal: true }),
    crossAttention: cross ? new CrossAttention({ width, heads: 2 }) : null,
    feedForward: new FeedForward({ width, dropout: 0.1 }),
  });
  const layer = (cross: boolean) => new TransformerLayer({ ...parts(cross), norm, order: 'pre' });
  const sizes = { batch: 2, capacity: 8 };

  type Record = (g: Graph, x: Tensor, memory: Tensor) => [module: object, record: () => unknown];
  it.each<[string, Record, string]>([
    [
      'a residual with more axes, in training',
      (g, x) => {
        const { feedForward } = parts(false);
        const residual = g.input('residual', [3, 2, 4, width], 'f32');
        return [feedForward, () => feedForward.forward(g, x, { residual })];
      },
      'residual is (3, 2, 4, 8). It must be (2, 4, 8).',
    ],
    [
      'a probability below 0',
      (g, x) => {
        const block = new FeedForward({ width, dropout: -1 });
        return [block, () => block.forward(g, x)];
      },
      'p is -1',
    ],
    [
      'a memory beside a cache',
      (g, x, memory) => {
        const [block, state] = [layer(true), layer(true).state(sizes)];
        return [{ block, state }, () => block.forward(g, x, { memory, state })];
      },
      'a memory, a keyMask or a bias is given beside a cache',
    ],
    [
      'a mask of keys beside a cache',
      (g, x) => {
        const [block, state] = [layer(false), layer(false).state(sizes)];
        const keyMask = g.input('mask', [2, 8], 'u32');
        return [{ block, state }, () => block.forward(g, x, { keyMask, state })];
      },
      'a keyMask is given beside a cache. Leave them out',
    ],
    [
      'a bias beside a cache that is none by distance',
      (g, x) => {
        const [block, state] = [layer(false), layer(false).state(sizes)];
        const bias = denseBias(g.input('numbers', [1, 2, 4, 4], 'f32'));
        return [{ block, state }, () => block.forward(g, x, { bias, state })];
      },
      'a dense bias holds numbers for so many keys, but caches grow',
    ],
    [
      'a bias for a stack that has its own',
      (g, x) => {
        const distances = new DistanceBuckets({ heads: 2 });
        const block = new Stack([layer(false)], { distances });
        const bias = denseBias(g.input('numbers', [1, 2, 4, 4], 'f32'));
        return [block, () => block.forward(g, x, { bias })];
      },
      'it has a bias of its own. Give no other',
    ],
    [
      'starts without a cache',
      (g, x) => {
        const block = layer(false);
        return [block, () => block.forward(g, x, { starts: g.input('starts', [2], 'u32') })];
      },
      'starts are given without a cache. Leave them out',
    ],
    [
      'sequences that do not divide among memories',
      (g, x) => {
        const block = new CrossAttention({ width, heads: 2 });
        const cache = block.cache(3, 4);
        return [{ block, cache }, () => block.forward(g, x, { cache })];
      },
      '2 sequences do not divide among 3 memories',
    ],
    [
      'a memory for nobody',
      (g, x, memory) => {
        const block = layer(false);
        return [block, () => block.forward(g, x, { memory })];
      },
      'there is no crossAttention',
    ],
    [
      "another layer's state",
      (g, x, memory) => {
        const [block, state] = [layer(true), layer(false).state(sizes)];
        return [{ block, state }, () => block.forward(g, x, { memory, state })];
      },
      'the state is of another kind of layer',
    ],
    [
      'no table',
      (g, x) => {
        const head = new LanguageHead({ width, vocabulary: 5, tied: true });
        return [head, () => head.forward(g, x)];
      },
      'it is tied, but there is no table',
    ],
    [
      'a table of another vocabulary',
      (g, x) => {
        const head = new LanguageHead({ width, vocabulary: 5, tied: true });
        const other = new Linear(width, 7);
        return [other, () => head.forward(g, x, other.weight)];
      },
      'weight is (7, 8). It must be (5, 8).',
    ],
  ])('%s', (_, prepare, why) => {
    const g = new Graph(device, { train: true });
    const [module, record] = prepare(
      g,
      g.input('x', [2, 4, width], 'f32'),
      g.input('memory', [2, 3, width], 'f32'),
    );
    using _store = new ParameterStore(device, module);
    expect(record).toThrow(why);
    expect(record).toThrow(EngineError);
  });

  it('options that cannot be', () => {
    for (const [make, why] of [
      [() => new TransformerLayer({ ...parts(false), norm, order: 'Post' as never }), 'order is Post'],
      [() => new Attention({ width, heads: -2 }), 'width 8 in -2 heads'],
      [() => new Attention({ width, heads: 2, layout: 'x' as never }), 'layout is x'],
      [() => new LanguageHead({ width, vocabulary: 5, bias: 'frosen' as never }), 'bias is frosen'],
    ] as const) {
      expect(make).toThrow(why);
      expect(make).toThrow(EngineError);
    }
  });

  it('an option that is undefined is the default', () => {
    const g = new Graph(device);
    const block = new FeedForward({ width, gated: true, activation: undefined });
    using _store = new ParameterStore(device, block);
    expect(() => block.forward(g, g.input('x', [1, width], 'f32'))).not.toThrow();
  });
});

/** Two layers in one: (4, 2). */
class Tiny {
  readonly layer = new Linear(2, [2, 2]);
}
const tiny: Family<Tiny> = {
  type: 'tiny',
  title: 'Tiny',
  architectures: ['Tiny'],
  build: () => new Tiny(),
  weights: () => ({
    spellings: { '.gamma': '.weight' },
    kept: /^pooler\./,
    tensors: {
      'layer.weight': '{q,k}.weight',
      'layer.bias': { from: 'bias', absent: () => new Float32Array(4) },
    },
  }),
};
const config = { model_type: 'tiny' };
const tensor = (shape: number[], first: number) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i),
});
const weights = {
  'q.weight': tensor([2, 2], 1),
  'k.weight': tensor([2, 2], 5),
  bias: tensor([4], 9),
  'pooler.dense.weight': tensor([3, 3], 13),
};
type Tensors = Readonly<Record<string, ReturnType<typeof tensor>>>;
const files = (tensors: Tensors = weights) => ({
  'config.json': config,
  'model.safetensors': checkpointOf(new Map(Object.entries(tensors))),
});
const open = (folder: ModelFolder, more: object = {}) => load(folder, { device, families: [tiny], ...more });
const saved = async (all: ReadonlyMap<string, Blob>): Promise<Record<string, readonly number[]>> => {
  const file = await openSafetensors(all.get('model.safetensors')!);
  const data = file.names().map(async (name) => [name, [...(await file.float32(name))]] as const);
  return Object.fromEntries(await Promise.all(data));
};
const numbers = (tensors: Tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]));

describe('load and save', () => {
  it('lose nothing: weights of other parts, and biases in a wrapper', async () => {
    const wrapped = Object.fromEntries(Object.entries(weights).map(([name, one]) => [`module.${name}`, one]));
    for (const given of [weights, wrapped]) {
      using loaded = await open(folderOf(files(given)));
      expect(await saved(await loaded.save())).toEqual(numbers(weights));
      expect(await saved(await loaded.save({ dtype: 'BF16' }))).toEqual(numbers(weights));
    }
    const large = { ...weights, 'pooler.dense.weight': tensor([1], 1e5) };
    using loaded = await open(folderOf(files(large)));
    await expect(loaded.save({ dtype: 'F16' })).rejects.toThrow(
      'pooler.dense.weight holds 100000, too much for F16',
    );
  });

  it('a load that is refused leaves no memory', async () => {
    const before = device.buffers.stats.live;
    const index = { weight_map: { 'q.weight': 'one.safetensors' } };
    const stop = new AbortController();
    for (const [folder, more, why] of [
      [folderOf(files()), { families: [] }, 'families are []. Give at least one'],
      [folderOf(files()), { families: [tiny, tiny] }, 'families are [tiny, tiny]'],
      [undefined, {}, 'config.json: it is not there'],
      [{}, {}, 'config.json: it is not there'],
      [
        folderOf(files({ ...weights, 'q.gamma': weights['q.weight'] })),
        {},
        'q.gamma is there in two spellings',
      ],
      [folderOf({ 'config.json': config, 'model.safetensors.index.json': index }), {}, 'give every shard'],
      [folderOf(files()), { signal: stop.signal, onProgress: () => stop.abort() }, 'aborted'],
    ] as const) {
      await expect(open(folder as never, more), why).rejects.toThrow(why);
    }
    expect(device.buffers.stats.live).toBe(before);
  });

  it('chosen files are those beside the uppermost config.json', async () => {
    const file = (path: string, content: object): File => {
      const part =
        content instanceof Uint8Array ? (content as Uint8Array<ArrayBuffer>) : JSON.stringify(content);
      const made = new File([part], path.split('/').at(-1)!);
      return Object.defineProperty(made, 'webkitRelativePath', { value: path });
    };
    const of = (folder: string, all: object) =>
      Object.entries(all).map(([name, content]) => file(`${folder}/${name}`, content as object));
    const deeper = of('model/checkpoint-5', { 'config.json': { model_type: 'other' } });
    using loaded = await open([...deeper, ...of('model', files())]);
    expect(loaded.type).toBe('tiny');
    const twice = open([...of('a', files()), ...of('b', files())]);
    await expect(twice).rejects.toThrow('config.json: it is there twice');
  });

  it('a model of a larger store goes out, under a config that fits', async () => {
    const model = new Tiny();
    await expect(save(tiny, model, {})).rejects.toThrow('the model has no weights');
    using store = new ParameterStore(device, { part: model });
    const all = await saved(await save(tiny, model, {}));
    expect(all['k.weight']).toEqual([...(await store.read('part.layer.weight'))].slice(4));
    await expect(save(tiny, model, { model_type: 'gpt2' })).rejects.toThrow('config describes another model');
    const wide = { ...tiny, build: () => Object.assign(new Tiny(), { layer: new Linear(3, [2, 2]) }) };
    await expect(save(wide, model, {})).rejects.toThrow('q.weight is (2, 2) there');
  });
});
