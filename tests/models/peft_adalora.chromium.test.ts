// AdaLoRA as PEFT trains it, for 60 steps: see tests/fixtures/make_peft_adalora.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { budgetStep } from '../../engine/nn/adapters/rank_budget';
import {
  adapt,
  add,
  nextToken,
  openSafetensors,
  saveSafetensors,
  sizeOf,
  Trainer,
  type Adapter,
  type Device,
} from '../../engine/index';
import { adalora, adaptPeft, loadPeft, savePeft } from '../../models/adapters/index';
import { isBare } from '../../models/adapters/load_peft';
import { modulesOf } from '../../models/adapters/modules';
import { planOf } from '../../models/adapters/plan';
import type { Pretrained } from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/peft-adalora.json';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { expectSteps, fixtureAdamW, gradientsOf, portableWeights, relativeError } from './parity';
import { inputsOf, logitsOf, lossOf, openBase, type AnyModel, type Given, type PeftCase } from './peft_cases';
import { expectMerged } from './peft_parity';

const { adamw, steps } = fixture;
const FILE = 'peft-adalora.safetensors';
let device: Device;
let wanted: Map<string, FixtureTensor>;
withDevice((opened) => (device = opened), { empty: true });
beforeAll(async () => {
  wanted = await fixtureTensors(FILE);
});

interface AdaLoRACase extends PeftCase {
  readonly ranks: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

describe.each(Object.entries(fixture.cases) as unknown as [string, AdaLoRACase][])(
  '%s equals PEFT',
  (name, about) => {
    const config = { ...about.config, rank_pattern: null, inference_mode: false };
    const first = portableWeights(about.parameters, name, fixture.seed);
    const want = (key: string) => wanted.get(`${name}.${key}`)!.data;
    let loaded: Pretrained<AnyModel>;
    let adapter: Adapter;
    let given: Given;
    const plan = () => planOf(config, modulesOf(loaded, isBare(loaded)), loaded.model);
    const begin = async (): Promise<Adapter> => {
      const made = await adaptPeft(loaded, config);
      for (const { names, ours, shape } of plan().tensors) {
        const data = first.get(names.find((one) => first.has(one))!)!;
        expect(data.length).toBe(sizeOf(shape));
        made.store.write(ours, data);
      }
      return made;
    };
    /** Causal models learn nothing from the last token: Transformers moves labels on. */
    const step = (k: number) => {
      const { labels, ...inputs } = given.step(k % 10);
      if (about.inputs !== 'causal') return { ...inputs, labels };
      const T = labels.length / 2;
      return { ...inputs, labels: labels.map((label, i) => (i % T === T - 1 ? 0xffff_ffff : label)) };
    };
    const trainer = (more: object = {}): Promise<Trainer<Record<string, Uint32Array>>> =>
      Trainer.create({
        ...{ device, model: loaded.model as never, adapter, objective: lossOf(given) as never },
        ...{ optimizer: fixtureAdamW(adamw), schedule: adamw.learningRate, ...more },
      }) as never;
    const ranks = async (): Promise<Record<string, string>> => {
      const found: Record<string, string> = {};
      for (const { names, ours } of plan().tensors) {
        const [layer] = names[0].split('.lora_E');
        if (!names[0].endsWith('lora_E')) continue;
        found[layer] = [...(await adapter.store.read(ours.replace(/E$/, 'kept')))].join('');
      }
      return found;
    };
    const logits = (): Promise<Float32Array> => logitsOf(device, loaded.model, about.inputs, FILE);

    beforeAll(async () => {
      given = await inputsOf(about.inputs, FILE);
      loaded = await openBase(about.base, device);
      adapter = await begin();
    });
    afterAll(() => {
      adapter[Symbol.dispose]();
      loaded[Symbol.dispose]();
    });

    it('logits', async () => {
      expect(relativeError(await logits(), want('logits'))).toBeLessThan(5e-6);
    });

    // The other case's fused layers are read, written and merged only: sixty steps take their time.
    it.runIf(name === 'bert')(
      'sixty steps: losses, norms, and the ranks after every reallocation',
      async () => {
        using run = await trainer();
        const found: Record<string, Record<string, string>> = {};
        const reports = [];
        for (let n = 1; n <= steps; n++) {
          run.submit(step);
          if (n % 30 === 0) reports.push(...(await run.losses()));
          if (`${n}` in about.ranks) found[n] = await ranks();
        }
        expectSteps(reports, about.losses, about.gradientNorms, about.float32.gradientNorms);
        expect(found).toEqual(about.ranks);
        expect(relativeError(await logits(), want('end'))).toBeLessThan(5e-5);
        const files = await savePeft(loaded, adapter, { base: '' });
        const saved = await openSafetensors(files.get('adapter_model.safetensors')!);
        for (const key of saved.names()) {
          if (sizeOf(about.file[key]) === 0) continue;
          expect(relativeError(await saved.float32(key), want(`file.${key}`), false), key).toBeLessThan(1e-4);
        }
      },
    );

    it("reads PEFT's file of the end, and writes the same", async () => {
      adapter[Symbol.dispose]();
      const tensors = Object.entries(about.file).map(([key, shape]) => {
        const data = sizeOf(shape) > 0 ? want(`file.${key}`) : [];
        return { name: key, shape, data: Float32Array.from(data), dtype: 'F32' as const };
      });
      const bytes = saveSafetensors(tensors, { format: 'pt' });
      const folder = folderOf({ 'adapter_config.json': about.config, 'adapter_model.safetensors': bytes });
      adapter = await loadPeft(loaded, folder);
      expect(relativeError(await logits(), want('end'))).toBeLessThan(5e-6);
      const files = await savePeft(loaded, adapter, { base: '' });
      const written = JSON.parse(await files.get('adapter_config.json')!.text()) as Record<string, unknown>;
      for (const [key, value] of Object.entries(written))
        if (!['target_modules', 'modules_to_save', 'task_type'].includes(key))
          expect(value, key).toEqual(about.config[key]);
      const saved = await openSafetensors(files.get('adapter_model.safetensors')!);
      expect(Object.fromEntries(saved.names().map((key) => [key, saved.info(key).shape]))).toEqual(
        about.file,
      );
      for (const { name: key, data } of tensors) {
        if (data.length > 0) expect(await saved.float32(key), key).toEqual(data);
      }
    });

    it('merges as PEFT does', async () => {
      const beside = await logits();
      await adapter.merge();
      await expectMerged(loaded, name, wanted, 1e-5);
      expect(relativeError(await logits(), beside)).toBeLessThan(5e-6);
      await adapter.unmerge();
      expect(await logits()).toEqual(beside);
    });

    it('gradients by name; goes on exactly from a checkpoint, and counts micro-batches as one step', async () => {
      adapter[Symbol.dispose]();
      adapter = await begin();
      const { gradients } = await gradientsOf(
        adapter.store,
        (g) => add(g, given.loss(loaded.model, g), adapter.training()!.penalty(g)),
        step(0),
      );
      for (const { names, ours } of plan().tensors) {
        const theirs = names.find((one) => first.has(one))!;
        expect(relativeError(gradients.get(ours)!, want(`grad.${theirs}`), false), theirs).toBeLessThan(5e-5);
      }
      if (name === 'gpt2') return;
      const run = async (trained: Trainer<Record<string, Uint32Array>>, from: number, to: number) => {
        for (let n = from; n < to; n++) trained.submit((k) => step(k >> 1));
        return (await trained.losses()).map(({ loss }) => loss);
      };
      using early = await trainer({ accumulate: 2 });
      await run(early, 0, 6);
      const bytes = await early.save();
      const losses = await run(early, 6, 9); // ranks change after the seventh
      for (const [i, loss] of losses.entries())
        expect(Math.abs(loss / about.losses[6 + i] - 1)).toBeLessThan(2e-5);
      const kept = await early.save();
      early[Symbol.dispose]();
      adapter[Symbol.dispose]();
      adapter = await begin();
      using late = await trainer({ accumulate: 2 });
      await late.load(bytes);
      expect(await run(late, 6, 9)).toEqual(losses);
      expect(await late.save()).toEqual(kept);
    });
  },
);

describe('adalora', () => {
  it('has a budget that falls along a cubic curve, and no more at the end', () => {
    const schedule = {
      ...{ steps: 60, target: 2, warmup: 6, final: 12, every: 7 },
      beta1: 0,
      beta2: 0,
      orthogonality: 1,
    };
    const at = (step: number) => budgetStep(schedule, step, { ranks: 50, layers: 10 });
    expect([6, 8, 13].map((step) => at(step).kind)).toEqual(['none', 'none', 'none']);
    expect(at(7)).toEqual({ kind: 'allocate', drop: 50 - Math.trunc(30 * (1 - 1 / 42) ** 3 + 20) });
    expect(at(48)).toEqual({ kind: 'allocate', drop: 30 });
    expect(at(49)).toEqual({ kind: 'mask' });
  });

  it('begins at nothing, beside int8 too, and refuses what cannot be', async () => {
    const kind = adalora({ steps: 20, rank: 3, target: 2 });
    for (const storage of ['f32', 'int8'] as const) {
      using loaded = await openBase('gpt-small', device, { storage });
      const before = await logitsOf(device, loaded.model, 'causal', FILE);
      using adapter = await adapt(loaded.model, { 'stack.layers.*.feedForward.up': kind });
      expect(await logitsOf(device, loaded.model, 'causal', FILE)).toEqual(before);
      const given = await inputsOf('causal', FILE);
      using trainer = await Trainer.create({
        ...{ device, model: loaded.model as never, adapter, objective: lossOf(given) as never },
        ...{ optimizer: fixtureAdamW(adamw), schedule: 1e-2 },
      });
      for (let n = 0; n < 20; n++) trainer.submit(() => given.step(0) as never);
      const losses = (await trainer.losses()).map(({ loss }) => loss);
      expect(losses[19]).toBeLessThan(losses[0]);
      const kept = await Promise.all(
        [0, 1].map((n) => adapter.store.read(`stack.layers.${n}.feedForward.up.adalora.kept`)),
      );
      expect(kept.flatMap((own) => [...own]).reduce((sum, one) => sum + one)).toBe(4);
    }
    using loaded = await openBase('gpt-small', device);
    using mixed = await adapt(loaded.model, {
      'stack.layers.0.feedForward.up': kind,
      'stack.layers.1.feedForward.up': adalora({ steps: 21, rank: 3, target: 2 }),
    });
    const objective = nextToken({ batch: 1, length: 2 });
    const training = { device, model: loaded.model as never, adapter: mixed, objective };
    await expect(
      Trainer.create({ ...training, optimizer: fixtureAdamW(adamw), schedule: 1 }),
    ).rejects.toThrow('adalora has steps 21 here and 20 there');
    mixed[Symbol.dispose]();
    for (const [budget, message] of [
      [{ steps: 1 }, 'adalora has steps 1 and final 0: ranks are all chosen after the first update'],
      [{ steps: 9, final: 8 }, 'adalora has steps 9 and final 8'],
    ] as const) {
      const short = adalora({ ...budget, rank: 2, target: 1 });
      using adapter = await adapt(loaded.model, { 'stack.layers.0.feedForward.up': short });
      const all = { ...training, adapter, optimizer: fixtureAdamW(adamw), schedule: 1 };
      await expect(Trainer.create(all)).rejects.toThrow(message);
    }
    expect(() => adalora({ steps: 5, warmup: 3, final: 2 })).toThrow('leaves none of 5 steps');
    expect(() => adalora({ steps: 5, rank: 8 })).toThrow(
      'target is 8. It must be below the rank at first, 8',
    );
    const config = { peft_type: 'ADALORA', target_modules: ['c_fc'], init_r: 3, target_r: 2 };
    const refused = (more: object) => expect(adaptPeft(loaded, { ...config, ...more })).rejects;
    await refused({}).toThrow('total_step is missing');
    await refused({ total_step: 9, use_dora: true }).toThrow('use_dora is true');
    await refused({ total_step: 9, rank_pattern: { 'h.0.lora_E': [true] } }).toThrow(
      'rank_pattern of h.0.lora_E is',
    );
    await refused({ total_step: 9, target_modules: ['wte'] }).toThrow('is a table of embeddings');
  });
});
