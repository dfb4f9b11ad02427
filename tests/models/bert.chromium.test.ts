// Parity with BertForMaskedLM of Hugging Face Transformers, see tests/fixtures/make_bert.py.
import { expect, it } from 'vitest';
import { Device, Graph, openSafetensors } from '../../engine/index';
import { bert } from '../../models/families/bert';
import { load } from '../../models/family/load';
import about from '../fixtures/bert.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import { openTestGpu } from '../harness/host';
import { parity } from './family_parity';
import { checkpointOf, folderOf } from './folders';
import { portableWeights, relativeError } from './parity';

const { config, parameters, seed, losses, gradientNorms, adamw } = about;
const tensors = (): Promise<Map<string, FixtureTensor>> => fixtureTensors('bert.safetensors');
const weights = (): Promise<ReadonlyMap<string, FixtureTensor>> => {
  const data = portableWeights(parameters, 'bert', seed);
  const shapes: Readonly<Record<string, { readonly shape: number[] }>> = parameters;
  return Promise.resolve(
    new Map([...data].map(([name, values]) => [name, { shape: shapes[name].shape, data: values }])),
  );
};

parity(bert, { config, weights, tensors, losses, gradientNorms, adamw });

it('BERT with padding and segments equals PyTorch', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const expected = await tensors();
  const { B, T, V } = about.shape;
  const folder = folderOf({ 'config.json': config, 'model.safetensors': checkpointOf(await weights()) });
  using loaded = await load(folder, { device, families: [bert] });
  const g = new Graph(device);
  const integers = (name: string): Uint32Array => Uint32Array.from(expected.get(name)!.data);
  const lengths = g.input('lengths', [B], 'u32');
  const segments = g.input('segments', [B, T], 'u32');
  const logits = loaded.model.forward(g, g.input('ids', [B, T], 'u32'), { lengths, segments });
  using plan = await g.compile({ logits });
  plan.run({
    ids: integers('ids').subarray(0, B * T),
    lengths: integers('lengths'),
    segments: integers('segments'),
  });
  const [got, want] = [await plan.read('logits'), expected.get('padded.logits')!.data];
  // Rows of padding are nobody's: PyTorch's see all real tokens, as ours do.
  for (const [b, length] of integers('lengths').entries()) {
    const rows = (data: Float32Array | Int32Array) => data.slice(b * T * V, (b * T + length) * V);
    expect(relativeError(rows(got), rows(want)), `text ${b}`).toBeLessThan(5e-6);
  }
});

it('files as the first BERT has them load, and give back what the model has no part for', async () => {
  using device = await Device.open({ gpu: openTestGpu() });
  const given = await weights();
  const C = config.hidden_size;
  const tensor = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.fround(i / 7)),
  });
  const others = {
    'bert.pooler.dense.weight': tensor(C, C),
    'bert.pooler.dense.bias': tensor(C),
    'cls.seq_relationship.weight': tensor(2, C),
    'cls.seq_relationship.bias': tensor(2),
  };
  const old = (name: string) =>
    name.replace(/LayerNorm\.(weight|bias)$/, (_, kind) => `LayerNorm.${kind === 'bias' ? 'beta' : 'gamma'}`);
  const file = new Map([
    ...[...given].map(([name, one]) => [old(name), one] as const),
    ...Object.entries(others),
    ['bert.embeddings.position_ids', tensor(1, config.max_position_embeddings)],
  ]);
  const folder = folderOf({
    'config.json': { ...config, architectures: ['BertForPreTraining'], pad_token_id: null },
    'model.safetensors': checkpointOf(file),
  });
  using loaded = await load(folder, { device, families: [bert] });
  expect(loaded.model.config.padding).toBeNull();
  const saved = await openSafetensors((await loaded.save()).get('model.safetensors')!);
  expect(saved.names().sort()).toEqual([...given.keys(), ...Object.keys(others)].sort());
  for (const [name, { data }] of [...given, ...Object.entries(others)])
    expect(await saved.float32(name), name).toEqual(data);
});
