import { describe, expect, it } from 'vitest';
import { fakeDevice } from '../../tests/harness/fake-device';
import { Random } from '../../tests/harness/op';
import { EncoderDecoder } from '../encoder_decoder';
import { GPT } from '../gpt';
import { SequenceGenerator, type GenerateSequenceOptions } from './sequence_generator';
import { bansOf, completing, placesFor, repeating } from './bans';
import { CHOICE_DEFAULTS } from './option_table';
import { BeamSearch, RowSearch, type SearchOptions, type SequenceSearch } from './search';

const END = 0;
const V = 5;
const LENGTH = 4;

/** Log-probabilities of what follows a text: any numbers that depend on all of it. */
function following(text: readonly number[], seed: number): number[] {
  const random = new Random(text.reduce((hash, id) => hash * 7 + id + 1, seed));
  const logits = Array.from({ length: V }, () => 2 * random.normal());
  const sum = Math.log(logits.reduce((all, x) => all + Math.exp(x), 0));
  return logits.map((x) => x - sum);
}

interface Found {
  readonly ids: readonly number[];
  readonly logProbability: number;
  readonly finished: boolean;
}

/** Every text there is: ended, or cut off at LENGTH. */
function everything(seed: number, text: readonly number[] = [], sum = 0): Found[] {
  return following(text, seed).flatMap((log, id): Found[] => {
    const logProbability = sum + log;
    if (id === END) return [{ ids: text, logProbability, finished: true }];
    const ids = [...text, id];
    return ids.length === LENGTH
      ? [{ ids, logProbability, finished: false }]
      : everything(seed, ids, logProbability);
  });
}

/** What a generator does, with `following` for a model. */
function run(
  search: SequenceSearch,
  seed: number,
  count: number,
  coverage = (_: readonly number[]) => 0,
): void {
  while (!search.done) {
    const texts = new Map(search.live.map(({ row, ids }) => [row, ids]));
    search.advance((row) => {
      const text = texts.get(row) ?? [];
      const candidates = following(text, seed)
        .map((logProbability, id) => ({ id, logProbability }))
        .sort((a, b) => b.logProbability - a.logProbability)
        .slice(0, count);
      return { candidates, coverage: coverage(text) };
    });
  }
}

const options = (more: Partial<SearchOptions> = {}): SearchOptions => ({
  ...{ end: [END], beams: 4, lengthPenalty: 1, earlyStopping: 'never', tokens: LENGTH },
  ...more,
});

describe('BeamSearch', () => {
  it.each([0, 0.5, 1, 2])('is exhaustive when wide enough, length penalty %d', (lengthPenalty) => {
    const beams = (V - 1) ** LENGTH; // no text is ever dropped
    for (let seed = 0; seed < 20; seed++) {
      const search = new BeamSearch(options({ beams, lengthPenalty }));
      run(search, seed, V);
      const want = everything(seed)
        .map((found) => {
          const length = found.ids.length + (found.finished ? 1 : 0);
          return { ...found, score: found.logProbability / length ** lengthPenalty };
        })
        .sort((a, b) => b.score - a.score)
        .slice(0, beams);
      const got = search.hypotheses();
      expect(got.slice(0, 20).map(({ ids }) => ids)).toEqual(want.slice(0, 20).map(({ ids }) => ids));
      for (const [i, { score, finished }] of got.slice(0, 20).entries()) {
        expect(score).toBeCloseTo(want[i].score, 10);
        expect(finished).toBe(want[i].finished);
      }
    }
  });

  it('finds no worse with more beams, on the whole, and sometimes better than greedy', () => {
    const best = (beams: number, seed: number): number => {
      const search = new BeamSearch(options({ beams, lengthPenalty: 0 }));
      run(search, seed, 2 * beams);
      return search.hypotheses()[0].score;
    };
    const mean = (beams: number): number =>
      Array.from({ length: 60 }, (_, seed) => best(beams, seed)).reduce((a, b) => a + b, 0);
    expect(mean(4)).toBeGreaterThan(mean(2));
    expect(mean(2)).toBeGreaterThan(mean(1));
  });

  it('keeps the best K and stops by its rule', () => {
    const lengths = ([true, false, 'never'] as const).map((earlyStopping) => {
      let tokens = 0;
      for (let seed = 0; seed < 40; seed++) {
        const search = new BeamSearch(options({ earlyStopping, beams: 3, tokens: 12 }));
        run(search, seed, 6);
        expect(search.hypotheses()).toHaveLength(3);
        expect(search.live).toEqual([]);
        tokens += search.length;
      }
      return tokens;
    });
    expect(lengths[0]).toBeLessThan(lengths[1]);
    expect(lengths[1]).toBeLessThan(lengths[2]);
  });

  it('weighs coverage where hypotheses end', () => {
    const penalty = (text: readonly number[]): number => (text.includes(3) ? 0 : -50);
    for (let seed = 0; seed < 10; seed++) {
      const search = new BeamSearch(options({ beams: 64 }));
      run(search, seed, V, penalty);
      const [best] = search.hypotheses();
      // A last token at the limit was chosen before its text was seen.
      expect(best.finished ? best.ids : best.ids.slice(0, -1)).toContain(3);
    }
  });

  it('ends all when told to, at no cost', () => {
    const search = new BeamSearch(options({ beams: 2, tokens: 9 }));
    search.advance(() => ({ candidates: [1, 2, 3].map((id) => ({ id, logProbability: -id })), coverage: 0 }));
    search.end(() => ({ candidates: [], coverage: 0 }));
    expect(search.hypotheses()).toEqual([
      { ids: [1], score: -0.5, logProbability: -1, logProbabilities: [-1, 0], finished: true },
      { ids: [2], score: -1, logProbability: -2, logProbabilities: [-2, 0], finished: true },
    ]);
  });

  it('is done, with what there is, where nothing may follow', () => {
    const search = new BeamSearch(options());
    search.advance(() => ({ candidates: [], coverage: 0 }));
    expect([search.done, search.hypotheses(), search.best()]).toEqual([true, [], null]);
  });
});

describe('RowSearch', () => {
  it('takes the first candidate until the end', () => {
    const search = new RowSearch(options({ beams: 1, tokens: 12 }));
    const text: number[] = [];
    for (;;) {
      const logs = following(text, 3);
      const id = logs.indexOf(Math.max(...logs));
      if (id === END || text.length === 12) break;
      text.push(id);
    }
    run(search, 3, 1);
    expect(search.hypotheses().map(({ ids }) => ids)).toEqual([text]);
  });
});

describe('bans', () => {
  it('finds what would repeat an n-gram', () => {
    expect(repeating([9, 1, 2, 3, 1, 2], 3)).toEqual([3]);
    expect(repeating([9, 1, 2, 1, 3, 1], 2)).toEqual([2, 3]);
    expect(repeating([9, 1, 9], 1)).toEqual([9, 1, 9]);
    expect(repeating([9, 1], 3)).toEqual([]);
    expect(repeating([9], 2)).toEqual([]);
    expect(repeating([9, 9, 9], 0)).toEqual([]);
    expect(repeating([4, 4], 2)).toEqual([4]);
  });

  it('finds what would complete a banned sequence', () => {
    const sequences = [
      [1, 2],
      [5, 1, 7],
      [6, 1, 8],
    ];
    expect(completing([5, 1], sequences)).toEqual([2, 7]);
    expect(completing([1], sequences)).toEqual([2]);
    expect(completing([], sequences)).toEqual([]);
  });

  it('keeps the end away until there are as many tokens as asked for', () => {
    const o = { ...CHOICE_DEFAULTS, minTokens: 2, bannedIds: [3], bannedSequences: [] };
    const end = [END, 4];
    expect(bansOf([9, 1], o, { made: 1, end })).toEqual([3, END, 4]);
    expect(bansOf([9, 1, 1], o, { made: 2, end })).toEqual([3]);
    expect(bansOf([9, 3], { ...o, noRepeatNgram: 1 }, { made: 1, end })).toEqual([3, END, 4, 9]);
  });

  it('takes few different sizes of tables', () => {
    expect([1, 16, 17, 64, 65, 300, 5000].map(placesFor)).toEqual([16, 16, 64, 64, 256, 1024, 16_384]);
  });
});

describe('SequenceGenerator refuses', () => {
  const model = new EncoderDecoder({
    ...{ vocabulary: 11, context: 6, encoderLayers: 1, decoderLayers: 1, heads: 2, width: 8, hidden: 12 },
  });
  const make = (more: object) => () =>
    new SequenceGenerator(fakeDevice(), model, { begin: 1, end: 2, ...more });
  const generator = make({ beams: 3 })();
  const message = (
    sources: readonly (readonly number[])[],
    asked: GenerateSequenceOptions = {},
  ): Promise<unknown> =>
    generator.generate(sources, asked).catch((error: unknown) => (error as Error).message);

  it.each<[string, readonly (readonly number[])[], GenerateSequenceOptions]>([
    ['sentence 1 is empty. Give at least one token', [[1], []], {}],
    [
      "sentence 0 has 7 tokens, but the model's context holds 6. Cut it at the ends of sentences",
      [[1, 1, 1, 1, 1, 1, 1]],
      {},
    ],
    ['sentence 0 holds 11 at index 1, but ids must be below 11', [[1, 11]], {}],
    ['sentence 0 holds -1 at index 0', [[-1]], {}],
    ['beams is 4. This generator has rows for 1 to 3', [[1]], { beams: 4 }],
    ['beams is 0', [[1]], { beams: 0 }],
    ['nBest is 3. Ask for 1 to 2', [[1]], { beams: 2, nBest: 3 }],
    ['nBest is 2. Ask for 1', [[1]], { mode: 'greedy', nBest: 2 }],
    ["tokens is 7. The model's context holds 1 to 6", [[1]], { tokens: 7 }],
    ["temperature is 0. Use more than 0, or mode: 'greedy'", [[1]], { mode: 'sample', temperature: 0 }],
    ['topP is 0', [[1]], { topP: 0 }],
    ['coverage is -1', [[1]], { coverage: -1 }],
    ['noRepeatNgram is 1.5', [[1]], { noRepeatNgram: 1.5 }],
    ['lengthPenalty is NaN', [[1]], { lengthPenalty: NaN }],
    ['1 forced beginnings for 2 sentences', [[1], [1]], { forced: [[1]] }],
    ['the forced beginning of sentence 0 has 2 tokens of 2 at most', [[1]], { forced: [1, 3], tokens: 2 }],
    ['the forced beginning of sentence 0 holds the end, 2', [[1]], { forced: [1, 2, 3] }],
    ['mode is Beam. Use one of beam, greedy, sample', [[1]], { mode: 'Beam' as 'beam' }],
    ["earlyStopping is no. Use true, false or 'never'", [[1]], { earlyStopping: 'no' as 'never' }],
    ['the forced beginning of sentence 0 holds 99', [[1]], { forced: [99] }],
    ['banned holds 12 at index 0', [[1]], { banned: [12] }],
    ['banned holds 13 at index 1', [[1]], { banned: [[1, 13]] }],
  ])('%s', async (text, sources, asked) => {
    expect(await message(sources, asked)).toContain(`SequenceGenerator: ${text}`);
  });

  it('sources that are longer than it was made for', async () => {
    const short = make({ source: 3 })();
    await expect(short.generate([[1, 1, 1, 1]])).rejects.toThrow(
      'sentence 0 has 4 tokens, but this generator was made for sources of 3',
    );
    expect(make({ source: 7 })).toThrow("source is 7. Use 1 to 6, the model's context");
    const sizes = { vocabulary: 11, context: 6, layers: 1, heads: 1, width: 8 };
    const plain = () => new SequenceGenerator(fakeDevice(), new GPT(sizes), { source: 3 });
    expect(plain).toThrow('source is 3, but this model has no source. Leave it out');
  });

  it('to work after its disposal', async () => {
    const gone = make({})();
    gone[Symbol.dispose]();
    await expect(gone.generate([[1]])).rejects.toThrow('this generator was disposed of');
  });

  it('numbers that cannot work', () => {
    expect(make({ sentences: 0 })).toThrow('sentences is 0');
    expect(make({ sentences: 20, beams: 4 })).toThrow(
      '20 sentences of 4 beams are 80 rows. It decodes at most 64',
    );
    expect(make({ end: 11 })).toThrow('end is 11. It must be an id below 11');
  });
});
