// What the model made of each token, beside compute_transition_scores of Transformers (tests/fixtures/make_scores.py); stop strings in
// searches.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../engine/index';
import {
  Generator,
  llama,
  load,
  SequenceGenerator,
  type GPT,
  type Pretrained,
  type ScoredToken,
} from '../../models/index';
import modern from '../fixtures/gpt-modern.json';
import { fixtureTensors } from '../fixtures/load';
import fixture from '../fixtures/scores.json';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';

interface Case {
  readonly prompt: readonly number[];
  readonly end: number;
  readonly options: {
    readonly num_beams?: number;
    readonly repetition_penalty?: number;
    readonly length_penalty?: number;
    readonly early_stopping?: boolean;
    readonly stop_strings?: readonly string[];
  };
  readonly hypotheses: readonly {
    readonly ids: readonly number[];
    readonly steps: readonly number[];
    readonly score?: number;
  }[];
  readonly top?: readonly (readonly { readonly id: number; readonly logProbability: number }[])[];
}
const cases = fixture.cases as readonly Case[];
const TOKENS = 10;

const tokenizer = (ids: readonly number[]): string => ids.map((id) => String.fromCharCode(60 + id)).join('');
const near = (wanted: readonly number[]): unknown[] => wanted.map((x): unknown => expect.closeTo(x, 4));

describe('log-probabilities', () => {
  let device: Device;
  withDevice((opened) => (device = opened));
  let loaded: Pretrained<GPT>;
  const open = async (): Promise<Pretrained<GPT>> => {
    const all = await fixtureTensors('gpt-modern.safetensors');
    const weights = new Map(Object.keys(modern.parameters).map((key) => [key, all.get(key)!]));
    const files = { 'config.json': modern.config, 'model.safetensors': checkpointOf(weights) };
    return load(folderOf(files), { device, families: [llama] });
  };
  beforeAll(async () => {
    loaded = await open();
    return () => loaded[Symbol.dispose]();
  });

  it.each(cases.map((one) => ({ name: JSON.stringify(one.options), one })))(
    'of a search: $name',
    async ({ one }) => {
      const { num_beams: beams = 1, stop_strings: stopStrings, ...o } = one.options;
      using generator = new SequenceGenerator(device, loaded.model, { beams, sentences: 1, end: one.end });
      const [found] = await generator.generate([one.prompt], {
        ...(beams === 1 ? { mode: 'greedy' } : { beams, nBest: beams }),
        ...(o.repetition_penalty !== undefined && { repetitionPenalty: o.repetition_penalty }),
        ...(o.length_penalty !== undefined && { lengthPenalty: o.length_penalty }),
        ...(o.early_stopping !== undefined && { earlyStopping: o.early_stopping }),
        ...(stopStrings && { stopStrings, tokenizer }),
        tokens: TOKENS,
      });
      expect(found.map(({ ids }) => ids)).toEqual(one.hypotheses.map(({ ids }) => ids));
      for (const [i, { steps, score }] of one.hypotheses.entries()) {
        const { logProbabilities, logProbability, finished } = found[i];
        expect(logProbabilities).toEqual(near(steps));
        expect(logProbabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(logProbability, 5);
        if (score !== undefined) expect(found[i].score).toBeCloseTo(score, 4);
        if (stopStrings) expect(finished).toBe(tokenizer(found[i].ids).endsWith(stopStrings[0]));
      }
    },
  );

  it('of tokens as they are made, with the likeliest in their places', async () => {
    using generator = new Generator(device, loaded.model);
    for (const { prompt, end, options, hypotheses, top } of cases.filter(
      (one) => one.top && !one.options.stop_strings,
    )) {
      const told: ScoredToken[] = [];
      const made: number[] = [];
      const { repetition_penalty: repetitionPenalty = 1 } = options;
      const choices = { temperature: 0, tokens: TOKENS, stop: [end], repetitionPenalty };
      for await (const id of generator.generate(prompt, {
        ...{ ...choices, alternatives: 5 },
        onToken: (token) => told.push(token),
      }))
        made.push(id);
      const [{ ids, steps }] = hypotheses;
      expect(made).toEqual(ids);
      expect(told.map(({ id }) => id)).toEqual(ids);
      expect(told.map(({ logProbability }) => logProbability)).toEqual(near(steps.slice(0, ids.length)));
      for (const [at, { alternatives }] of told.entries()) {
        expect(alternatives.map(({ id }) => id)).toEqual(top![at].map(({ id }) => id));
        expect(alternatives.map((one) => one.logProbability)).toEqual(
          near(top![at].map((one) => one.logProbability)),
        );
      }
    }
  });

  it('of drawn tokens are of the whole distribution', async () => {
    using generator = new Generator(device, loaded.model);
    const told: ScoredToken[] = [];
    const options = { temperature: 5, topK: 3, seed: 3, tokens: 12, alternatives: 4, banned: [1, 2, 3] };
    for await (const _ of generator.generate([5, 9], { ...options, onToken: (token) => told.push(token) }));
    expect(told).toHaveLength(12);
    for (const { id, logProbability, alternatives } of told) {
      const own = alternatives.find((one) => one.id === id);
      if (own) expect(own.logProbability).toBeCloseTo(logProbability, 5);
      else expect(logProbability).toBeLessThanOrEqual(alternatives[0].logProbability);
    }
    expect(told.some(({ id, alternatives }) => id !== alternatives[0].id)).toBe(true);
  });

  it('say what they cannot', async () => {
    using generator = new Generator(device, loaded.model);
    const refused = (options: object): Promise<unknown> => generator.generate([1], options).next();
    await expect(refused({ alternatives: 3 })).rejects.toThrow(/alternatives is 3\. Give onToken/);
    await expect(refused({ alternatives: 65, onToken: () => {} })).rejects.toThrow(/alternatives is 65/);
    await expect(refused({ onToken: 4 })).rejects.toThrow(/onToken is 4/);
    using search = new SequenceGenerator(device, loaded.model, { beams: 2, sentences: 1 });
    const asked = (options: object): Promise<unknown> => search.generate([[1]], options);
    await expect(asked({ stopStrings: ['a'] })).rejects.toThrow(/stopStrings: there is no tokenizer/);
    await expect(asked({ stopStrings: [''], tokenizer })).rejects.toThrow(/not empty/);
  });
});
