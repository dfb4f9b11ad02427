// Parity with PyTorch: a GPT-2 and a Llama-shaped model of Hugging Face Transformers, float32, see tests/fixtures.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, Graph } from '../../engine/index';
import { gpt2 } from '../../models/families/gpt2';
import { llama } from '../../models/families/llama';
import { load, type Pretrained } from '../../models/family/load';
import { Generator, type GPT } from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import small from '../fixtures/gpt-small.json';
import modern from '../fixtures/gpt-modern.json';
import { openTestGpu } from '../harness/host';
import { parity } from './family_parity';
import { checkpointOf, folderOf } from './folders';
import { relativeError } from './parity';

const fixtures = [
  { name: 'gpt-small', family: gpt2, about: small },
  { name: 'gpt-modern', family: llama, about: modern },
] as const;
type Fixture = (typeof fixtures)[number];

const tensorsOf = async ({ name }: Fixture): Promise<Map<string, FixtureTensor>> => {
  const all = await fixtureTensors(`${name}.safetensors`);
  return all.set('labels', all.get('steps.targets')!).set('ids', all.get('steps.ids')!);
};

const weightsOf = async ({ name, about }: Fixture): Promise<Map<string, FixtureTensor>> => {
  const all = await fixtureTensors(`${name}.safetensors`);
  return new Map(Object.keys(about.parameters).map((key) => [key, all.get(key)!]));
};

for (const fixture of fixtures) {
  const { family, about } = fixture;
  parity(family, {
    config: about.config,
    weights: () => weightsOf(fixture),
    tensors: () => tensorsOf(fixture),
    losses: about.lossesFloat64,
    gradientNorms: about.gradientNormsFloat64,
    adamw: about.adamw,
    // Softmax is blind to a shift of all scores, so the key third is noise that Adam turns into full steps.
    noisy: /\.qkv\.bias$/,
    hardware: true,
  });
}

describe.each(fixtures)('$name, too', (fixture) => {
  const { family, about } = fixture;
  let device: Device;
  let loaded: Pretrained<GPT>;
  let model: GPT;
  let ids: Uint32Array;
  let want: Float32Array;
  const { B, T } = about.shape;

  beforeAll(async () => {
    device = await Device.open({ gpu: openTestGpu() });
    device.buffers.poison = 0x7fff7fff;
    const tensors = await tensorsOf(fixture);
    const file = checkpointOf(await weightsOf(fixture));
    loaded = await load(folderOf({ 'config.json': about.config, 'model.safetensors': file }), {
      device,
      families: [family],
    });
    model = loaded.model;
    ids = Uint32Array.from(tensors.get('ids')!.data.subarray(0, B * T));
    want = Float32Array.from(tensors.get('logits')!.data);
  });
  afterAll(() => {
    loaded[Symbol.dispose]();
    device[Symbol.dispose]();
  });

  const once = about.config.model_type === 'gpt2';
  if (once)
    it('gives the same at the default limits without any optional feature', async () => {
      using plain = await Device.open({ gpu: openTestGpu(), minimal: true });
      const file = checkpointOf(await weightsOf(fixture));
      const folder = folderOf({ 'config.json': about.config, 'model.safetensors': file });
      using own = await load(folder, { device: plain, families: [family] });
      const g = new Graph(plain);
      using plan = await g.compile({ logits: own.model.forward(g, g.input('ids', [B, T], 'u32')) });
      plan.run({ ids });
      expect(relativeError(await plan.read('logits'), want)).toBeLessThan(5e-6);
    });

  it('greedy generation through the KV cache gives the same ids', async () => {
    using generator = new Generator(device, model);
    const { prompt, next } = about.greedy;
    const got: number[] = [];
    for await (const id of generator.generate(prompt, { temperature: 0, tokens: next.length })) got.push(id);
    expect(got).toEqual(next);
  });
});
