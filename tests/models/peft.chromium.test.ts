// Parity with PEFT by its files: what it saves is read, does the same, learns the same and is written as PEFT would write it. See
// tests/fixtures/make_peft.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openSafetensors,
  saveSafetensors,
  sizeOf,
  Trainer,
  type Adapter,
  type Device,
} from '../../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../../models/adapters/index';
import { isBare } from '../../models/adapters/load_peft';
import { modulesOf } from '../../models/adapters/modules';
import { transposed } from '../../models/adapters/peft_tensor';
import { planOf } from '../../models/adapters/plan';
import type { Pretrained } from '../../models/family/load';
import { reordered } from '../../models/pretrained_checkpoint';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/peft.json';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { expectSteps, fixtureAdamW, relativeError } from './parity';
import {
  folderOfCase,
  inputsOf,
  logitsOf,
  lossOf,
  openBase,
  type AnyModel,
  type Given,
  type PeftCase,
} from './peft_cases';
import { expectAnswers, expectMerged } from './peft_parity';

const { adamw } = fixture;
let device: Device;
let wanted: Map<string, FixtureTensor>;
withDevice((opened) => (device = opened), { empty: true });
beforeAll(async () => {
  wanted = await fixtureTensors('peft.safetensors');
});

describe.each(Object.entries(fixture.cases) as [string, PeftCase][])('%s equals PEFT', (name, about) => {
  let loaded: Pretrained<AnyModel>;
  let adapter: Adapter;
  let given: Given;
  const { folder, first } = folderOfCase(name, about);
  const want = (key: string) => wanted.get(`${name}.${key}`)!.data;
  /** Numbers of the adapter's parameters, by PEFT's names. */
  const theirs = (own: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> => {
    const { tensors } = planOf(about.config, modulesOf(loaded, isBare(loaded)), loaded.model);
    return new Map(
      tensors.map(({ names, ours, from, shape, order, turned }) => {
        const whole = own.get(ours)!;
        const data = turned ? transposed(whole, [shape[1], shape[0]]) : whole;
        const part = (order ? reordered(data, order, true) : data).subarray(from, from + sizeOf(shape));
        return [names.find((one) => one in about.parameters)!, part];
      }),
    );
  };
  const logits = (): Promise<Float32Array> => logitsOf(device, loaded.model, about.inputs);

  beforeAll(async () => {
    given = await inputsOf(about.inputs);
    loaded = await openBase(about.base, device);
    adapter = await loadPeft(loaded, folder);
  });
  afterAll(() => {
    adapter[Symbol.dispose]();
    loaded[Symbol.dispose]();
  });

  it('logits, loss, and every gradient by name', async () => {
    const answers = { logits: await logits(), wanted: want('logits'), loss: about.losses[0] };
    const gradients = await expectAnswers(loaded, adapter, given, answers);
    const got = theirs(gradients);
    expect([...got.keys()].sort()).toEqual(Object.keys(about.parameters).sort());
    for (const [key, data] of got) {
      const wants = want(`grad.${key}`);
      if (/key\.bias$/.test(key)) expect(Math.hypot(...data), key).toBeLessThan(1e-6);
      else expect(relativeError(data, wants, false), key).toBeLessThan(5e-5);
    }
  });

  it('is written as PEFT writes it, and opens again with the same bits', async () => {
    const files = await savePeft(loaded, adapter, { base: '' });
    const saved = await openSafetensors(files.get('adapter_model.safetensors')!);
    const config = JSON.parse(await files.get('adapter_config.json')!.text()) as Record<string, unknown>;
    expect(saved.names().sort()).toEqual(
      Object.keys(about.parameters)
        .map((key) => `base_model.model.${key}`)
        .sort(),
    );
    for (const key of saved.names()) {
      const plain = key.slice('base_model.model.'.length);
      expect(saved.info(key).shape, key).toEqual(about.parameters[plain].shape);
      expect(await saved.float32(key), key).toEqual(first.get(plain));
    }
    // Settings that say which layers and numbers, otherwise than PEFT perhaps, but the same ones.
    const modules = modulesOf(loaded, isBare(loaded));
    const { layers, tensors } = planOf(config, modules, loaded.model);
    const own = planOf(about.config, modules, loaded.model);
    const settings = (kinds: typeof layers) =>
      Object.entries(kinds).map(([site, { kind, settings }]) => [site, kind, settings]);
    expect(settings(layers).sort()).toEqual(settings(own.layers).sort());
    expect(tensors.map(({ names }) => names[0]).sort()).toEqual(
      own.tensors.map(({ names }) => names[0]).sort(),
    );
    for (const key of ['peft_type', 'bias', 'use_rslora', 'fan_in_fan_out', 'lora_dropout', 'inference_mode'])
      expect(config[key], key).toEqual(about.config[key]);
    expect(Object.keys(about.config)).toEqual(expect.arrayContaining(Object.keys(config)));
    const feedForward = (config.feedforward_modules ?? []) as string[];
    expect(config.target_modules, 'what PEFT asks of (IA)³').toEqual(expect.arrayContaining(feedForward));
    const before = await logits();
    adapter[Symbol.dispose]();
    const bytes = async (file: string) => new Uint8Array(await files.get(file)!.arrayBuffer());
    const weights = await bytes('adapter_model.safetensors');
    adapter = await loadPeft(
      loaded,
      folderOf({ 'adapter_config.json': config, 'adapter_model.safetensors': weights }),
    );
    expect(await logits()).toEqual(before);
  });

  it('merged weights; merged and beside agree, and unmerging restores every bit', async () => {
    const before = await loaded.store.readAll('weights');
    const beside = await logits();
    if (name === 'gpt2-embedding') {
      await expect(adapter.merge()).rejects.toThrow(
        'tokens is the output layer, too, which merging would change',
      );
      return;
    }
    const { most } = await adapter.merge();
    expect(most).toBeLessThan(1e-6);
    await expectMerged(loaded, name, wanted, 1e-6);
    expect(relativeError(await logits(), beside)).toBeLessThan(5e-6);
    await adapter.unmerge();
    expect(await loaded.store.readAll('weights')).toEqual(before);
    expect(await logits()).toEqual(beside);
  });

  it('ten steps of AdamW: losses, gradient norms and final weights; the base stays', async () => {
    const before = await loaded.store.readAll('weights');
    using trainer = await Trainer.create({
      ...{ device, model: loaded.model as never, adapter, objective: lossOf(given) as never },
      ...{ optimizer: fixtureAdamW(adamw), schedule: adamw.learningRate },
    });
    for (let n = 0; n < fixture.steps; n++) trainer.submit((k) => given.step(k) as never);
    expectSteps(await trainer.losses(), about.losses, about.gradientNorms, about.float32.gradientNorms);
    for (const [key, got] of theirs(await adapter.store.readAll('weights'))) {
      if (/key(_value\.base_layer)?\.bias$/.test(key)) continue; // moves all scores of a row alike: rounding decides
      expect(relativeError(got, want(`after.${key}`), false), key).toBeLessThan(1e-4);
    }
    expect(await loaded.store.readAll('weights')).toEqual(before);
  });
});

it('reads tables of the base that PEFT writes beside LoRA of theirs, if they are the same', async () => {
  using loaded = await openBase('gpt-modern', device);
  const { files } = folderOfCase('llama-head', fixture.cases['llama-head']);
  const source = await openSafetensors(files['adapter_model.safetensors']);
  const read = async (name: string) => {
    const { shape } = source.info(name);
    return { name, shape, data: await source.float32(name), dtype: 'F32' as const };
  };
  const tensors = await Promise.all(source.names().map(read));
  const table = await loaded.store.read('tokens.weight');
  const folder = (data: Float32Array) => {
    const name = 'base_model.model.model.embed_tokens.base_layer.weight';
    const more = { name, shape: [table.length / 32, 32], data, dtype: 'F32' as const };
    return folderOf({ ...files, 'adapter_model.safetensors': saveSafetensors([...tensors, more], {}) });
  };
  (await loadPeft(loaded, folder(table)))[Symbol.dispose]();
  await expect(loadPeft(loaded, folder(table.map((x) => x + 0.01)))).rejects.toThrow(
    "model.embed_tokens.base_layer.weight is other numbers than the model's",
  );
  const settings = { peft_type: 'LORA', r: 2, target_modules: ['embed_tokens'] };
  await expect(adaptPeft(loaded, { ...settings, use_dora: true })).rejects.toThrow(
    'is a table of embeddings',
  );
  using rounded = await openBase('gpt-modern', device, { storage: 'int8' });
  const before = await logitsOf(device, rounded.model, 'causal');
  using _adapter = await adaptPeft(rounded, { ...settings, target_modules: ['embed_tokens', 'lm_head'] });
  expect(await logitsOf(device, rounded.model, 'causal')).toEqual(before);
  using t5 = await openBase('seq2seq-t5/t5-v1.1', device);
  await expect(adaptPeft(t5, { ...settings, target_modules: ['shared'] })).rejects.toThrow('read, too');
});
