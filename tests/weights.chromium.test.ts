// Weights that come from elsewhere: nothing is drawn for them, and none are taken for there before they are.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  Device,
  Graph,
  openSafetensors,
  Parameter,
  ParameterStore,
  RandomStream,
  Run,
  Trainer,
  type WeightPiece,
  type WeightSource,
} from '../engine/index';
import { sizeOf } from '../engine/graph/tensor';
import { float16ToFloat32, float32ToFloat16 } from '../engine/runtime/half';
import { Generator } from '../models/index';
import { openTestGpu } from './harness/host';
import { at, tinyGPT, tinyOptions } from './train/tiny';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  device.buffers.poison = 0x7fff7fff;
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(device.buffers.stats.owners).toEqual({});
});
afterAll(() => device[Symbol.dispose]());

const draws = () => vi.spyOn(RandomStream.prototype, 'uniform');
const count = (n: number, first = 0): Float32Array => Float32Array.from({ length: n }, (_, i) => first + i);

describe("a store with init 'none'", () => {
  it('draws nothing, where a random one draws', () => {
    const drawn = draws();
    using _none = new ParameterStore(device, tinyGPT(), { init: 'none' });
    expect(drawn).not.toHaveBeenCalled();
    using _random = new ParameterStore(device, tinyGPT());
    expect(drawn).toHaveBeenCalled();
  });

  it('has no weights until all are written, in whatever parts', async () => {
    const module = { a: new Parameter([2]), b: new Parameter([3, 4]) };
    using store = new ParameterStore(device, module, { init: 'none' });
    const g = new Graph(device, { label: 'copy' });
    using plan = await g.compile({ b: g.use(module.b) });
    const refused = async () => {
      expect(module.b.unwritten).toBe(true);
      const error = 'b: its weights were not loaded. Load or write all of them first.';
      await expect(store.read('b')).rejects.toThrow(error);
      await expect(store.readAll('weights')).rejects.toThrow(error);
      await expect(plan.read('b')).rejects.toThrow(error);
    };
    await expect(store.readAll('weights')).rejects.toThrow('a: its weights were not loaded.');
    store.write('a', count(2));
    await refused();
    for (const [offset, length] of [
      [8, 4],
      [2, 3],
      [3, 4], // some of them again
      [0, 1],
      [7, 1],
    ]) {
      store.write('b', count(length, offset), offset);
      await refused();
    }
    store.write('b', count(1, 1), 1);
    expect(await store.read('b')).toEqual(count(12));
    expect(await plan.read('b')).toEqual(count(12));
    store.write('b', count(2, 50), 10); // a part of what is there
    expect([...(await store.read('b')).slice(9)]).toEqual([9, 50, 51]);
  });

  it('refuses parts that do not fit', () => {
    const w = new Parameter([2, 3]);
    using store = new ParameterStore(device, { w }, { init: 'none' });
    expect(() => store.write('w', count(5))).toThrow('w: 5 numbers do not fill (2, 3), which takes 6.');
    for (const offset of [2, -1, 0.5, NaN]) {
      expect(() => store.write('w', count(5), offset)).toThrow(
        `w: 5 numbers from ${offset} on do not fit (2, 3), which takes 6.`,
      );
    }
    expect(() => new ParameterStore(device, { w }, { init: 'zeros' as 'none' })).toThrow(
      "init is zeros. Use 'random' or 'none'.",
    );
    expect(w.unwritten).toBe(true);
  });

  it('is neither trained, nor saved, nor generated from; once it is loaded, it is', async () => {
    const model = tinyGPT();
    using trainer = await Trainer.create(tinyOptions(device, { model, init: 'none' }));
    using generator = new Generator(device, model);
    const text = async (): Promise<number[]> => {
      const out: number[] = [];
      for await (const id of generator.generate([1, 2], { tokens: 3 })) out.push(id);
      return out;
    };
    expect(() => trainer.submit(at)).toThrow('train: tokens.weight: its weights were not loaded.');
    await expect(trainer.evaluate([at(0)])).rejects.toThrow('evaluate: tokens.weight: its weights');
    await expect(trainer.profile(at(0))).rejects.toThrow(
      'train: tokens.weight: its weights were not loaded.',
    );
    await expect(trainer.save()).rejects.toThrow('tokens.weight: its weights were not loaded.');
    await expect(text()).rejects.toThrow('tokens.weight: its weights were not loaded.');

    using own = await Trainer.create(tinyOptions(device));
    for (const [name, data] of await own.store.readAll('weights')) trainer.store.write(name, data);
    for (const each of [own, trainer]) each.submit(at);
    expect(await trainer.losses()).toEqual(await own.losses());
    expect(await text()).toHaveLength(3);
  });
});

describe('loading', () => {
  const shapes = { first: [300], second: [20, 500], third: [7] } as const;
  const module = () =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, new Parameter(shape)]));
  /** In another order than the parameters, by pieces of at most 4096 numbers; `piece` may spoil the n-th. */
  function source(spoil: (piece: WeightPiece, n: number) => WeightPiece = (piece) => piece) {
    const read: string[] = [];
    let n = 0;
    const weights: WeightSource = {
      names: () => ['third', 'second', 'first'],
      info: (name) => ({ shape: shapes[name as 'first'] }),
      float32: () => expect.fail('a tensor was read as a whole'),
      async *pieces(name) {
        read.push(name);
        const whole = count(sizeOf(shapes[name as 'first']));
        for (let at = 0; at < whole.length; at += 4096) {
          await Promise.resolve();
          yield spoil(whole.slice(at, at + 4096), n++);
        }
      },
    };
    return { weights, read };
  }
  const gone = (parameters: Readonly<Record<string, Parameter>>, store: ParameterStore): void => {
    expect(device.buffers.stats.live).toBe(0);
    for (const parameter of Object.values(parameters)) {
      expect(parameter).toMatchObject({ storage: null, gradient: null, store: null, unwritten: false });
    }
    expect(() => store.write('first', count(300))).toThrow('first: its store was disposed of.');
  };

  it('of a file from a server holds one piece of it, reads it once, and draws nothing', async () => {
    const parameters = {
      a: new Parameter([700, 5000]),
      b: new Parameter([3]),
      c: new Parameter([1501, 1001]),
    };
    const header: Record<string, unknown> = {};
    let end = 0;
    for (const [name, { shape, size }] of Object.entries(parameters)) {
      header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += 4 * size)] };
    }
    const json = new TextEncoder().encode(JSON.stringify(header).padEnd(256));
    const start = new Uint8Array(8 + json.length);
    new DataView(start.buffer).setBigUint64(0, BigInt(json.length), true);
    start.set(json, 8);
    const value = (i: number): number => (i % 9973) - 4000.5; // of element i of the data
    const total = start.length + end;
    let [given, most, done] = [0, 0, 0];
    const fetch = (_: unknown, { headers }: RequestInit): Promise<Response> => {
      const [, from, last] = /(\d+)-(\d+)/.exec((headers as { Range: string }).Range)!;
      const to = Math.min(Number(last) + 1, total);
      let at = Number(from);
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const chunk = new Uint8Array(Math.min(to - at, 100_000));
          const words = new DataView(new ArrayBuffer(4));
          for (let i = 0; i < chunk.length; i++) {
            const place = at + i - start.length;
            if (place >= 0 && (i === 0 || place % 4 === 0))
              words.setFloat32(0, value(Math.floor(place / 4)), true);
            chunk[i] = place < 0 ? start[at + i] : words.getUint8(place % 4);
          }
          at += chunk.length;
          given += chunk.length;
          most = Math.max(most, given - done);
          controller.enqueue(chunk);
          if (at === to) controller.close();
        },
      });
      const range = `bytes ${from}-${to - 1}/${total}`;
      return Promise.resolve(new Response(body, { status: 206, headers: { 'content-range': range } }));
    };
    const source = await openSafetensors('http://weights/', { fetch: fetch as typeof globalThis.fetch });
    const head = given;
    const drawn = draws();
    using store = new ParameterStore(device, parameters, { init: 'none' });
    await store.load(source, { onProgress: (bytes) => (done = bytes) });
    expect(drawn).not.toHaveBeenCalled();
    expect(given - head).toBeGreaterThanOrEqual(end);
    expect(given - head).toBeLessThan(end + 16); // pieces end with pairs of elements, blocks anywhere
    expect(most).toBeLessThan(1.1 * 2 ** 23);
    let first = 0;
    for (const [name, { size }] of Object.entries(parameters)) {
      const data = await store.read(name);
      expect(
        data.findIndex((x, i) => x !== value(first + i)),
        name,
      ).toBe(-1);
      first += size;
    }
  });

  it("goes piece by piece, in the source's order, and tells how far it is", async () => {
    using store = new ParameterStore(device, module(), { init: 'none' });
    const { weights, read } = source();
    const progress: number[][] = [];
    await store.load(weights, { onProgress: (...now) => progress.push(now) });
    expect(read).toEqual(['third', 'second', 'first']);
    expect(progress).toEqual([28, 16412, 32796, 40028, 41228].map((done) => [done, 41228]));
    for (const [name, shape] of Object.entries(shapes)) {
      expect(await store.read(name)).toEqual(count(sizeOf(shape)));
    }
  });

  it('takes f32 and bits of f16', async () => {
    const parameters = { a: new Parameter([3]), b: new Parameter([3], { dtype: 'f16' }) };
    using store = new ParameterStore(device, parameters, { init: 'none' });
    for (const data of [Float32Array.of(0.1, -2, 7), Uint16Array.of(0x3c00, 0xc000, 0x0001)]) {
      for (const name of ['a', 'b']) store.write(name, data);
      const halves = data instanceof Uint16Array ? float16ToFloat32(data) : data;
      expect(await store.read('a')).toEqual(halves);
      expect(await store.read('b')).toEqual(float16ToFloat32(float32ToFloat16(halves)));
    }
  });

  it('has no weights while it lasts, and lasts once', async () => {
    const parameters = module();
    using store = new ParameterStore(device, parameters);
    const g = new Graph(device, { label: 'copy' });
    using plan = await g.compile({ first: g.use(parameters['first']) });
    await plan.read('first');
    const { weights } = source((piece) => {
      expect(() => plan.run()).toThrow(/its weights were not loaded/);
      return piece;
    });
    const loading = store.load(weights);
    await expect(store.load(source().weights)).rejects.toThrow('parameters: it is being loaded already.');
    await loading;
    expect(await plan.read('first')).toEqual(count(300));
  });

  const failures: Readonly<Record<string, readonly [typeof source, string]>> = {
    'reading fails': [
      () =>
        source((piece, n) => {
          if (n === 2) throw new Error('the network is gone');
          return piece;
        }),
      'the network is gone',
    ],
    'numbers are missing': [
      () => source((piece, n) => (n === 3 ? piece.subarray(10) : piece)),
      'second: 10 of its 10000 numbers did not come.',
    ],
    'there are too many': [
      () => source((piece, n) => (n === 3 ? count(2000) : piece)),
      'second: 2000 numbers from 8192 on do not fit (20, 500), which takes 10000.',
    ],
  };
  it.each(Object.entries(failures))(
    'leaves no weights and no memory where %s',
    async (_, [make, message]) => {
      const parameters = module();
      using store = new ParameterStore(device, parameters, { init: 'none', train: true });
      await expect(store.load(make().weights)).rejects.toThrow(message);
      gone(parameters, store);
      using again = new ParameterStore(device, parameters, { init: 'none' });
      await again.load(source().weights);
      expect(await again.read('first')).toEqual(count(300));
    },
  );

  it('leaves none where it is aborted, and begins nothing where it was before', async () => {
    const parameters = module();
    using store = new ParameterStore(device, parameters);
    const before = await store.read('second');
    await expect(store.load(source().weights, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    expect(await store.read('second')).toEqual(before);
    for (const at of [0, 2, 4]) {
      const parameters = module();
      using store = new ParameterStore(device, parameters, { init: 'none' });
      const controller = new AbortController();
      const { weights } = source((piece, n) => {
        if (n === at) controller.abort(new Error('not wanted'));
        return piece;
      });
      await expect(store.load(weights, { signal: controller.signal })).rejects.toThrow('not wanted');
      for (const { storage } of Object.values(parameters)) expect(storage).toBeNull();
    }
  });
});

it('weights in f16 need the feature, and a name that there is', async () => {
  using plain = await Device.open({ gpu: openTestGpu(), minimal: true });
  expect(() => new ParameterStore(plain, tinyGPT(), { storage: 'f16' })).toThrow(
    "tokens.weight: this device has no shader-f16. Use storage: 'f32'.",
  );
  expect(() => new ParameterStore(plain, tinyGPT(), { storage: 'int3' as 'f16' })).toThrow(
    'tokens.weight: storage is int3. Use one of f32, f16, int8, int4, int4-64.',
  );
});

describe('what loads weights draws none', () => {
  it('a run that is resumed', async () => {
    using first = await Run.create(tinyOptions(device));
    const file = await first.save();
    const drawn = draws();
    using second = await Run.create(tinyOptions(device, { init: 'none' }));
    await second.load(file);
    expect(drawn).not.toHaveBeenCalled();
    expect(await second.trainer.store.readAll('weights')).toEqual(
      await first.trainer.store.readAll('weights'),
    );
  });
});
