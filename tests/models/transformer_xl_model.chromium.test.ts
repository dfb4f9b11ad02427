// The model of models/transformer_xl.ts: beside the paper's formulas over segments, in training that resumes, in generation,
// and whether its memory helps.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adapt,
  AdamW,
  characterTokenizer,
  type Device,
  Graph,
  lora,
  nextToken,
  ParameterStore,
  Run,
  segmentedText,
  segments,
  Trainer,
  type Tensor,
  type Plan,
} from '../../engine/index';
import { SegmentGenerator, TransformerXL } from '../../models/index';
import { fixtureTensors, fixtureText } from '../fixtures/load';
import fixture from '../fixtures/transformer-xl.json';
import { withDevice } from '../harness/device';
import { gradientsOf, portableWeights, relativeError, write } from './parity';

let device: Device;
withDevice((opened) => (device = opened), { empty: true });

const { B, T } = fixture.shape;
/** Segment n of the fixture's streams, moved on by `shift` tokens. */
const tokens = (n: number, shift = 0): Uint32Array =>
  Uint32Array.from(
    { length: B * T },
    (_, i) => fixture.ids[Math.floor(i / T) * (3 * T + 1) + n * T + (i % T) + shift],
  );

describe.each(['post', 'pre'] as const)('Transformer-XL (%s) equals the formulas of its paper', (name) => {
  const { config, loss: lossOf, parameters } = fixture.cases[name];

  it('logits of three segments, then loss and every gradient', async () => {
    const tensors = await fixtureTensors('transformer-xl.safetensors');
    const want = (key: string) => tensors.get(`${name}.${key}`)!.data;
    const model = new TransformerXL({ ...config });
    using store = new ParameterStore(device, model, { init: 'none' });
    write(store, portableWeights(parameters, name, fixture.seed));
    const memories = model.memories(B);
    using _state = new ParameterStore(device, { memories }, { owner: 'state' });
    const plans: Plan[] = [];
    for (const fresh of [true, false]) {
      const g = new Graph(device);
      const ids = g.input('ids', [B, T], 'u32');
      plans.push(await g.compile({ y: model.forward(g, ids, { memories, fresh }) }));
    }
    // Other texts came before: a fresh start does not know them.
    plans[1].run({ ids: tokens(2) });
    for (const n of [0, 1]) {
      plans[n].run({ ids: tokens(n) });
      expect(relativeError(await plans[n].read('y'), want(`logits.${n}`))).toBeLessThan(3e-6);
    }
    for (const plan of plans) plan[Symbol.dispose]();
    const record = (g: Graph): Tensor => {
      const [ids, targets] = ['ids', 'targets'].map((input) => g.input(input, [B, T], 'u32'));
      return model.loss(g, ids, targets, { memories });
    };
    const fed = { ids: tokens(2), targets: tokens(2, 1) };
    const { loss, gradients } = await gradientsOf(store, record, fed);
    expect(Math.abs(loss / lossOf - 1)).toBeLessThan(2e-6);
    expect(gradients.size).toBe(store.parameters.size);
    for (const [key, got] of gradients) {
      expect(relativeError(got, want(`grad.${key}`)), key).toBeLessThan(2e-5);
    }
  });
});

describe('a Transformer-XL on real text', () => {
  const size = { batch: 4, length: 8 };
  let text: { ids: Uint32Array; held: Uint32Array; vocabulary: number };
  beforeAll(async () => {
    const all = await fixtureText('sonnets.txt');
    const tokenizer = characterTokenizer(all);
    const ids = tokenizer.encode(all);
    const cut = Math.floor(ids.length * 0.85);
    text = { ids: ids.subarray(0, cut), held: ids.subarray(cut), vocabulary: tokenizer.size };
  });
  const build = () =>
    new TransformerXL({
      vocabulary: text.vocabulary,
      layers: 2,
      heads: 2,
      width: 32,
      hidden: 64,
      memory: 24,
    });
  const optimizer = () => new AdamW({ weightDecay: 0.01 });

  it('resumes exactly, also after evaluations, from a checkpoint that holds its memory', async () => {
    const make = () =>
      Run.create({
        ...{ device, model: build(), objective: segmentedText(size), seed: 7 },
        ...{ optimizer: optimizer(), schedule: 3e-3 },
      });
    const source = segments(text.ids.subarray(0, 200), size); // begins anew after 6 steps
    expect(source.count).toBe(6);
    const held = [segments(text.held, size)(0)];
    using first = await make();
    for (let n = 0; n < 3; n++) first.trainer.submit(source);
    const saved = await first.save();
    for (let n = 0; n < 5; n++) first.trainer.submit(source);
    const want = (await first.trainer.losses()).slice(3);
    using second = await make();
    second.trainer.submit((k) => source(k + 2));
    await second.load(saved);
    const before = await second.trainer.evaluate(held);
    expect(await second.trainer.evaluate(held)).toBe(before);
    for (let n = 0; n < 5; n++) second.trainer.submit(source);
    expect(await second.trainer.losses()).toEqual(want);
    using other = await Run.create({
      ...{ device, model: build(), objective: nextToken(size), seed: 7 },
      ...{ optimizer: optimizer(), schedule: 3e-3 },
    });
    await expect(other.load(saved)).rejects.toThrow('it holds objective.memories.0.rows, which this trainer');
  });

  it('generates token by token what it says of the text at once, and again when asked again', async () => {
    const model = build();
    using store = new ParameterStore(device, model, { seed: 3 });
    for (const name of ['stack.layers.0.attention.q.weight', 'head.bias']) {
      store.write(
        name,
        (await store.read(name)).map((w, i) => 20 * w + Math.sin(i)),
      );
    }
    using generator = new SegmentGenerator(device, model);
    const prompt = text.ids.subarray(0, 40);
    const take = async (): Promise<number[]> => {
      const out: number[] = [];
      for await (const id of generator.generate(prompt, { tokens: 6, temperature: 0 })) out.push(id);
      return out;
    };
    const got = await take();
    expect(got).toHaveLength(6);
    expect(await take()).toEqual(got);
    using gone = new SegmentGenerator(device, model);
    const stopping = async (): Promise<void> => {
      for await (const _ of gone.generate(prompt, { tokens: 6 })) gone[Symbol.dispose]();
    };
    await expect(stopping()).rejects.toThrow('generate: this generator was disposed of. Make another one.');
    // One token at a time sees the memory and itself: so does each row of a window of M + 1.
    const memories = model.memories(1);
    using _state = new ParameterStore(device, { memories }, { owner: 'state' });
    const g = new Graph(device);
    using plan = await g.compile({ y: model.next(g, g.input('ids', [1, 1], 'u32'), memories) });
    const all = [...prompt, ...got];
    const best: number[] = [];
    for (const id of all.slice(0, -1)) {
      plan.run({ ids: Uint32Array.of(id) });
      const logits = await plan.read('y');
      best.push(logits.indexOf(Math.max(...logits)));
    }
    // The generator reads the first 32 tokens at once, where rows see more than 24 before them.
    expect(best.slice(-3)).toEqual(got.slice(-3));
    const wrong = generator.generate(prompt, { tokens: 1, ...{ noRepeatNgram: 2 } });
    await expect(wrong.next()).rejects.toThrow('there is no option "noRepeatNgram"');
  });

  it('carries adapters', async () => {
    const model = build();
    using _weights = new ParameterStore(device, model, { seed: 3 });
    using adapter = await adapt(model, { 'stack.layers.*.attention.{q,kv.value}': lora({ rank: 2 }) });
    const options = { device, model, adapter, objective: segmentedText(size), seed: 1 };
    using trainer = await Trainer.create({ ...options, optimizer: optimizer(), schedule: 1e-2 });
    for (let n = 0; n < 12; n++) trainer.submit(segments(text.ids.subarray(0, 33), size));
    const losses = (await trainer.losses()).map(({ loss }) => loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
  });
});
