// Parity with PEFT: LoRA on a tiny GPT-2 and a tiny Llama, prefix tuning of the GPT-2; tests/fixtures has the script.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adapt,
  Graph,
  IGNORE_INDEX,
  lora,
  nextToken,
  openSafetensors,
  prefix,
  Trainer,
  type Adapter,
  type Device,
} from '../../engine/index';
import { gpt2 } from '../../models/families/gpt2';
import { llama } from '../../models/families/llama';
import { load, type Pretrained } from '../../models/family/load';
import { Generator, type GPT } from '../../models/index';
import fixture from '../fixtures/adapters.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import small from '../fixtures/gpt-small.json';
import modern from '../fixtures/gpt-modern.json';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';
import { expectSteps, fixtureAdamW, gradientsOf, portableWeights, relativeError } from './parity';

const { cases, B, adamw } = fixture;
const QKV = 'stack.layers.*.attention.qkv';

const adapters = [
  {
    name: 'gpt2',
    ...{ family: gpt2, about: small, peft: cases.gpt2 },
    layers: { [QKV]: lora({ rank: cases.gpt2.rank, alpha: cases.gpt2.alpha }) },
    theirs: (name: string) =>
      name.replace(/^stack\.layers\.(\d+)\.attention\.qkv\.lora\.([AB])$/, 'h.$1.attn.c_attn.lora_$2.weight'),
  },
  {
    name: 'llama',
    ...{ family: llama, about: modern, peft: cases.llama },
    layers: { [`${QKV}.{query,value}`]: lora({ rank: cases.llama.rank, alpha: cases.llama.alpha }) },
    theirs: (name: string) =>
      name.replace(
        /^stack\.layers\.(\d+)\.attention\.qkv\.([qv])\w+\.lora\.([AB])$/,
        'model.layers.$1.self_attn.$2_proj.lora_$3.weight',
      ),
  },
  {
    name: 'prefix',
    ...{ family: gpt2, about: small, peft: cases.prefix },
    layers: { 'stack.layers.*.attention': prefix({ length: cases.prefix.length }) },
    theirs: (name: string) => name.replace(/^stack\.(layers\.\d+)\.attention\.prefix\.keyValues$/, '$1'),
  },
] as const;

describe.each(adapters)('$name equals PEFT', ({ name, family, about, peft, layers, theirs }) => {
  let device: Device;
  let loaded: Pretrained<GPT>;
  let adapter: Adapter<GPT['config']>;
  let wanted: Map<string, FixtureTensor>;
  let base: Map<string, FixtureTensor>;
  const { T } = peft;
  const start = portableWeights(peft.parameters, name, fixture.seed);
  const want = (key: string): Float32Array | Int32Array => wanted.get(`${name}.${key}`)!.data;
  /** Row by row, the first T tokens of each. */
  const batch = (what: string, k: number): Uint32Array => {
    const { data, shape } = base.get(`steps.${what}`)!;
    const [, , all] = shape;
    return Uint32Array.from({ length: B * T }, (_, at) => {
      const id = data[(k * B + Math.floor(at / T)) * all + (at % T)];
      return id < 0 ? IGNORE_INDEX : id;
    });
  };
  const reset = (): void => {
    for (const key of adapter.store.parameters.keys()) adapter.store.write(key, start.get(theirs(key))!);
  };
  const logits = async (): Promise<Float32Array> => {
    const g = new Graph(device);
    using plan = await g.compile({ y: loaded.model.forward(g, g.input('ids', [B, T], 'u32')) });
    plan.run({ ids: batch('ids', 0) });
    return await plan.read('y');
  };

  withDevice((opened) => (device = opened), { empty: true });
  beforeAll(async () => {
    [wanted, base] = await Promise.all([
      fixtureTensors('adapters.safetensors'),
      fixtureTensors(`${peft.model as 'gpt-small' | 'gpt-modern'}.safetensors`),
    ]);
    const weights = new Map(Object.keys(about.parameters).map((key) => [key, base.get(key)!]));
    const files = { 'config.json': about.config, 'model.safetensors': checkpointOf(weights) };
    loaded = await load(folderOf(files), { device, families: [family] });
    adapter = await adapt(loaded.model, layers);
    expect([...adapter.store.parameters.keys()].map(theirs).sort()).toEqual([...start.keys()].sort());
    reset();
  });
  afterAll(() => {
    adapter[Symbol.dispose]();
    loaded[Symbol.dispose]();
  });

  it('logits, loss, and every gradient by name', async () => {
    expect(relativeError(await logits(), want('logits'))).toBeLessThan(5e-6);
    const { loss, gradients } = await gradientsOf(
      adapter.store,
      (g) => loaded.model.loss(g, g.input('ids', [B, T], 'u32'), g.input('labels', [B, T], 'u32')),
      { ids: batch('ids', 0), labels: batch('targets', 0) },
    );
    expect(Math.abs(loss / peft.losses[0] - 1)).toBeLessThan(2e-6);
    expect(gradients.size).toBe(adapter.store.parameters.size);
    for (const [key, got] of gradients) {
      expect(relativeError(got, want(`grad.${theirs(key)}`)), key).toBeLessThan(2e-5);
    }
  });

  it('ten steps of AdamW: losses, gradient norms and final weights; the base stays', async () => {
    const before = await loaded.store.readAll('weights');
    using trainer = await Trainer.create({
      ...{ device, model: loaded.model, adapter, objective: nextToken({ batch: B, length: T }) },
      ...{ optimizer: fixtureAdamW(adamw), schedule: adamw.learningRate },
    });
    for (let n = 0; n < fixture.steps; n++) {
      trainer.submit((k) => ({ ids: batch('ids', k), targets: batch('targets', k) }));
    }
    expectSteps(await trainer.losses(), peft.losses, peft.gradientNorms);
    for (const [key, got] of await adapter.store.readAll('weights')) {
      expect(relativeError(got, want(`after.${theirs(key)}`)), key).toBeLessThan(5e-5);
    }
    expect(await loaded.store.readAll('weights')).toEqual(before);
    reset();
  });

  it('generates through caches what it does without them', async () => {
    using generator = new Generator(device, loaded.model);
    const prompt = [...batch('ids', 0).subarray(0, 5)];
    const got: number[] = [];
    for await (const id of generator.generate(prompt, { temperature: 0, tokens: 4 })) got.push(id);
    const g = new Graph(device);
    const text = [...prompt, ...got];
    const y = loaded.model.forward(g, g.input('ids', [1, text.length], 'u32'));
    using plan = await g.compile({ y });
    plan.run({ ids: Uint32Array.from(text) });
    const rows = await plan.read('y');
    const V = rows.length / text.length;
    const best = (t: number): number => {
      const row = rows.subarray(t * V, (t + 1) * V);
      return row.indexOf(Math.max(...row));
    };
    expect(got).toEqual(got.map((_, i) => best(prompt.length - 1 + i)));
    expect(got).toHaveLength(4);
  });

  it.skipIf(name === 'prefix')(
    'merged weights; merged and unmerged logits agree, and unmerging restores every bit',
    async () => {
      const before = await loaded.store.readAll('weights');
      const beside = await logits();
      await adapter.merge();
      // Rounded once here, so half an ulp from the float64 sum; torch rounds on the way.
      const files = await loaded.save();
      const saved = await openSafetensors(files.get('model.safetensors')!);
      const keys = [...wanted.keys()].filter((key) => key.startsWith(`${name}.merged.`));
      expect(keys.length).toBeGreaterThan(0);
      for (const key of keys) {
        const got = await saved.float32(key.slice(name.length + 8));
        expect(relativeError(got, wanted.get(key)!.data), key).toBeLessThan(1e-6);
      }
      expect(relativeError(await logits(), beside)).toBeLessThan(2e-6);
      await adapter.unmerge();
      expect(await loaded.store.readAll('weights')).toEqual(before);
      expect(await logits()).toEqual(beside);
    },
  );
});
