// Scores beside those of sacreBLEU, rouge-score, NLTK and jiwer, far closer than the 0.01 that papers' digits need.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import reference from '../../tests/fixtures/metrics.json';
import {
  BLEU,
  ChrF,
  corpusBLEU,
  corpusChrF,
  corpusErrorRate,
  corpusROUGE,
  porterStem,
  sentenceBLEU,
  sentenceChrF,
  sentenceROUGE,
  tokenizeForBLEU,
  type BLEUOptions,
  type BLEUTokenizer,
  type ChrFOptions,
  type ErrorRateOptions,
  type ROUGEOptions,
  type ROUGEScores,
} from './index';

interface Corpus {
  readonly hypotheses: readonly string[];
  readonly references: readonly (string | readonly string[])[];
}
const corpora: Readonly<Record<string, Corpus>> = reference.corpora;
/** Counts and n-grams are the same, so only the order of a few additions can differ. */
const DIGITS = 9;
/** Heed's version stands where sacreBLEU's stands in its own signatures. */
const own = (signature: string): string => signature.replace(/version:.*/, `version:heed-${version}`);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const title = (entry: { corpus: string; options: object }): string =>
  `${entry.corpus} ${JSON.stringify(entry.options)}`;

describe('tokens, as sacreBLEU cuts them', () => {
  it.each(Object.entries(reference.tokens))('%s', (tokenizer, expected) => {
    expect(expected).toHaveLength(reference.lines.length);
    expect(
      reference.lines.map((line) => tokenizeForBLEU(line, tokenizer as BLEUTokenizer).join(' ')),
    ).toEqual(expected);
  });
});

describe('BLEU, as sacreBLEU computes it', () => {
  it.each(reference.bleu.map((entry) => [title(entry), entry] as const))('%s', (_, entry) => {
    const { hypotheses, references } = corpora[entry.corpus];
    const options = entry.options as BLEUOptions;
    const result = corpusBLEU(hypotheses, references, options);
    expect(result.score).toBeCloseTo(entry.score, DIGITS);
    expect(result.counts).toEqual(entry.counts);
    expect(result.totals).toEqual(entry.totals);
    expect(result.hypothesisLength).toBe(entry.hypothesisLength);
    expect(result.referenceLength).toBe(entry.referenceLength);
    expect(result.brevityPenalty).toBeCloseTo(entry.brevityPenalty, DIGITS);
    expect(result.signature).toBe(own(entry.signature));
    result.precisions.forEach((precision, i) => expect(precision).toBeCloseTo(entry.precisions[i], DIGITS));
    hypotheses.forEach((hypothesis, i) =>
      expect(sentenceBLEU(hypothesis, references[i], options).score).toBeCloseTo(entry.sentences[i], DIGITS),
    );
  });

  it('covers scores from 0 to 100 and both sides of the brevity penalty', () => {
    const scores = reference.bleu.map((entry) => entry.score);
    expect(Math.min(...scores)).toBe(0);
    expect(Math.max(...scores)).toBeCloseTo(100, DIGITS);
    expect(scores.filter((score) => score > 1 && score < 99).length).toBeGreaterThan(20);
    expect(reference.bleu.some((entry) => entry.brevityPenalty < 1)).toBe(true);
    expect(reference.bleu.some((entry) => entry.hypothesisLength > entry.referenceLength)).toBe(true);
  });
});

describe('chrF, as sacreBLEU computes it', () => {
  it.each(reference.chrf.map((entry) => [title(entry), entry] as const))('%s', (_, entry) => {
    const { hypotheses, references } = corpora[entry.corpus];
    const options = entry.options as ChrFOptions;
    const result = corpusChrF(hypotheses, references, options);
    expect(result.score).toBeCloseTo(entry.score, DIGITS);
    expect(result.name).toBe(entry.name);
    expect(result.signature).toBe(own(entry.signature));
    hypotheses.forEach((hypothesis, i) =>
      expect(sentenceChrF(hypothesis, references[i], options).score).toBeCloseTo(entry.sentences[i], DIGITS),
    );
  });
});

describe('ROUGE, as rouge-score computes it', () => {
  const expectScores = (actual: ROUGEScores, expected: Record<keyof ROUGEScores, number[]>): void => {
    for (const [kind, values] of Object.entries(expected)) {
      const { precision, recall, f1 } = actual[kind as keyof ROUGEScores];
      [precision, recall, f1].forEach((value, i) => expect(value).toBeCloseTo(values[i], DIGITS));
    }
  };

  it.each(reference.rouge.map((entry) => [title(entry), entry] as const))('%s', (_, entry) => {
    const { hypotheses, references } = corpora[entry.corpus];
    const options = entry.options as ROUGEOptions;
    expectScores(corpusROUGE(hypotheses, references, options), entry.mean);
    hypotheses.forEach((hypothesis, i) =>
      expectScores(sentenceROUGE(hypothesis, references[i], options), entry.sentences[i]),
    );
  });

  it("stems as NLTK's Porter stemmer", () => {
    const words = reference.stems.filter((_, i) => i % 2 === 0);
    expect(words.length).toBeGreaterThan(1000);
    expect(words.flatMap((word) => [word, porterStem(word)])).toEqual(reference.stems);
  });

  it('takes a tokenizer for languages that its own words leave out', () => {
    expect(sentenceROUGE('我们', '我们在').rouge1.f1).toBe(0);
    const { precision, recall } = sentenceROUGE('我们', '我们在', { tokenize: (text) => [...text] }).rouge1;
    expect([precision, recall]).toEqual([1, 2 / 3]);
  });
});

describe('error rates, as jiwer computes them', () => {
  it.each(reference.errors)('$corpus by $unit', ({ corpus, unit, rate, edits, referenceLength }) => {
    const { hypotheses, references } = corpora[corpus];
    const result = corpusErrorRate(hypotheses, references, { unit: unit as ErrorRateOptions['unit'] });
    expect(result.rate).toBeCloseTo(rate, 12);
    expect(result).toMatchObject({ edits, referenceLength, size: hypotheses.length });
    expect(result.substitutions + result.deletions + result.insertions).toBe(edits);
  });

  it('counts the nearest of several pronunciations', () => {
    const { hypotheses, references, rate, ...counts } = reference.several;
    const result = corpusErrorRate(hypotheses, references);
    expect(result).toMatchObject(counts);
    expect(result.rate).toBeCloseTo(rate, 12);
  });
});

describe('corpora pair by pair', () => {
  const { hypotheses, references } = corpora.several;

  it('give the same as all at once, and may be asked half-way', () => {
    const bleu = new BLEU();
    const chrf = new ChrF({ wordOrder: 2 });
    hypotheses.forEach((hypothesis, i) => {
      bleu.add(hypothesis, references[i]);
      chrf.add(hypothesis, references[i]);
      expect(bleu.result()).toEqual(corpusBLEU(hypotheses.slice(0, i + 1), references.slice(0, i + 1)));
    });
    expect(bleu.size).toBe(hypotheses.length);
    expect(chrf.result()).toEqual(corpusChrF(hypotheses, references, { wordOrder: 2 }));
  });
});
