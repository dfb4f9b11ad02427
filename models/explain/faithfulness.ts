import { EngineError, expectOptions, expectSeed, RandomStream } from '../../engine/index';
import type { TextOrPair } from '../tasks/inputs';
import type { TaskOptions } from '../tasks/text_reader';
import { EXPLANATIONS, type Explainer, type ExplanationMethod } from './explainer';

/** Which explanations `faithfulness` tries, and how many tokens it leaves out. */
export interface FaithfulnessOptions extends TaskOptions {
  /** Default: all. */
  readonly methods?: readonly ExplanationMethod[];
  /** Share of each text's tokens that is left out, at least one. Default 0.2. */
  readonly share?: number;
  /** Random choices beside which each method stands, of each text. Default 8. */
  readonly draws?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** How much more the tokens of an explanation count than drawn ones. */
export interface Faithfulness {
  /** By how much log-odds fall on average where the tokens of the highest scores are left out. */
  readonly drop: number;
  /** The same of tokens that are drawn. */
  readonly random: number;
  /** Share of the texts in which the first is more than the second: an explanation that says nothing has about a half. */
  readonly better: number;
}

/**
 * Whether explanations are faithful to a model: dropping the tokens that they call decisive must lower the score more than dropping others
 * (Samek et al. 2017, DeYoung et al. 2020, "comprehensiveness"). For each text its likeliest label. Texts of one token are left out.
 *
 * Throws as `Explainer.explain`.
 */
export async function faithfulness(
  explainer: Explainer,
  texts: readonly TextOrPair[],
  options: FaithfulnessOptions = {},
): Promise<Record<ExplanationMethod, Faithfulness>> {
  const { methods = EXPLANATIONS, share = 0.2, draws = 8, seed = 0, signal, onProgress } = options;
  expectOptions('faithfulness', options, { methods, share, draws, seed, signal, onProgress });
  expectSeed('faithfulness', seed);
  if (methods.length === 0)
    throw new EngineError('faithfulness', 'there are no methods', 'Name some, or leave methods out.');
  if (!(share > 0 && share < 1))
    throw new EngineError('faithfulness', `share is ${share}`, 'Use one above 0 and below 1.');
  if (!Number.isInteger(draws) || draws < 1)
    throw new EngineError('faithfulness', `draws is ${draws}`, 'Use a whole number of at least 1.');
  const aborting = signal ? { signal } : {};
  const sums = new Map(methods.map((method) => [method, { drop: 0, random: 0, better: 0 }]));
  let count = 0;
  for (const [i, text] of texts.entries()) {
    const explained = [];
    for (const method of methods)
      explained.push(await explainer.explain(text, { method, long: 'cut', ...aborting }));
    const [{ tokens, target, logOdds }] = explained;
    const n = tokens.length;
    const size = Math.max(1, Math.round(share * n));
    if (n > size) {
      const random = new RandomStream(seed, `left out of text ${i}`);
      const drawn = Array.from({ length: draws }, () =>
        first(
          size,
          tokens.map(() => random.uniform()),
        ),
      );
      const chosen = explained.map(({ tokens: own }) =>
        first(
          size,
          own.map(({ score }) => score),
        ),
      );
      const values = await explainer.logOddsWithout(text, target, [...drawn, ...chosen], {
        long: 'cut',
        ...aborting,
      });
      const falls = values.map((value) => logOdds - value);
      const mean = falls.slice(0, draws).reduce((a, b) => a + b, 0) / draws;
      for (const [m, method] of methods.entries()) {
        const sum = sums.get(method)!;
        sum.drop += falls[draws + m];
        sum.random += mean;
        sum.better += Number(falls[draws + m] > mean);
      }
      count++;
    }
    onProgress?.(i + 1, texts.length);
  }
  if (count === 0) throw new EngineError('faithfulness', 'no text has several tokens', 'Give longer ones.');
  return Object.fromEntries(
    [...sums].map(([method, { drop, random, better }]) => [
      method,
      { drop: drop / count, random: random / count, better: better / count },
    ]),
  ) as Record<ExplanationMethod, Faithfulness>;
}

/** Places of the `n` highest scores. */
const first = (n: number, scores: readonly number[]): number[] =>
  scores
    .map((_, i) => i)
    .sort((a, b) => scores[b] - scores[a])
    .slice(0, n);
