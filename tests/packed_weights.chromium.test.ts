// Weights that a store rounds to int8 or int4 while they come.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  Device,
  Embedding,
  Graph,
  LayerNorm,
  Linear,
  parameters,
  ParameterStore,
  sizeClass,
  Trainer,
  type WeightSource,
  type WeightStorage,
} from '../engine/index';
import { packedBytes, type Packed } from '../engine/graph/packed';
import { float16ToFloat32, float32ToFloat16 } from '../engine/runtime/half';
import { packRows, unpackRows } from '../engine/nn/packing';
import { openTestGpu } from './harness/host';
import { limitBindings } from './harness/limited';
import { Random } from './harness/op';
import { tinyGPT, tinyOptions } from './train/tiny';

let device: Device;
let small: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  small = await Device.open({ gpu: limitBindings(openTestGpu(), 2048) });
  for (const one of [device, small]) one.buffers.poison = 0x7fff7fff;
});
afterEach(() => {
  for (const one of [device, small]) expect(one.buffers.stats.owners).toEqual({});
});
afterAll(() => {
  for (const one of [device, small]) one[Symbol.dispose]();
});

const KINDS: Packed[] = ['int8', 'int4', 'int4-64'];
const [IN, OUT, V] = [45, 70, 90];
const IDS = [17, V - 1, 40, 3];
const random = new Random(3);
const noise = (n: number): Float32Array => Float32Array.from({ length: n }, () => random.normal());

const moduleOf = () => ({
  table: new Embedding(V, IN),
  norm: new LayerNorm(IN),
  up: new Linear(IN, OUT),
  down: new Linear(OUT, IN, { layout: 'in_out', bias: false }),
  few: new Linear(IN, 15),
  thin: new Linear(3, 40),
});
const given = new Map([...parameters(moduleOf())].map(([name, { size }]) => [name, noise(size)]));

/** Rows as they are rounded. */
function rounded(packed: Packed, inputs: number, rows: Float32Array): Float32Array {
  return unpackRows(packed, inputs, packRows(packed, inputs, rows, { name: 'w' }));
}
/** (rows, columns) with its axes exchanged. */
const turned = (data: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);

function expected(packed: Packed): Map<string, Float32Array> {
  const want = new Map(given);
  const of = (name: string): Float32Array => given.get(name)!;
  want.set('table.weight', rounded(packed, IN, of('table.weight')));
  want.set('up.weight', rounded(packed, IN, of('up.weight')));
  const down = rounded(packed, OUT, turned(of('down.weight'), OUT, IN));
  want.set('down.weight', turned(down, IN, OUT));
  return want;
}

/** In pieces that end anywhere. */
function source(module: ReturnType<typeof moduleOf>, halves = false): WeightSource {
  const shapes = new Map([...parameters(module)].map(([name, { shape }]) => [name, shape]));
  return {
    names: () => [...shapes.keys()],
    info: (name) => ({ shape: shapes.get(name)! }),
    float32: () => expect.fail('a tensor was read as a whole'),
    async *pieces(name) {
      const data = given.get(name)!;
      for (let at = 0; at < data.length; at += 1001) {
        await Promise.resolve();
        const piece = data.slice(at, at + 1001);
        yield halves ? float32ToFloat16(piece) : piece;
      }
    },
  };
}

describe.each(KINDS)('a store of %s', (storage) => {
  it('rounds matrices of layers and tables while they come, and nothing else', async () => {
    const module = moduleOf();
    using store = new ParameterStore(device, module, { init: 'none', storage });
    const progress: number[] = [];
    let total = 0;
    await store.load(source(module), {
      onProgress: (done, all) => (progress.push(done), (total = all)),
    });
    const kinds = [...store.parameters].flatMap(([name, { packed }]) => (packed ? [[name, packed]] : []));
    expect(kinds).toEqual(['table', 'up', 'down'].map((name) => [`${name}.weight`, storage]));
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(total);
    const want = expected(storage);
    for (const [name, data] of want) expect(await store.read(name), name).toEqual(data);
    expect(await store.readAll('weights')).toEqual(want);
    const first = await store.readFirst(50);
    for (const [name, data] of given) expect(first.get(name), name).toEqual(data.slice(0, 50));
    // The ledger: packed matrices in one buffer, each at a multiple of 256 bytes.
    const matrices = [
      packedBytes(storage, V, IN),
      packedBytes(storage, OUT, IN),
      packedBytes(storage, IN, OUT),
    ];
    const packed = matrices.reduce((sum, bytes) => sum + Math.ceil(bytes / 256) * 256, 0);
    const biases = [IN, IN, OUT, 15, 40].reduce((sum, n) => sum + Math.ceil(n / 64) * 256, 0);
    const others = [15 * IN, 40 * 3].reduce((sum, n) => sum + Math.ceil(n / 64) * 256, 0);
    expect(store.bytes).toBe(packed + biases + others);
    const bytes = [packed, biases, others].reduce((sum, n) => sum + sizeClass(n), 0);
    expect(device.buffers.stats.owners).toEqual({ 'parameters: weights': bytes });
  });

  it('gives in parts, on a device that binds 2 KiB, what it gives whole', async () => {
    const run = async (on: Device) => {
      const module = moduleOf();
      using store = new ParameterStore(on, module, { init: 'none', storage });
      await store.load(source(module));
      const g = new Graph(on);
      const rows = g.call(module, 'table', g.input('ids', [4], 'u32'));
      const y = g.call(module, 'down', g.call(module, 'up', rows, {}), {});
      using plan = await g.compile({ y });
      plan.run({ ids: Uint32Array.from(IDS) });
      const parts = [...store.parameters].filter(([, { parts }]) => parts).map(([name]) => name);
      return { y: await plan.read('y'), parts, weights: await store.readAll('weights') };
    };
    const [got, want] = [await run(small), await run(device)];
    expect(want.parts).toEqual([]);
    expect(got.parts).toContain('table.weight');
    expect(got.weights).toEqual(want.weights);
    const most = Math.max(...want.y.map(Math.abs));
    for (const [i, y] of got.y.entries()) expect(Math.abs(y - want.y[i])).toBeLessThan(1e-5 * most);
    // And that is the product of the rounded matrices.
    const [table, up, down] = ['table', 'up', 'down'].map((name) => want.weights.get(`${name}.weight`)!);
    const bias = given.get('up.bias')!;
    for (const [n, id] of IDS.entries()) {
      const hidden = Array.from({ length: OUT }, (_, o) => {
        let sum = bias[o];
        for (let i = 0; i < IN; i++) sum += table[id * IN + i] * up[o * IN + i];
        return sum;
      });
      for (let o = 0; o < IN; o++) {
        let sum = 0;
        for (let i = 0; i < OUT; i++) sum += hidden[i] * down[i * IN + o];
        expect(Math.abs(want.y[n * IN + o] - sum)).toBeLessThan(1e-5 * most);
      }
    }
  });

  it('takes bits of f16, whole matrices and parts in their order, and leaves nothing after a failure', async () => {
    const module = moduleOf();
    {
      using store = new ParameterStore(device, module, { init: 'none', storage });
      await store.load(source(module, true));
      const halves = float16ToFloat32(float32ToFloat16(given.get('up.weight')!));
      expect(await store.read('up.weight')).toEqual(rounded(storage, IN, halves));
      const other = noise(OUT * IN);
      store.write('up.weight', other);
      expect(await store.read('up.weight')).toEqual(rounded(storage, IN, other));
      expect(() => store.write('up.weight', noise(10), 5)).toThrow(
        'up.weight: numbers from 5 on are given, but 0 came before. Write packed weights from the first number to the last, in order.',
      );
      expect(module.up.weight.unwritten).toBe(false);
      store.write('up.weight', other.subarray(0, 100), 0);
      await expect(store.read('up.weight')).rejects.toThrow('its weights were not loaded');
      store.write('up.weight', other.subarray(100), 100);
      expect(await store.read('up.weight')).toEqual(rounded(storage, IN, other));
      expect(() => store.write('up.weight', other.slice().fill(NaN, 46, 47))).toThrow(
        `up.weight: number 1 of row 1 is NaN, which ${storage} cannot hold.`,
      );
    }
    using store = new ParameterStore(device, module, { init: 'none', storage });
    const controller = new AbortController();
    const aborted = store.load(source(module), {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('not wanted')),
    });
    await expect(aborted).rejects.toThrow('not wanted');
    expect(device.buffers.stats.live).toBe(0);
    expect(module.up.weight).toMatchObject({ storage: null, packed: null, dtype: 'f32' });
  });
});

describe('packed weights', () => {
  it('do not train, by name, and are not asked for as outputs', async () => {
    const model = tinyGPT();
    using store = new ParameterStore(device, model, { storage: 'int8' });
    const error =
      "stack.layers.0.attention.qkv.weight: it is stored as int8, and weights are trained in f32. Train an adapter beside it (adapt), or load the model with storage: 'f32'.";
    expect(() => store.train()).toThrow(error);
    await expect(
      Trainer.create({ ...tinyOptions(device, { model }), optimizer: new AdamW() }),
    ).rejects.toThrow(error);
    const g = new Graph(device, { train: true });
    expect(() => model.forward(g, g.input('ids', [1, 4], 'u32'))).toThrow(
      "stack.layers.0.attention.qkv.weight: it is stored as int8, which does not train. Freeze it (trainable = false) and train an adapter beside it, or store it as 'f32'.",
    );
    const plain = new Graph(device);
    await expect(
      plain.compile({ w: plain.use(parameters(model).get('stack.layers.0.attention.qkv.weight')!) }),
    ).rejects.toThrow('is no output');
  });

  it('may be chosen one by one, where ops read them', () => {
    const module = moduleOf();
    const choose = (storage: WeightStorage, name: string) =>
      new ParameterStore(device, module, { storage: (own) => (own === name ? storage : 'f32') });
    using _ = choose('int4', 'few.weight');
    expect(module.few.weight.packed).toBe('int4');
    expect(module.up.weight.packed).toBeNull();
    _[Symbol.dispose]();
    expect(() => choose('int8', 'norm.weight')).toThrow(
      "norm.weight: it is (45), and only weights of linear layers and tables of tokens are stored as int8. Use 'f32' or 'f16'.",
    );
    expect(() => choose('int3' as 'int4', 'up.weight')).toThrow('up.weight: storage is int3');
  });
});
