// Families with weights in int8 and int4: what they give, beside the same numbers in f32 and beside what they came with.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph, ParameterStore, type Tensor, type WeightStorage } from '../../engine/index';
import { bart } from '../../models/families/bart';
import { bert } from '../../models/families/bert';
import { bloom } from '../../models/families/bloom';
import { gemma, gemma2 } from '../../models/families/gemma';
import { gpt2 } from '../../models/families/gpt2';
import { gptNeox } from '../../models/families/gpt_neox';
import { llama } from '../../models/families/llama';
import { mistral } from '../../models/families/mistral';
import { opt } from '../../models/families/opt';
import { phi } from '../../models/families/phi';
import { phi3 } from '../../models/families/phi3';
import { qwen2 } from '../../models/families/qwen2';
import { qwen3 } from '../../models/families/qwen3';
import { t5 } from '../../models/families/t5';
import type { AnyFamily } from '../../models/family/family';
import { load, type Pretrained } from '../../models/family/load';
import { Generator } from '../../models/generation/generator';
import type { Decoder } from '../../models/generation/decoder';
import { GPT } from '../../models/gpt';
import bertAbout from '../fixtures/bert.json';
import decoders from '../fixtures/decoders.json';
import modern from '../fixtures/gpt-modern.json';
import small from '../fixtures/gpt-small.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import bartAbout from '../fixtures/seq2seq-bart.json';
import t5About from '../fixtures/seq2seq-t5.json';
import { openTestGpu } from '../harness/host';
import { limitBindings } from '../harness/limited';
import { fixtureOf } from './family_fixture';
import { numbersOf } from './family_parity';
import { checkpointOf, folderOf } from './folders';
import { portableWeights, relativeError } from './parity';
import { withSource } from './seq2seq_parity';

type Tensors = ReadonlyMap<string, FixtureTensor>;

interface Tested {
  readonly family: AnyFamily;
  readonly config: object;
  readonly weights: () => Promise<Tensors>;
  readonly tensors: () => Promise<Tensors>;
  readonly inputs: readonly string[];
  /** Where it goes on with a text: the prompt. */
  readonly prompt?: readonly number[];
  /** The most that logits are off, as a share of their norm. These models are random and 20 to 96 numbers wide: real ones lose less. */
  readonly error: readonly [int8: number, int4: number];
  /** How many of ten greedy ids are those of f32 in int8, at the least: after the first that differs all do. */
  readonly greedy?: number;
}

const shaped = (data: ReadonlyMap<string, Float32Array>, of: object): Tensors =>
  new Map(
    [...data].map(([name, values]) => [
      name,
      { shape: (of as Record<string, { shape: number[] }>)[name].shape, data: values },
    ]),
  );

function ofGPT(family: AnyFamily, name: 'gpt-small' | 'gpt-modern', about: typeof small | typeof modern) {
  const file = () => fixtureTensors(`${name}.safetensors`);
  return {
    ...{ family, config: about.config, inputs: ['ids'], prompt: [1, 2, 3] },
    weights: async () => {
      const all = await file();
      return new Map(Object.keys(about.parameters).map((key) => [key, all.get(key)!]));
    },
    tensors: async () => {
      const all = await file();
      return all.set('ids', all.get('steps.ids')!);
    },
  };
}

function ofDecoder(family: AnyFamily) {
  const { prompt } = decoders.families[family.type as keyof typeof decoders.families].greedy;
  const { config, weights, tensors } = fixtureOf(decoders, family.type, 'decoders.safetensors');
  return { family, config, weights, tensors, inputs: ['ids'], prompt };
}

const ofSource = (family: AnyFamily, fixture: ReturnType<typeof fixtureOf>) => ({
  ...{ family, config: fixture.config, weights: fixture.weights, tensors: fixture.tensors },
  inputs: ['source', 'lengths', 'target'],
});

const TESTED: readonly Tested[] = [
  { ...ofGPT(gpt2, 'gpt-small', small), error: [0.02, 0.28], greedy: 10 },
  { ...ofGPT(llama, 'gpt-modern', modern), error: [0.04, 0.53], greedy: 5 },
  { ...ofDecoder(mistral), error: [0.027, 0.4], greedy: 6 },
  { ...ofDecoder(qwen2), error: [0.027, 0.49], greedy: 10 },
  { ...ofDecoder(qwen3), error: [0.028, 0.45], greedy: 10 },
  { ...ofDecoder(gemma), error: [0.019, 0.28], greedy: 10 },
  { ...ofDecoder(gemma2), error: [0.024, 0.37], greedy: 10 },
  { ...ofDecoder(phi), error: [0.016, 0.21], greedy: 10 },
  { ...ofDecoder(phi3), error: [0.034, 0.5], greedy: 10 },
  { ...ofDecoder(gptNeox), error: [0.018, 0.3], greedy: 10 },
  { ...ofDecoder(opt), error: [0.019, 0.28], greedy: 10 },
  { ...ofDecoder(bloom), error: [0.019, 0.31], greedy: 10 },
  { ...ofSource(t5, fixtureOf(t5About, 't5', 'seq2seq-t5.safetensors')), error: [0.017, 0.25] },
  { ...ofSource(bart, fixtureOf(bartAbout, 'bart', 'seq2seq-bart.safetensors')), error: [0.008, 0.29] },
  {
    ...{ family: bert, config: bertAbout.config, inputs: ['ids'], error: [0.027, 0.37] },
    weights: () =>
      Promise.resolve(
        shaped(portableWeights(bertAbout.parameters, 'bert', bertAbout.seed), bertAbout.parameters),
      ),
    tensors: () => fixtureTensors('bert.safetensors'),
  },
];

let device: Device;
let limited: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  limited = await Device.open({ gpu: limitBindings(openTestGpu(), 12 << 10) });
  for (const one of [device, limited]) one.buffers.poison = 0x7fff7fff;
});
afterAll(() => {
  for (const one of [device, limited]) {
    expect(one.buffers.stats.owners).toEqual({});
    one[Symbol.dispose]();
  }
});

interface Model {
  forward(g: Graph, ids: Tensor): Tensor;
}

async function logitsOf(on: Device, model: object, { inputs, tensors }: Tested): Promise<Float32Array> {
  const all = await tensors();
  const g = new Graph(on);
  const given: Record<string, Tensor> = {};
  const data: Record<string, Uint32Array | Float32Array> = {};
  for (const name of inputs) {
    const { shape, data: steps } = all.get(name)!;
    given[name] = g.input(name, shape.slice(1), 'u32');
    data[name] = numbersOf(steps.slice(0, steps.length / shape[0]));
  }
  const logits =
    inputs.length > 1
      ? withSource.forward!(model as never, g, given)
      : (model as Model).forward(g, given.ids);
  using plan = await g.compile({ logits });
  plan.run(data);
  return await plan.read('logits');
}

async function greedyOf(on: Device, model: object, prompt: readonly number[]): Promise<number[]> {
  using generator = new Generator(on, model as Decoder);
  const ids: number[] = [];
  for await (const id of generator.generate(prompt, { temperature: 0, tokens: 10 })) ids.push(id);
  return ids;
}

describe.each(TESTED.map((tested) => [tested.family.title, tested] as const))('%s', (_, tested) => {
  const { family, config, prompt } = tested;
  const open = async (storage: WeightStorage, file?: Blob): Promise<Pretrained<object>> => {
    const weights = file ? new Uint8Array(await file.arrayBuffer()) : checkpointOf(await tested.weights());
    const folder = folderOf({ 'config.json': config, 'model.safetensors': weights });
    return load(folder, { device, families: [family], storage });
  };
  let exact: Float32Array;
  let ids: number[] = [];
  beforeAll(async () => {
    using loaded = await open('f32');
    exact = await logitsOf(device, loaded.model, tested);
    if (prompt) ids = await greedyOf(device, loaded.model, prompt);
  });

  it.each(['int8', 'int4'] as const)('in %s', async (storage) => {
    using loaded = await open(storage);
    const { store, model } = loaded;
    const packed = [...store.parameters.values()].filter((parameter) => parameter.packed === storage);
    expect(packed.length).toBeGreaterThan(3);
    const got = await logitsOf(device, model, tested);
    const error = relativeError(got, exact);
    expect(error).toBeGreaterThan(1e-5);
    expect(error).toBeLessThan(tested.error[storage === 'int8' ? 0 : 1]);

    // What was rounded, in f32, gives the same.
    await expect(loaded.save()).rejects.toThrow(
      /is stored as int\d, and what that rounded off does not come back/,
    );
    const files = await loaded.save({ dequantize: true });
    using rounded = await open('f32', files.get('model.safetensors'));
    expect(relativeError(got, await logitsOf(device, rounded.model, tested))).toBeLessThan(5e-6);
    if (prompt) {
      const own = await greedyOf(device, model, prompt);
      expect(own).toEqual(await greedyOf(device, rounded.model, prompt));
      const same = own.findIndex((id, i) => id !== ids[i]);
      if (storage === 'int8') expect(same < 0 ? 10 : same).toBeGreaterThanOrEqual(tested.greedy!);
    }
  });
});

it.each(['int8', 'int4'] as const)(
  '%s in parts: a device that binds little gives the same',
  async (storage) => {
    const run = async (on: Device) => {
      const model = new GPT({ vocabulary: 1201, context: 16, layers: 1, heads: 2, width: 48, tied: true });
      using store = new ParameterStore(on, model, { storage });
      const g = new Graph(on);
      using plan = await g.compile({ logits: model.forward(g, g.input('ids', [1, 2], 'u32')) });
      plan.run({ ids: Uint32Array.of(1200, 7) });
      const parts = [...store.parameters.values()].flatMap(({ name, parts }) => (parts ? [name] : []));
      return { parts, logits: await plan.read('logits'), ids: await greedyOf(on, model, [1, 2, 1200]) };
    };
    const [got, want] = [await run(limited), await run(device)];
    expect(got.parts).toContain('tokens.weight');
    expect(want.parts).toEqual([]);
    expect(relativeError(got.logits, want.logits)).toBeLessThan(1e-6);
    expect(got.ids).toEqual(want.ids);
  },
);
