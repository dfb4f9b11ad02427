// Tensors that are larger than a binding are held in parts: a device that binds little gives what any other gives.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  Device,
  Graph,
  IGNORE_INDEX,
  KernelError,
  Linear,
  nextToken,
  NO_TOKEN,
  Parameter,
  parameters,
  ParameterStore,
  sample,
  topCandidates,
  Trainer,
  withoutTokens,
  type Batch,
  type Tensor,
  type TrainerOptions,
} from '../engine/index';
import { EncoderDecoder, Generator, GPT, type GPTConfig } from '../models/index';
import { feature, openTestGpu } from './harness/host';
import { limitBindings } from './harness/limited';
import { Random } from './harness/op';
import { gradientsOf } from './models/parity';

const LIMIT = 12 << 10;
let plain: Device;
let small: Device;
beforeAll(async () => {
  plain = await Device.open({ gpu: openTestGpu() });
  small = await Device.open({ gpu: limitBindings(openTestGpu(), LIMIT) });
  for (const device of [plain, small]) device.buffers.poison = 0x7fff7fff;
});
afterAll(() => {
  for (const device of [plain, small]) {
    expect(device.buffers.stats.owners).toEqual({});
    device[Symbol.dispose]();
  }
});

const [B, T, V] = [3, 8, 301];
const random = new Random(7);
const ids = (n: number, below: number) => Uint32Array.from({ length: n }, () => random.below(below));
const noise = (n: number) => Float32Array.from({ length: n }, () => random.normal());
/** The largest difference, as a share of the largest number. */
function error(got: Float32Array, want: Float32Array): number {
  expect(got).toHaveLength(want.length);
  const most = want.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return got.reduce((worst, x, i) => Math.max(worst, Math.abs(x - want[i])), 0) / most;
}
const partsOf = (module: object) =>
  Object.fromEntries(
    [...parameters(module)].flatMap(([name, { parts }]) =>
      parts ? [[name, parts.map(({ shape }) => shape[0])]] : [],
    ),
  );

// Token table of 301 × 32 (37.6 KiB), feed-forward layers of 16 KiB, logits of 24 × 301 (28.2 KiB).
const gpt = (options: Partial<GPTConfig> = {}) =>
  new GPT({ vocabulary: V, context: T, layers: 1, heads: 2, width: 32, ...options });
const batchAt = (k: number) => {
  const draw = new Random(k + 1);
  const tokens = () => Uint32Array.from({ length: B * T }, () => draw.below(V));
  const targets = tokens();
  targets[k % 5] = IGNORE_INDEX;
  return { ids: tokens(), targets };
};
const optionsOf = (device: Device, model: GPT): TrainerOptions<Batch, GPT> => ({
  ...{ device, model, objective: nextToken({ batch: B, length: T }), seed: 3 },
  optimizer: new AdamW({ clip: 0.5 }),
  schedule: { kind: 'constant', lr: 1e-2 },
});

describe.each<[string, Partial<GPTConfig>]>([
  ['a GPT-2', {}],
  [
    'a Llama',
    { norm: 'rms', positions: 'rope', gated: true, hidden: 48, activation: 'silu', tied: false, bias: false },
  ],
])('%s in parts', (name, options) => {
  it('trains, is saved and generates as it does in one piece', async () => {
    const run = async (device: Device) => {
      const model = gpt(options);
      using trainer = await Trainer.create(optionsOf(device, model));
      const cut = partsOf(model);
      for (let i = 0; i < 3; i++) trainer.submit(batchAt);
      const reports = await trainer.losses();
      const loss = await trainer.evaluate([batchAt(9)]);
      const file = await trainer.save();
      const weights = await trainer.store.readAll('weights');
      const out: number[] = [];
      using generator = new Generator(device, model);
      for await (const id of generator.generate([1, 2, 300], { tokens: 4, temperature: 0 })) out.push(id);
      trainer.submit(batchAt);
      const [{ loss: next }] = await trainer.losses();
      return { cut, reports, loss, file, weights, out, next };
    };
    const [got, want] = [await run(small), await run(plain)];
    expect(want.cut).toEqual({});
    expect(got.cut).toMatchObject(
      name === 'a GPT-2'
        ? {
            'tokens.weight': [64, 64, 64, 64, 45],
            'stack.layers.0.feedForward.up.weight': [24, 8],
            'stack.layers.0.feedForward.down.weight': [64, 64],
          }
        : { 'tokens.weight': [64, 64, 64, 64, 45], 'head.weight': [64, 64, 64, 64, 45] },
    );
    for (const [i, { loss, norm, labels }] of want.reports.entries()) {
      expect(Math.abs(got.reports[i].loss / loss - 1)).toBeLessThan(1e-5);
      expect(Math.abs(got.reports[i].norm / norm - 1)).toBeLessThan(1e-4);
      expect(got.reports[i].labels).toBe(labels);
    }
    expect(Math.abs(got.loss / want.loss - 1)).toBeLessThan(1e-5);
    for (const [name, data] of want.weights)
      expect(error(got.weights.get(name)!, data), name).toBeLessThan(1e-3);
    expect(got.out).toEqual(want.out);

    // Checkpoints know nothing of parts: each goes on from the other's.
    for (const [device, { file, next }] of [
      [plain, got],
      [small, want],
    ] as const) {
      using trainer = await Trainer.create({ ...optionsOf(device, gpt(options)), init: 'none' });
      await trainer.load(file);
      trainer.submit(batchAt);
      expect(Math.abs((await trainer.losses())[0].loss / next - 1)).toBeLessThan(1e-5);
    }
  });
});

it.skipIf(!feature('shader-f16'))(
  'a GPT in f16 and in parts has the logits of one piece (needs shader-f16)',
  async () => {
    const run = async (device: Device) => {
      const model = gpt();
      using _store = new ParameterStore(device, model, { storage: 'f16', seed: 4 });
      const g = new Graph(device);
      using plan = await g.compile({ logits: model.forward(g, g.input('ids', [1, T], 'u32')) });
      plan.run({ ids: Uint32Array.of(0, 127, 128, 191, 192, 255, 256, 300) });
      return { logits: await plan.read('logits'), cut: partsOf(model) };
    };
    const [got, want] = [await run(small), await run(plain)];
    expect([got.cut, want.cut]).toEqual([{ 'tokens.weight': [192, 109] }, {}]);
    expect(error(got.logits, want.logits)).toBeLessThan(1e-6);
  },
);

it('an encoder-decoder in parts has the loss and every gradient', async () => {
  const feed = { source: ids(B * T, V), target: ids(B * T, V), labels: ids(B * T, V) };
  const run = async (device: Device) => {
    const model = new EncoderDecoder({
      ...{ vocabulary: V, context: T, encoderLayers: 1, decoderLayers: 1, heads: 2, width: 32, hidden: 112 },
      dropout: 0,
    });
    using store = new ParameterStore(device, model, { seed: 5 });
    const record = (g: Graph): Tensor => {
      const tokens = (name: string) => g.input(name, [B, T], 'u32');
      const lengths = g.input('lengths', [B], 'u32');
      return model.loss(g, tokens('source'), lengths, tokens('target'), tokens('labels'));
    };
    const found = await gradientsOf(store, record, { ...feed, lengths: Uint32Array.of(8, 5, 7) });
    return { ...found, cut: Object.keys(partsOf(model)) };
  };
  const [got, want] = [await run(small), await run(plain)];
  expect(got.cut.length).toBeGreaterThan(2);
  expect(Math.abs(got.loss / want.loss - 1)).toBeLessThan(1e-5);
  for (const [name, data] of want.gradients) {
    const most = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    // What softmax is blind to (keys' biases) has rounding for a gradient.
    if (most > 1e-6) expect(error(got.gradients.get(name)!, data), name).toBeLessThan(1e-4);
  }
});

describe.each<['f32' | 'f16']>(feature('shader-f16') ? [['f32'], ['f16']] : [['f32']])(
  'a linear layer with weights of %s',
  (storage) => {
    it.each([
      { layout: 'out_in', bias: true },
      { layout: 'out_in', activation: 'gelu_tanh', residual: true, bias: true },
      { layout: 'in_out', bias: true, residual: true },
      { layout: 'in_out', activation: 'gelu_tanh', residual: true, bias: false },
    ] as const)('$layout, $activation, residual: $residual', async ({ layout, bias, ...fused }) => {
      const [inputs, outputs] = layout === 'out_in' ? [32, 230] : [230, 32];
      const [x, r] = [noise(5 * inputs), noise(5 * outputs)];
      const run = async (device: Device) => {
        const layer = new Linear(inputs, outputs, { layout, bias });
        using _store = new ParameterStore(device, layer, { storage, seed: 2 });
        const g = new Graph(device);
        const residual = g.input('r', [5, outputs], 'f32');
        const y = layer.forward(g, g.input('x', [5, inputs], 'f32'), {
          ...('activation' in fused && { activation: fused.activation }),
          ...('residual' in fused && { residual }),
        });
        using plan = await g.compile({ y });
        plan.run({ x, r });
        return { y: await plan.read('y'), cut: Object.keys(partsOf(layer)) };
      };
      const [got, want] = [await run(small), await run(plain)];
      expect([got.cut, want.cut]).toEqual([['weight'], []]);
      expect(error(got.y, want.y)).toBeLessThan(1e-6);
    });
  },
);

it('what chooses tokens does so from logits in parts', async () => {
  const [rows, K] = [13, 4]; // 13 rows of 301 take 15.3 KiB
  const feed = {
    x: noise(rows * 32),
    bans: new Uint32Array(rows * 2).fill(NO_TOKEN),
    counters: ids(rows, 2 ** 31),
  };
  for (let i = 0; i < rows; i += 2) feed.bans[2 * i] = (7 * i) % V;
  const run = async (device: Device) => {
    const layer = new Linear(32, V, { bias: false });
    using _store = new ParameterStore(device, layer, { seed: 6 });
    const g = new Graph(device);
    const logits: Tensor = layer.forward(g, g.input('x', [rows, 32], 'f32'));
    const bans = g.input('bans', [rows, 2], 'u32');
    const drawn = withoutTokens(g, logits, bans, () => sample(g, logits));
    const counted = sample(g, logits, { counters: g.input('counters', [rows], 'u32') });
    const best = topCandidates(g, logits, { count: K, bans });
    using plan = await g.compile({ drawn, counted, ids: best.ids, logs: best.logProbabilities });
    plan.run(feed, { temperature: 1, topK: 40, topP: 0.9, seed: 5 });
    const integers = [];
    for (const name of ['drawn', 'counted', 'ids']) integers.push(await plan.readIntegers(name));
    return { parts: g.parts(logits).length, integers, logs: await plan.read('logs') };
  };
  const [got, want] = [await run(small), await run(plain)];
  expect([got.parts, want.parts]).toEqual([2, 1]);
  expect(got.integers).toEqual(want.integers);
  expect(error(got.logs, want.logs)).toBeLessThan(1e-6);
});

it('says what does not go in parts', async () => {
  const wide = new Parameter([2, 5000]);
  expect(() => new ParameterStore(small, { wide })).toThrow(
    "wide: (2, 5000) takes 39.1 KiB, and its rows do not fit a binding's 12.0 KiB. Use a smaller width.",
  );
  const model = gpt();
  using store = new ParameterStore(small, model);
  store.write('tokens.weight', noise(400), 64 * 32 - 100); // over the end of the first part
  const g = new Graph(small);
  const logits = model.forward(g, g.input('ids', [B, T], 'u32'));
  const compiled = g.compile({ logits });
  await expect(compiled).rejects.toThrow(KernelError);
  await expect(compiled).rejects.toThrow(
    /output logits, matmul \(3, 8, 301\) f32, is larger than a binding's 12288/,
  );
});
