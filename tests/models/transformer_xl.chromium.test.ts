// Parity with PyTorch: transformers' Transformer-XL attention over segments with memory, by checkpoint name, and ten
// AdamW steps of a tiny model that carries its memory from step to step; tests/fixtures has the scripts.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  concat,
  type Device,
  Graph,
  ParameterStore,
  RelativeAttention,
  SegmentMemory,
} from '../../engine/index';
import { float32ToFloat16 } from '../../engine/runtime/half';
import layerFixture from '../fixtures/attention-layers.json';
import modelFixture from '../fixtures/attention-models.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import { normalTensor } from '../fixtures/portable';
import { withDevice } from '../harness/device';
import { feature } from '../harness/host';
import { expectGradients, expectTenSteps } from './attention_training';
import { portableWeights, read, relativeError, write, type PortableParameter } from './parity';
import { emptyMemories, inOurNames, Layer as XLLayer, TransformerXLModel } from './transformer_xl';

interface Layer {
  readonly name: string;
  readonly B: number;
  readonly T: number;
  readonly C: number;
  readonly heads: number;
  readonly width: number;
  readonly memory: readonly number[];
  readonly preNorm: boolean;
  readonly epsilon: number;
  readonly parameters: Readonly<Record<string, PortableParameter>>;
}

const layers = layerFixture.layers.filter((layer): layer is typeof layer & Layer => 'memory' in layer);

// One device for all, so that kernels are compiled once.
let device: Device;
withDevice((opened) => (device = opened));

describe('Transformer-XL equals PyTorch', () => {
  describe.each(layers)('$name', (layer) => {
    const { name, B, T, C, heads, width: headWidth, preNorm, epsilon } = layer;
    const weights = inOurNames(portableWeights(layer.parameters, name, layerFixture.seed));
    const segment = (what: string, n: number): Float32Array =>
      normalTensor(`${name}.${what}.${n}`, [B, T, C], 1, layerFixture.seed);
    /** The last `rows` rows of each sequence of the segments before n. */
    const past = (n: number, rows: number): Float32Array => {
      const x = Array.from({ length: n }, (_, i) => segment('x', i));
      const out = new Float32Array(B * rows * C);
      for (let at = 0; at < out.length; at++) {
        const [b, row] = [Math.floor(at / (rows * C)), n * T - rows + (Math.floor(at / C) % rows)];
        out[at] = x[Math.floor(row / T)][(b * T + (row % T)) * C + (at % C)];
      }
      return out;
    };

    const half = 'f16 storage (needs shader-f16)';
    it.skipIf(!feature('shader-f16'))(`${half}: the last segment`, () => segments('f16'));
    it('every segment: output and all gradients by name', () => segments('f32'));

    async function segments(storage: 'f32' | 'f16'): Promise<void> {
      const tensors = await fixtureTensors('attention-layers.safetensors');
      const model = new XLLayer({ width: C, heads, headWidth, preNorm, epsilon });
      for (const [n, rows] of layer.memory.entries()) {
        if (storage === 'f16' && n < layer.memory.length - 1) continue;
        using store = new ParameterStore(device, model, { init: 'none', train: true });
        write(store, weights);
        const g = new Graph(device, { train: true, storage });
        const x = g.input('x', [B, T, C], 'f32', { differentiable: true });
        const memory = rows > 0 && g.input('memory', [B, rows, C], 'f32');
        const out = model.forward(g, x, memory ? concat(g, [memory, x], 1) : x);
        g.backpropFrom(new Map([[out, g.input('dout', out.shape, out.dtype)]]));
        using plan = await g.compile({ out, dx: g.grad(x) });
        const dout = segment('dout', n);
        const fed = { x: segment('x', n), dout: out.dtype === 'f16' ? float32ToFloat16(dout) : dout };
        plan.run(memory ? { ...fed, memory: past(n, rows) } : fed);
        // torch's own float32 stays below 1e-6; f16 keeps 11 bits of every value in between.
        const bound = storage === 'f16' ? 5e-3 : 1e-5;
        const compare = (key: string, got: ArrayLike<number>): void =>
          expect(relativeError(got, tensors.get(`${name}.${key}`)!.data), key).toBeLessThan(bound);
        compare(`out.${n}`, await plan.read('out'));
        compare(`dx.${n}`, await plan.read('dx'));
        const start = `${name}.grad.${n}.`;
        const gradients = inOurNames(
          new Map(
            [...tensors].flatMap(([key, { data }]) =>
              key.startsWith(start) ? [[key.slice(start.length), data as Float32Array] as const] : [],
            ),
          ),
        );
        for (const [key, got] of await read(store, weights, 'gradient')) {
          expect(relativeError(got, gradients.get(key)!), `${n} ${key}`).toBeLessThan(bound);
        }
      }
    }
  });

  describe('a memory', () => {
    const { C, heads, width: headWidth } = layers[0];
    const model = new RelativeAttention({ width: C, heads, headWidth });
    const [B, T] = [2, 3];
    const rows = (n: number): Float32Array => normalTensor(`memory.x.${n}`, [B, T, C], 1, 5);
    /** What M rows of memory are after another segment. */
    const follow = (old: Float32Array, x: Float32Array, M: number): Float32Array => {
      const sequence = (b: number) => [
        ...old.subarray(b * M * C, (b + 1) * M * C),
        ...x.subarray(b * T * C, (b + 1) * T * C),
      ];
      return Float32Array.from([0, 1].flatMap((b) => sequence(b).slice(-M * C)));
    };

    it.each([2, 3, 7])('of %i rows moves on with each run of 3, and takes no gradient', async (M) => {
      const memory = new SegmentMemory(B, M, C);
      using store = new ParameterStore(device, { model, memory }, { train: true, seed: 3 });
      const g = new Graph(device, { train: true });
      const x = g.input('x', [B, T, C], 'f32', { differentiable: true });
      const out = model.forward(g, memory.extend(g, x), { queries: T });
      g.backpropFrom(new Map([[out, g.input('dout', [B, T, C], 'f32')]]));
      using plan = await g.compile({ out });
      let expected: Float32Array = new Float32Array(B * M * C);
      for (let n = 0; n < 4; n++) {
        plan.run({ x: rows(n), dout: rows(9) });
        expected = follow(expected, rows(n), M);
        expect(await store.read('memory.rows'), `after run ${n}`).toEqual(expected);
      }
      expect(store.parameters.get('memory.rows')!.gradient).toBeNull();
    });

    it('is shown as the run saw it, in a window', async () => {
      const M = 4;
      const memory = new SegmentMemory(B, M, C);
      using store = new ParameterStore(device, { model, memory }, { seed: 3 });
      const [carried, given] = [new Graph(device), new Graph(device)];
      const x = carried.input('x', [B, T, C], 'f32');
      const out = model.forward(carried, memory.extend(carried, x), { queries: T, window: M });
      using plan = await carried.compile({ out }, { repeatable: true });
      const past = given.input('memory', [B, M, C], 'f32');
      const rest = concat(given, [past, given.input('x', [B, T, C], 'f32')], 1);
      const again = model.forward(given, rest, { queries: T, window: M });
      using other = await given.compile({ out: again });
      plan.run({ x: rows(0) });
      plan.run({ x: rows(1) });
      const after = await store.read('memory.rows');
      const map = await plan.attention(0, 'all', { batch: 1 });
      other.run({ x: rows(1), memory: follow(new Float32Array(B * M * C), rows(0), M) });
      const want = await other.attention(0, 'all', { batch: 1 });
      expect(await plan.read('out')).toEqual(await other.read('out'));
      expect(map.probabilities).toEqual(want.probabilities);
      expect(map.shape).toEqual([heads, T, M + T]);
      const seen = [...map.probabilities.subarray(0, M + T)].map((p) => p > 0);
      expect(seen).toEqual([false, true, true, true, true, false, false]);
      expect(await store.read('memory.rows')).toEqual(after);
    });
  });
});

describe('a Transformer-XL trains as in PyTorch', () => {
  const name = 'transformerXL';
  let tensors: Map<string, FixtureTensor>;
  beforeAll(async () => {
    tensors = await fixtureTensors('attention-models.safetensors');
  });

  it('loss and every gradient by name', async () => {
    const memories = emptyMemories();
    using _state = new ParameterStore(device, { memories });
    await expectGradients({
      device,
      name,
      model: new TransformerXLModel(memories),
      tensors,
      names: inOurNames,
    });
  });

  it('ten AdamW steps with memory: losses, gradient norms and final weights', async () => {
    const memories = emptyMemories();
    using _state = new ParameterStore(device, { memories });
    // r_net has columns that softmax is blind to: their gradient is rounding, of which Adam makes full steps.
    const errors: Readonly<Record<string, number>> = modelFixture.models[name].float32Error.after;
    const slack = Object.fromEntries(
      Object.entries(errors).flatMap(([key, error]) =>
        [...inOurNames(new Map([[key, new Float32Array(3)]])).keys()].map((own) => [own, 5 * error]),
      ),
    );
    await expectTenSteps(
      { device, name, model: new TransformerXLModel(memories), tensors, names: inOurNames },
      slack,
    );
  });
});
