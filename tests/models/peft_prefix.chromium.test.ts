// Prefix tuning as PEFT has it, with a network and without: see tests/fixtures/make_peft.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adapt,
  openSafetensors,
  prefix,
  saveSafetensors,
  Trainer,
  type Adapter,
  type Device,
} from '../../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../../models/adapters/index';
import type { Pretrained } from '../../models/family/load';
import { SequenceGenerator, type CausalLM } from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/peft.json';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { expectSteps, fixtureAdamW, portableWeights, relativeError, type PortableParameter } from './parity';
import { inputsOf, logitsOf, lossOf, openBase, type AnyModel, type Given } from './peft_cases';
import { expectAnswers } from './peft_parity';

const { adamw } = fixture;
let device: Device;
let wanted: Map<string, FixtureTensor>;
withDevice((opened) => (device = opened), { empty: true });
beforeAll(async () => {
  wanted = await fixtureTensors('peft.safetensors');
});

/** Ours of one of theirs, and the rows (or columns) of it that each layer has: a layer's keys and values follow each other. */
const LAYERS = 2;
const ours = {
  'prompt_encoder.transform.0.weight': 'network.inner.weight',
  'prompt_encoder.transform.0.bias': 'network.inner.bias',
  'prompt_encoder.transform.2.weight': 'output.weight',
  'prompt_encoder.transform.2.bias': 'output.bias',
} as Readonly<Record<string, string>>;

describe.each(Object.keys(fixture.prefixes) as (keyof typeof fixture.prefixes)[])(
  '%s equals PEFT',
  (name) => {
    const about = fixture.prefixes[name];
    const config = { ...about.config, inference_mode: false };
    const parameters: Readonly<Record<string, PortableParameter>> = about.parameters;
    const first = portableWeights(parameters, name, fixture.seed);
    const want = (key: string) => wanted.get(`${name}.${key}`)!.data;
    let given: Given;
    let loaded: Pretrained<AnyModel>;
    let adapter: Adapter;
    const place = (n: number, name: string): string => `stack.layers.${n}.attention.prefix.${name}`;
    /** Theirs as ours, by our names. */
    const asOurs = (theirs: string, data: ArrayLike<number>): [string, Float32Array][] => {
      const table = Float32Array.from(data);
      const head = /^classifier\.(weight|bias)$/.exec(theirs);
      if (head) return [[`classifier.output.${head[1]}.copy.values`, table]];
      if (ours[theirs]?.startsWith('network')) return [[place(0, ours[theirs]), table]];
      if (ours[theirs]) {
        const size = table.length / LAYERS;
        return [0, 1].map((n) => [place(n, ours[theirs]), table.slice(n * size, (n + 1) * size)]);
      }
      if (about.config.prefix_projection) return [[place(0, 'network.table'), table]];
      const width = parameters[theirs].shape[1] / LAYERS;
      const part = (n: number) => table.filter((_, i) => Math.floor(i / width) % LAYERS === n);
      return [0, 1].map((n) => [place(n, 'keyValues'), part(n)]);
    };
    const logits = (): Promise<Float32Array> => logitsOf(device, loaded.model, about.inputs);

    beforeAll(async () => {
      given = await inputsOf(about.inputs);
      loaded = await openBase(about.base, device);
      adapter = await adaptPeft(loaded, config);
      const all = [...first].flatMap(([theirs, data]) => asOurs(theirs, data));
      expect(all.map(([own]) => own).sort()).toEqual([...adapter.store.parameters.keys()].sort());
      for (const [own, data] of all) adapter.store.write(own, data);
    });
    afterAll(() => {
      adapter[Symbol.dispose]();
      loaded[Symbol.dispose]();
    });

    it('logits, loss, and every gradient by name', async () => {
      const answers = { logits: await logits(), wanted: want('logits'), loss: about.losses[0] };
      const gradients = await expectAnswers(loaded, adapter, given, answers);
      for (const theirs of first.keys()) {
        for (const [own, wants] of asOurs(theirs, want(`grad.${theirs}`)))
          expect(relativeError(gradients.get(own)!, wants, false), own).toBeLessThan(5e-5);
      }
    });

    it('is written as PEFT writes it, and does the same from its file', async () => {
      const before = await logits();
      const files = await savePeft(loaded, adapter, { base: '' });
      const written = JSON.parse(await files.get('adapter_config.json')!.text()) as Record<string, unknown>;
      for (const [key, value] of Object.entries(written)) {
        if (key === 'encoder_hidden_size' && !about.config.prefix_projection) continue;
        expect(value, key).toEqual((about.config as Record<string, unknown>)[key]);
      }
      const saved = await openSafetensors(files.get('adapter_model.safetensors')!);
      expect(saved.names().sort()).toEqual(Object.keys(about.file).sort());
      const prompts = want('prompts') as Float32Array;
      expect(relativeError(await saved.float32('prompt_embeddings'), prompts)).toBeLessThan(1e-6);
      adapter[Symbol.dispose]();
      const tensors = Object.entries(about.file).map(([key, shape]) => {
        const data = key === 'prompt_embeddings' ? prompts : first.get(key.slice('base_model.'.length))!;
        return { name: key, shape, data, dtype: 'F32' as const };
      });
      const folder = folderOf({
        'adapter_config.json': about.config,
        'adapter_model.safetensors': saveSafetensors(tensors, { format: 'pt' }),
      });
      const reads: number[] = [];
      const counted: typeof folder = async (file) => {
        const blob = await folder(file);
        const slice = blob!.slice.bind(blob);
        return Object.assign(blob!, {
          slice: (from: number, to: number): Blob => {
            reads.push(to - from);
            return slice(from, to);
          },
        });
      };
      {
        using again = await loadPeft(loaded, counted);
        // Once, though every layer has a part of it.
        expect(reads.filter((bytes) => bytes === prompts.byteLength)).toHaveLength(1);
        const heads = [...again.store.parameters.keys()].filter((own) => !/copy\.values$/.test(own));
        expect(heads).toEqual([0, 1].map((n) => place(n, 'keyValues')));
        expect(relativeError(await logits(), before)).toBeLessThan(1e-6);
      }
      adapter = await adaptPeft(loaded, config);
      for (const [theirs, data] of first)
        for (const [own, part] of asOurs(theirs, data)) adapter.store.write(own, part);
      expect(await logits()).toEqual(before);
    });

    it('ten steps of AdamW: losses, gradient norms and final weights', async () => {
      using trainer = await Trainer.create({
        ...{ device, model: loaded.model as never, adapter, objective: lossOf(given) as never },
        ...{ optimizer: fixtureAdamW(adamw), schedule: adamw.learningRate },
      });
      for (let n = 0; n < fixture.steps; n++) trainer.submit((k) => given.step(k) as never);
      expectSteps(await trainer.losses(), about.losses, about.gradientNorms, about.float32.gradientNorms);
      for (const theirs of first.keys()) {
        for (const [own, wants] of asOurs(theirs, want(`after.${theirs}`)))
          expect(relativeError(await adapter.store.read(own), wants, false), own).toBeLessThan(1e-4);
      }
    });
  },
);

it('refuses what is of another model, or not done', async () => {
  using loaded = await openBase('gpt-modern', device);
  const { config } = fixture.prefixes['gpt2-prefix'];
  const refused = (more: object) => expect(adaptPeft(loaded, { ...config, ...more })).rejects;
  await refused({}).toThrow('token_dim is 32, but keys of the model are as wide as 16');
  await refused({ token_dim: 16, num_layers: 3 }).toThrow("num_layers is 3, but the model's layers are 2");
  await refused({ token_dim: 16, num_virtual_tokens: null }).toThrow('num_virtual_tokens is');
  using t5 = await openBase('seq2seq-t5/t5-v1.1', device);
  await expect(adaptPeft(t5, config)).rejects.toThrow('neither reads from left to right alone');
});

it('says what of a call does not go with a prefix', async () => {
  using loaded = await openBase('gpt-small', device);
  const model = loaded.model as unknown as CausalLM;
  using _adapter = await adapt(model, { 'stack.layers.*.attention': prefix({ length: 2 }) });
  using search = new SequenceGenerator(device, model, { sentences: 2, beams: 1 });
  const options = { tokens: 2 };
  expect(await search.generate([[3], [4]], options)).toHaveLength(2);
  await expect(search.generate([[3, 5], [4]], options)).rejects.toThrow(
    "texts stand at different positions, as prompts of unequal lengths do, beside a prefix (an adapter's). Give prompts of one length at a time",
  );
});
