// Prompt tuning and P-tuning as PEFT has them, beside a GPT-2, a Llama, a BLOOM, a BERT and a T5: see tests/fixtures/make_peft_prompts.py.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adapt,
  Graph,
  lora,
  openSafetensors,
  ParameterStore,
  prompt,
  saveSafetensors,
  Trainer,
  type Adapter,
  type Device,
  type Tokenizer,
} from '../../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../../models/adapters/index';
import { promptPlan } from '../../models/adapters/prompt_plan';
import {
  Generator,
  SequenceGenerator,
  type CausalLM,
  type Decoder,
  type Pretrained,
} from '../../models/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/peft-prompts.json';
import { withDevice } from '../harness/device';
import { folderOf } from './folders';
import { expectSteps, fixtureAdamW, portableWeights, relativeError } from './parity';
import { inputsOf, logitsOf, lossOf, openBase, type AnyModel, type Given, type PeftCase } from './peft_cases';
import { expectAnswers } from './peft_parity';

const { adamw } = fixture;
const FILE = 'peft-prompts.safetensors';
let device: Device;
let wanted: Map<string, FixtureTensor>;
withDevice((opened) => (device = opened), { empty: true });
beforeAll(async () => {
  wanted = await fixtureTensors(FILE);
});

/** Ours of one of theirs. */
const OURS: Readonly<Record<string, string>> = {
  'mlp_head.0': 'inner',
  'mlp_head.2': 'middle',
  'mlp_head.4': 'output',
};

interface PromptCase extends PeftCase {
  readonly greedy?: { readonly ids: readonly number[]; readonly next: readonly number[] };
}

describe.each(Object.entries(fixture.cases) as unknown as [string, PromptCase][])(
  '%s equals PEFT',
  (name, about) => {
    const learns = about.config.peft_type === 'PROMPT_TUNING';
    const config = { ...about.config, inference_mode: false };
    const first = portableWeights(about.parameters, name, fixture.seed);
    const length = about.config.num_virtual_tokens as number;
    const want = (key: string) => wanted.get(`${name}.${key}`)!.data;
    let loaded: Pretrained<AnyModel>;
    let adapter: Adapter;
    let given: Given;
    /** Theirs by our name, cut to the rows that the model reads. */
    const asOurs = (theirs: string, data: ArrayLike<number>): [string, Float32Array] => {
      const all = Float32Array.from(data);
      const head = /^classifier\.(weight|bias)$/.exec(theirs);
      if (head) return [`classifier.output.${head[1]}.copy.values`, all];
      const layer = /(mlp_head\.\d)\.(weight|bias)$/.exec(theirs);
      if (layer) return [`prompt.prompt.${OURS[layer[1]]}.${layer[2]}`, all];
      const [, width] = about.parameters[theirs].shape;
      return [`prompt.prompt.${learns ? 'embeddings' : 'table'}`, all.slice(0, length * width)];
    };
    const logits = (): Promise<Float32Array> => logitsOf(device, loaded.model, about.inputs, FILE);
    const begin = async (): Promise<Adapter> => {
      const made = await adaptPeft(loaded, config);
      for (const [theirs, data] of first) made.store.write(...asOurs(theirs, data));
      return made;
    };

    beforeAll(async () => {
      given = await inputsOf(about.inputs, FILE);
      loaded = await openBase(about.base, device);
      adapter = await begin();
      expect([...first].map(([theirs, data]) => asOurs(theirs, data)[0]).sort()).toEqual(
        [...adapter.store.parameters.keys()].sort(),
      );
    });
    afterAll(() => {
      adapter[Symbol.dispose]();
      loaded[Symbol.dispose]();
    });

    it('logits, loss, and every gradient by name', async () => {
      const answers = { logits: await logits(), wanted: want('logits'), loss: about.losses[0] };
      const gradients = await expectAnswers(loaded, adapter, given, answers);
      for (const theirs of first.keys()) {
        const [own, wants] = asOurs(theirs, want(`grad.${theirs}`));
        expect(relativeError(gradients.get(own)!, wants, false), own).toBeLessThan(5e-5);
      }
    });

    it.runIf(about.greedy)('goes on by caches as it reads at once', async () => {
      const { ids, next } = about.greedy!;
      const model = loaded.model as unknown as Decoder;
      const special = model.encode ? { begin: 0 } : {};
      using generator = new Generator(device, model, special);
      const options = { tokens: next.length, temperature: 0 };
      const written: number[] = [];
      for await (const id of generator.generate(ids, options)) written.push(id);
      expect(written).toEqual(next);
      if (name !== 'gpt2-prompt') return;
      // Prompts of unequal lengths, in beams of one: each as alone.
      using search = new SequenceGenerator(device, model, { sentences: 2, beams: 2 });
      const short = ids.slice(0, 2);
      const both = await search.generate([ids, short], { beams: 1, tokens: next.length });
      const alone: number[] = [];
      for await (const id of generator.generate(short, options)) alone.push(id);
      expect(both.map(([best]) => best.ids)).toEqual([next, alone]);
    });

    it('is written as PEFT writes it, and does the same from its file', async () => {
      const before = await logits();
      const files = await savePeft(loaded, adapter, { base: '' });
      const written = JSON.parse(await files.get('adapter_config.json')!.text()) as Record<string, unknown>;
      for (const [key, value] of Object.entries(written))
        if (key !== 'num_transformer_submodules') expect(value, key).toEqual(about.config[key]);
      const saved = await openSafetensors(files.get('adapter_model.safetensors')!);
      expect(saved.names().sort()).toEqual(Object.keys(about.file).sort());
      const prompts = want('prompts') as Float32Array;
      const own = await saved.float32('prompt_embeddings');
      expect(relativeError(own, prompts.subarray(0, own.length))).toBeLessThan(1e-6);
      adapter[Symbol.dispose]();
      const tensors = Object.entries(about.file).map(([key, shape]) => {
        const data = key === 'prompt_embeddings' ? prompts : first.get(key.slice('base_model.'.length))!;
        return { name: key, shape, data, dtype: 'F32' as const };
      });
      const theirs = folderOf({
        'adapter_config.json': about.config,
        'adapter_model.safetensors': saveSafetensors(tensors, { format: 'pt' }),
      });
      const bytes = new Uint8Array(await files.get('adapter_model.safetensors')!.arrayBuffer());
      const ours = folderOf({ 'adapter_config.json': written, 'adapter_model.safetensors': bytes });
      for (const folder of [theirs, ours]) {
        using _again = await loadPeft(loaded, folder);
        expect(relativeError(await logits(), before)).toBeLessThan(1e-6);
      }
      adapter = await begin();
      expect(await logits()).toEqual(before);
    });

    it('ten steps of AdamW: losses, gradient norms and final weights; the base stays', async () => {
      const before = await loaded.store.readAll('weights');
      using trainer = await Trainer.create({
        ...{ device, model: loaded.model as never, adapter, objective: lossOf(given) as never },
        ...{ optimizer: fixtureAdamW(adamw), schedule: adamw.learningRate },
      });
      for (let n = 0; n < fixture.steps; n++) trainer.submit((k) => given.step(k) as never);
      expectSteps(await trainer.losses(), about.losses, about.gradientNorms, about.float32.gradientNorms);
      for (const theirs of first.keys()) {
        const [own, wants] = asOurs(theirs, want(`after.${theirs}`));
        expect(relativeError(await adapter.store.read(own), wants, false), own).toBeLessThan(1e-4);
      }
      expect(await loaded.store.readAll('weights')).toEqual(before);
    });
  },
);

describe('a prompt', () => {
  const { words, text, lengths } = fixture.text;
  const tokenizer = {
    encode: (given: string) =>
      Uint32Array.from(given.split(' '), (word) => Reflect.get(words, word) as number),
  } as Tokenizer;
  const config = { peft_type: 'PROMPT_TUNING', num_virtual_tokens: 4 };

  it('begins as a text, cut or repeated, beside int8 too', async () => {
    using loaded = await openBase('gpt-small', device);
    const init = { ...config, prompt_tuning_init: 'TEXT', prompt_tuning_init_text: text };
    for (const length of lengths) {
      using adapter = await adaptPeft(loaded, { ...init, num_virtual_tokens: length }, { tokenizer });
      expect(await adapter.store.read('prompt.prompt.embeddings')).toEqual(
        wanted.get(`text.${length}`)!.data,
      );
    }
    await expect(adaptPeft(loaded, init)).rejects.toThrow("Give adaptPeft the base's tokenizer");
    const big = { encode: () => Uint32Array.of(70_000) } as unknown as Tokenizer;
    await expect(adaptPeft(loaded, init, { tokenizer: big })).rejects.toThrow(
      'the id 70000, of a vocabulary of',
    );
    using rounded = await openBase('gpt-small', device, { storage: 'int8' });
    using adapter = await adaptPeft(rounded, init, { tokenizer });
    const read = await adapter.store.read('prompt.prompt.embeddings');
    expect(relativeError(read, wanted.get('text.4')!.data)).toBeLessThan(0.01);
    const given = await inputsOf('causal', FILE);
    using trainer = await Trainer.create({
      ...{ device, model: rounded.model as never, adapter, objective: lossOf(given) as never },
      ...{ optimizer: fixtureAdamW(adamw), schedule: 1e-2 },
    });
    for (let n = 0; n < 6; n++) trainer.submit(() => given.step(0) as never);
    const losses = (await trainer.losses()).map(({ loss }) => loss);
    expect(losses[5]).toBeLessThan(losses[0]);
  });

  it('takes positions, and caches that know it', async () => {
    using loaded = await openBase('gpt-small', device);
    const model = loaded.model as unknown as CausalLM;
    const { context } = model.config;
    const old = model.caches(1, { target: 4 });
    using adapter = await adaptPeft(loaded, config);
    const read = (T: number) => {
      const g = new Graph(device);
      return model.forward(g, g.input('ids', [1, T], 'u32'));
    };
    expect(read(context - 4).shape).toEqual([1, context - 4, model.config.vocabulary]);
    expect(() => read(context - 3)).toThrow(`${context - 3} tokens in a context of ${context - 4}`);
    {
      // As many tokens as there is room for, whatever is asked for; and a prompt that leaves none is told what there is.
      using generator = new Generator(device, model);
      const write = async (length: number): Promise<number> => {
        let written = 0;
        for await (const id of generator.generate(new Uint32Array(length).fill(3), { temperature: 0 }))
          if (id >= 0) written++;
        return written;
      };
      expect(generator.context).toBe(context - 4);
      expect(await write(context - 6)).toBe(3);
      await expect(write(context - 2)).rejects.toThrow(
        `holds ${context - 4} of the model's ${context}, 4 rows of which stand before every text. Shorten the prompt to at most ${context - 4}.`,
      );
    }
    expect(() => model.caches(1, { target: context })).toThrow(`Use a target of at most ${context - 4}`);
    const g = new Graph(device);
    const ids = g.input('ids', [1, 1], 'u32');
    expect(() => model.next(g, ids, old)).toThrow('made for a prompt of 0 rows, not this one of 4. Make new');
    const own = model.caches(1, { target: 4 });
    using _state = new ParameterStore(device, { own }, { owner: 'caches' });
    using plan = await g.compile({ y: model.next(g, ids, own) });
    expect(() => plan.run({ ids: Uint32Array.of(3) }, { position: 0 })).toThrow('begin at position 4');
    expect(() => plan.run({ ids: Uint32Array.of(3) }, { position: 4 })).toThrow('the caches lack the prompt');
    adapter.disable();
    const empty = model.caches(1, { target: 4 });
    adapter.enable();
    expect(() => model.next(new Graph(device), ids, empty)).toThrow('Make new caches');
    await expect(adapter.merge()).rejects.toThrow('no weights do the same as what is at prompt');
    await expect(adapt(model, { prompt: prompt() })).rejects.toThrow('have a prompt before them already');
    await expect(adapt(model, { prompt: lora() })).rejects.toThrow('lora is not for beginnings of texts');
  });

  it('refuses what is not done, or not of the model', async () => {
    const classes = { model: { config: {} }, modules: [] as never, saved: false, tokenizer: null };
    expect(() => promptPlan(config, classes)).toThrow(
      "and of encoders with classes of whole texts, such as BERT's, and this model is none. Classes by GPT-2, Llama or T5 are not done",
    );
    using loaded = await openBase('gpt-small', device);
    const refused = (more: object) => expect(adaptPeft(loaded, { ...config, ...more })).rejects;
    await refused({ token_dim: 7 }).toThrow('token_dim is 7');
    await refused({ task_type: 'SEQ_CLS' }).toThrow("The model's is CAUSAL_LM");
    await refused({ num_virtual_tokens: 0 }).toThrow('num_virtual_tokens is 0');
    await refused({ prompt_tuning_init: 'SAMPLE_VOCAB' }).toThrow('It must be RANDOM or TEXT');
    await refused({ prompt_tuning_init: 'TEXT' }).toThrow('prompt_tuning_init_text is missing');
    const network = { peft_type: 'P_TUNING', encoder_reparameterization_type: 'LSTM' };
    await refused(network).toThrow('An LSTM is not done');
    await refused({ encoder_hidden_size: 5 }).toThrow('encoder_hidden_size is 5');
    expect(() => prompt({ length: 0 })).toThrow('prompt: length is 0');
    expect(() => prompt({ ids: [-1] })).toThrow('prompt: ids is [-1]');
    await expect(adapt(loaded.model, { prompt: prompt({ ids: [9999] }) })).rejects.toThrow(
      'Ids of the model are',
    );
  });
});
