// Generation beside Transformers' generate, case by case, see tests/fixtures/make_generation.py: beams and batches of a GPT,
// penalties, bans, and the token loop on the GPU. Then what must hold of any model.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Device, type Plan } from '../../engine/index';
import { gpt2 } from '../../models/families/gpt2';
import { llama } from '../../models/families/llama';
import { marian } from '../../models/families/marian';
import { load, type Pretrained } from '../../models/family/load';
import {
  Generator,
  SequenceGenerator,
  type EncoderDecoder,
  type GenerateOptions,
  type GenerateSequenceOptions,
  type GPT,
} from '../../models/index';
import { fixtureBytes, fixtureTensors } from '../fixtures/load';
import fixture from '../fixtures/generation.json';
import marianFixture from '../fixtures/marian.json';
import modern from '../fixtures/gpt-modern.json';
import small from '../fixtures/gpt-small.json';
import { withDevice } from '../harness/device';
import { checkpointOf, folderOf } from './folders';

interface Case {
  readonly options: {
    readonly num_beams?: number;
    readonly length_penalty?: number;
    readonly early_stopping?: boolean | 'never';
    readonly repetition_penalty?: number;
    readonly presence?: number;
    readonly frequency?: number;
    readonly no_repeat_ngram_size?: number;
    readonly bad_words_ids?: readonly (readonly number[])[];
    readonly renormalize_logits?: boolean;
  };
  readonly end?: number | readonly number[];
  readonly ids: readonly (readonly (readonly number[])[])[];
  readonly scores: readonly (readonly number[])[];
}

/** What both ways of generating take. */
const choiceOf = ({ options: o }: Case) => ({
  ...(o.repetition_penalty && { repetitionPenalty: o.repetition_penalty }),
  ...(o.presence && { presencePenalty: o.presence }),
  ...(o.frequency && { frequencyPenalty: o.frequency }),
  ...(o.no_repeat_ngram_size && { noRepeatNgram: o.no_repeat_ngram_size }),
  ...(o.bad_words_ids && { banned: o.bad_words_ids }),
});

const searchOf = (one: Case): GenerateSequenceOptions => {
  const { num_beams: beams = 1, length_penalty, early_stopping, renormalize_logits } = one.options;
  return {
    ...choiceOf(one),
    ...(beams === 1 ? { mode: 'greedy' } : { beams, nBest: beams }),
    ...(length_penalty !== undefined && { lengthPenalty: length_penalty }),
    ...(early_stopping !== undefined && { earlyStopping: early_stopping }),
    ...(renormalize_logits && { renormalize: true }),
  };
};

let device: Device;
withDevice((opened) => (device = opened));

async function take(ids: AsyncIterable<number>): Promise<number[]> {
  const all: number[] = [];
  for await (const id of ids) all.push(id);
  return all;
}

const gpts = [
  { name: 'gpt-small', family: gpt2, about: small },
  { name: 'gpt-modern', family: llama, about: modern },
] as const;

async function loadGPT({ name, family, about }: (typeof gpts)[number]): Promise<Pretrained<GPT>> {
  const all = await fixtureTensors(`${name}.safetensors`);
  const weights = new Map(Object.keys(about.parameters).map((key) => [key, all.get(key)!]));
  const files = { 'config.json': about.config, 'model.safetensors': checkpointOf(weights) };
  return load(folderOf(files), { device, families: [family] });
}

describe.each(gpts)('$name', (gpt) => {
  const { prompts, tokens, cases } = fixture[gpt.name];
  let loaded: Pretrained<GPT>;
  beforeAll(async () => {
    loaded = await loadGPT(gpt);
  });
  afterAll(() => loaded[Symbol.dispose]());

  it('gives the hypotheses and scores of generate, prompts of three lengths at once', async () => {
    for (const [name, one] of Object.entries(cases as unknown as Record<string, Case>)) {
      using generator = new SequenceGenerator(device, loaded.model, {
        end: one.end!,
        sentences: 3,
        beams: 4,
      });
      const found = await generator.generate(prompts, { ...searchOf(one), tokens });
      for (const [i, list] of found.entries()) {
        expect(
          list.map(({ ids }) => ids),
          `${name}, prompt ${i}`,
        ).toEqual(one.ids[i]);
        if (list.length === 1) continue;
        for (const [j, { score }] of list.entries()) {
          expect(Math.abs(score - one.scores[i][j]), `${name}, prompt ${i}, rank ${j}`).toBeLessThan(1e-4);
        }
      }
    }
  });

  it('gives the same tokens one by one, from the loop on the GPU', async () => {
    using generator = new Generator(device, loaded.model);
    for (const [name, one] of Object.entries(cases as unknown as Record<string, Case>)) {
      if (one.options.num_beams !== undefined) continue;
      for (const [i, prompt] of prompts.entries()) {
        const options = { ...choiceOf(one), temperature: 0, tokens, stop: [one.end as number] };
        expect(await take(generator.generate(prompt, options)), `${name}, prompt ${i}`).toEqual(
          one.ids[i][0],
        );
      }
    }
  });
});

describe('marian', () => {
  let loaded: Pretrained<EncoderDecoder>;
  const special = { begin: marianFixture.config.decoder_start_token_id, end: 0 };
  beforeAll(async () => {
    const files = {
      'config.json': marianFixture.config,
      'model.safetensors': (await fixtureBytes('marian.safetensors')).slice(),
    };
    loaded = await load(folderOf(files), { device, families: [marian] });
  });
  afterAll(() => loaded[Symbol.dispose]());

  it('gives the hypotheses and scores of generate under a repetition penalty', async () => {
    using generator = new SequenceGenerator(device, loaded.model, { ...special, sentences: 5, beams: 4 });
    const given = { tokens: 14, forceEnd: true, banned: [special.begin] };
    for (const [name, one] of Object.entries(fixture.marian as unknown as Record<string, Case>)) {
      const beams = one.options.num_beams ?? 4;
      const own = { ...searchOf({ ...one, options: { ...one.options, num_beams: beams } }), ...given };
      const found = await generator.generate(marianFixture.sources, own);
      for (const [i, list] of found.entries()) {
        expect(
          list.map(({ ids }) => ids),
          `${name}, sentence ${i}`,
        ).toEqual(one.ids[i]);
        if (beams === 1) continue;
        for (const [j, { score }] of list.entries()) {
          expect(Math.abs(score - one.scores[i][j]), `${name}, ${i}, rank ${j}`).toBeLessThan(1e-4);
        }
      }
    }
  });

  it('streams, as greedy search finds it', async () => {
    using generator = new Generator(device, loaded.model, special);
    const { options, ids } = fixture.marian.greedy;
    const choice = { repetitionPenalty: options.repetition_penalty, banned: [special.begin] };
    for (const [i, source] of marianFixture.sources.entries()) {
      const got = await take(generator.generate(source, { ...choice, temperature: 0, tokens: 13 }));
      expect(got, `sentence ${i}`).toEqual(ids[i][0].slice(0, 13));
    }
    expect(() => new Generator(device, loaded.model)).toThrow(
      'Generator: begin is undefined. It must be an id below 41',
    );
  });
});

describe('any generator', () => {
  const prompt = [3, 39, 43, 8, 53];
  /** All that can be asked for at once. */
  const everything: GenerateOptions = {
    ...{ temperature: 1.2, topK: 20, topP: 0.9, minP: 0.05, seed: 4, tokens: 12 },
    ...{ repetitionPenalty: 1.2, presencePenalty: 0.3, frequencyPenalty: 0.2, banned: [7, [3, 4]] },
  };
  let loaded: Pretrained<GPT>;
  beforeAll(async () => {
    loaded = await loadGPT(gpts[1]);
  });
  afterAll(() => loaded[Symbol.dispose]());

  it('draws by seed, from what penalties and bans leave', async () => {
    using generator = new Generator(device, loaded.model);
    const draw = (more: GenerateOptions) =>
      take(generator.generate(prompt, { ...everything, noRepeatNgram: 2, ...more }));
    const one = await draw({});
    expect(one).toHaveLength(12);
    expect(await draw({})).toEqual(one);
    expect(await draw({ seed: 5 })).not.toEqual(one);
    expect(one).not.toContain(7);
    const text = [...prompt, ...one];
    const pairs = text.slice(1).map((id, i) => `${text[i]} ${id}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    // Of 67 tokens each is far too dear the second time.
    const never = await draw({ frequencyPenalty: 1e4, temperature: 5, topK: 0, topP: 1, minP: 0 });
    expect(new Set(never).size).toBe(12);
    // As greedy: only the likeliest is at least as likely as the likeliest.
    expect(await draw({ minP: 1, topK: 0, topP: 1 })).toEqual(await draw({ temperature: 0 }));
    const all = Array.from({ length: 67 }, (_, id) => id);
    expect(await draw({ banned: all.filter((id) => id !== 6), noRepeatNgram: 0, tokens: 3 })).toEqual([
      6, 6, 6,
    ]);
    await expect(draw({ banned: all })).rejects.toThrow(
      'all tokens that the text could go on with are banned.',
    );
  });

  it('gives each prompt of a batch what it gives alone, up to the end of the caches', async () => {
    using search = new SequenceGenerator(device, loaded.model, {
      end: 45,
      sentences: 3,
      beams: 2,
      context: 12,
    });
    const prompts = [[5], [9, 8, 7, 6, 5, 4, 3, 2, 1], prompt, [11, 12]];
    const { tokens: _, ...choice } = everything;
    for (const mode of ['beam', 'sample'] as const) {
      const how = { ...choice, mode, nBest: 2 };
      const together = await search.generate(prompts, how);
      for (const [i, one] of prompts.entries()) {
        const [alone] = await search.generate([one], how);
        expect(together[i].map(({ ids }) => ids)).toEqual(alone.map(({ ids }) => ids));
        for (const [j, { score, ids, finished }] of alone.entries()) {
          expect(together[i][j].score).toBeCloseTo(score, 4);
          expect(finished || one.length + ids.length === 13).toBe(true);
        }
      }
    }
    await expect(search.generate(prompts, { tokens: 5 })).rejects.toThrow(
      'prompt 1 has 9 tokens and 5 more are to come, but the caches hold 12. Shorten it',
    );
  });

  it('slides, with penalties for what the context still holds', async () => {
    using generator = new Generator(device, loaded.model, { context: 8 });
    const ids = await take(generator.generate(prompt, { ...everything, overflow: 'slide', tokens: 20 }));
    expect(ids).toHaveLength(20);
  });

  it('stops when asked in the middle, and can be used again', async () => {
    using generator = new Generator(device, loaded.model);
    const whole = await take(generator.generate(prompt, everything));
    for (const at of [1, 3]) {
      const stop = new AbortController();
      const got: number[] = [];
      const aborted = async (): Promise<void> => {
        for await (const id of generator.generate(prompt, { ...everything, signal: stop.signal })) {
          got.push(id);
          if (got.length === at) stop.abort();
        }
      };
      await expect(aborted()).rejects.toThrow(/abort/i);
      expect(got).toEqual(whole.slice(0, at));
      expect(await take(generator.generate(prompt, everything))).toEqual(whole);
    }
    for await (const id of generator.generate(prompt, everything)) {
      expect(id).toBe(whole[0]);
      break;
    }
    expect(await take(generator.generate(prompt, everything))).toEqual(whole);
  });

  it('ends with an error where it is disposed of meanwhile, and leaves nothing behind', async () => {
    const { live } = device.buffers.stats;
    const generator = new Generator(device, loaded.model);
    const got: number[] = [];
    const writing = async (): Promise<void> => {
      for await (const id of generator.generate(prompt, everything)) {
        got.push(id);
        generator[Symbol.dispose]();
      }
    };
    await expect(writing()).rejects.toThrow('generate: this generator was disposed of. Make another one.');
    expect(got).toHaveLength(1);
    await expect(take(generator.generate(prompt))).rejects.toThrow('this generator was disposed of');

    const search = new SequenceGenerator(device, loaded.model, { end: 0, sentences: 2, beams: 2 });
    const searching = search.generate([prompt], { onStep: () => search[Symbol.dispose]() });
    await expect(searching).rejects.toThrow('SequenceGenerator: this generator was disposed of.');

    const early = new Generator(device, loaded.model);
    const first = early.generate(prompt, everything).next();
    early[Symbol.dispose]();
    await expect(first).rejects.toThrow('disposed of');
    expect(device.buffers.stats.live).toBe(live);
  });

  it('makes nothing new for the same work again', async () => {
    using generator = new Generator(device, loaded.model);
    using search = new SequenceGenerator(device, loaded.model, { end: 0, sentences: 3, beams: 2 });
    const again = async (): Promise<void> => {
      await take(generator.generate(prompt, everything));
      const { tokens: _, temperature: __, ...choice } = everything;
      await search.generate([prompt, [5, 6], [9, 8]], { ...choice, beams: 2, nBest: 2, tokens: 6 });
    };
    await again();
    const plans = new Set<Plan | null>([generator.plan, search.plan]);
    const before = device.buffers.stats;
    for (let i = 0; i < 2; i++) await again();
    expect(device.buffers.stats).toEqual(before);
    expect(plans.add(generator.plan).add(search.plan).size).toBe(2);
  });
});
