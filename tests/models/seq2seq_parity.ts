/** Encoder-decoder families beside Transformers, see tests/fixtures/make_seq2seq.py. */
import { expect, it } from 'vitest';
import { crossEntropyRows, Graph, IGNORE_INDEX, type Device, type Tensor } from '../../engine/index';
import type { Family } from '../../models/family/family';
import { load, type Pretrained } from '../../models/family/load';
import { Generator } from '../../models/generation/generator';
import { SequenceGenerator } from '../../models/generation/sequence_generator';
import { sequenceOptions } from '../../models/generation/sequence_settings';
import type { Seq2SeqLM } from '../../models/seq2seq_lm';
import { numbersOf, parity, type FamilyFixture, type Inputs } from './family_parity';
import { checkpointOf, folderOf } from './folders';

/** What generate found for some sources under one generation_config.json. */
interface Case {
  readonly generation: Readonly<Record<string, unknown>>;
  readonly ids: readonly (readonly (readonly number[])[])[];
  readonly scores: readonly (readonly number[])[];
}

export interface Generated {
  readonly sources: readonly (readonly number[])[];
  readonly cases: Readonly<Record<string, Case>>;
}

/** Losses of one pair when numbers are dropped at some rates. */
export interface Dropping {
  readonly rates: Readonly<Record<string, number>>;
  readonly mean: number;
  readonly spread: number;
  readonly without: number;
}

const named = (kind: string, states: readonly Tensor[]): (readonly [string, Tensor])[] =>
  states.map((x, n) => [`hidden.${kind}.${n}`, x] as const);

/** What `parity` needs to know of a model with a source and a target. */
export const withSource: Pick<FamilyFixture, 'inputs' | 'forward' | 'hidden' | 'loss' | 'noisy'> = {
  inputs: ['source', 'lengths', 'target', 'labels'],
  forward: (model: Seq2SeqLM, g, { source, lengths, target }) => model.forward(g, source, lengths, target),
  hidden: (model: Seq2SeqLM, g, { source, lengths, target }) => {
    const { encoder, decoder } = model.hidden(g, source, lengths, target);
    return Object.fromEntries([...named('encoder', encoder), ...named('decoder', decoder)]);
  },
  loss: (model: Seq2SeqLM, g: Graph, { source, lengths, target, labels }: Inputs<Tensor>) =>
    model.loss(g, source, lengths, target, labels),
  noisy: /(qkv|kv)\.bias$/, // a bias of keys moves all scores of a row alike
};

/** Numbers are dropped where torch drops them: the mean and the spread of the loss over many draws say so. */
export function expectDropping(
  family: Family<Seq2SeqLM>,
  fixture: FamilyFixture & { readonly device: () => Promise<Device> },
  { rates, mean, spread, without }: Dropping,
): void {
  const [rows, runs] = [64, 30];
  it(`${family.title} drops what torch drops while it trains`, async () => {
    const device = await fixture.device();
    const config = { ...fixture.config, ...rates };
    const files = { 'config.json': config, 'model.safetensors': checkpointOf(await fixture.weights()) };
    using loaded = await load(folderOf(files), { device, families: [family] });
    const expected = await fixture.tensors();
    // The second pair of the first batch, in all rows.
    const input = (name: string): { readonly shape: number[]; readonly data: Uint32Array } => {
      const { shape, data } = expected.get(name)!;
      const [length = 1] = shape.slice(2);
      const one = numbersOf(data.slice(length, 2 * length)) as Uint32Array;
      return {
        shape: [rows, ...shape.slice(2)],
        data: Uint32Array.from({ length: rows * length }, (_, i) => one[i % length]),
      };
    };
    const inputs = Object.fromEntries(withSource.inputs!.map((name) => [name, input(name)]));
    const [, T] = inputs.labels.shape;
    const labelled = inputs.labels.data.subarray(0, T).filter((id) => id !== IGNORE_INDEX).length;
    const data = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data]));
    const lossesOf = async (train: boolean, count: number): Promise<number[]> => {
      const g = new Graph(device, { train });
      const [source, lengths, target, labels] = withSource.inputs!.map((name) =>
        g.input(name, inputs[name].shape, 'u32'),
      );
      const logits = loaded.model.forward(g, source, lengths, target);
      using plan = await g.compile({ each: crossEntropyRows(g, logits, labels).rows });
      const losses: number[] = [];
      for (let index = 0; index < count; index++) {
        plan.run(data, { index, seed: 1 });
        const each = await plan.read('each'); // 0 where there is no label
        for (let b = 0; b < rows; b++)
          losses.push(each.subarray(b * T, (b + 1) * T).reduce((a, x) => a + x, 0) / labelled);
      }
      return losses;
    };
    const [still] = await lossesOf(false, 1);
    expect(still).toBeCloseTo(without, 4);
    const losses = await lossesOf(true, runs);
    const n = losses.length;
    const average = losses.reduce((a, b) => a + b) / n;
    const deviation = Math.sqrt(losses.reduce((sum, x) => sum + (x - average) ** 2, 0) / (n - 1));
    // Four standard errors: of the mean, and of the standard deviation of numbers that are about normal.
    expect(Math.abs(average - mean)).toBeLessThan((4 * spread) / Math.sqrt(n));
    expect(Math.abs(deviation - spread)).toBeLessThan((4 * 1.3 * spread) / Math.sqrt(2 * n));
  });
}

/** The whole test of such a family: `parity`, and what `generate` finds. */
export function seq2seqParity(
  family: Family<Seq2SeqLM>,
  fixture: FamilyFixture & { readonly device: () => Promise<Device> },
  { sources, cases }: Generated,
): void {
  parity(family, { ...withSource, ...fixture });

  const open = async (generation: object): Promise<Pretrained<Seq2SeqLM>> => {
    const files = {
      'config.json': fixture.config,
      'generation_config.json': generation,
      'model.safetensors': checkpointOf(await fixture.weights()),
    };
    return load(folderOf(files), { device: await fixture.device(), families: [family] });
  };

  it(`${family.title} finds what generate finds, through caches`, async () => {
    for (const [name, { generation, ids, scores }] of Object.entries(cases)) {
      using loaded = await open(generation);
      const { special, generation: options } = sequenceOptions(loaded);
      const device = await fixture.device();
      using generator = new SequenceGenerator(device, loaded.model, {
        ...{ ...special, sentences: 3, beams: 4, source: 10 },
      });
      const found = await generator.generate(sources, options);
      for (const [i, list] of found.entries()) {
        const what = `${name}, source ${i}`;
        expect(
          list.map((one) => one.ids),
          what,
        ).toEqual(ids[i]);
        if (list.length === 1) continue;
        for (const [j, { score }] of list.entries())
          expect(Math.abs(score - scores[i][j]), `${what}, rank ${j}`).toBeLessThan(1e-4);
      }
    }
  });

  it(`${family.title} is streamed token by token`, async () => {
    const { generation, ids } = cases.greedy;
    using loaded = await open(generation);
    const { special, generation: options } = sequenceOptions(loaded);
    const { tokens, minTokens = 0, noRepeatNgram = 0, banned = [], forceBegin = null } = options;
    const choice = { tokens: tokens!, minTokens, noRepeatNgram, banned, forceBegin };
    using generator = new Generator(await fixture.device(), loaded.model, special);
    for (const [i, source] of sources.entries()) {
      const made: number[] = [];
      for await (const id of generator.generate(source, { ...choice, temperature: 0 })) made.push(id);
      expect(made, `source ${i}`).toEqual(ids[i][0]);
    }
  });
}
