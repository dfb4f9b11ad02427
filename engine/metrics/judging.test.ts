// Scores of classes, curves, rankings, names and answers, beside scikit-learn's, SciPy's, seqeval's and SQuAD's own script.
import { describe, expect, it } from 'vitest';
import reference from '../../tests/fixtures/judging.json';
import {
  AnswerF1,
  averagePrecision,
  calibration,
  Classification,
  MultiLabelClassification,
  normalizedAnswer,
  pearson,
  Ranking,
  rocAUC,
  SpanF1,
  spansOf,
  spearman,
} from './index';

const DIGITS = 12;

interface Scores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number | null;
}

function expectScores(found: Scores, wanted: Scores): void {
  for (const key of ['precision', 'recall', 'f1'] as const)
    expect(found[key]).toBeCloseTo(wanted[key], DIGITS);
  if (wanted.support !== null) expect(found.support).toBe(wanted.support);
}

describe('classes', () => {
  const cases = [...reference.classes, reference.constant];
  it.each(cases.map((one, i) => [i, one] as const))(
    'are scored as scikit-learn scores them, case %i',
    (_, one) => {
      const half = Math.floor(one.labels.length / 2);
      const scored = new Classification(one.classes)
        .add(one.predictions.slice(0, half), one.labels.slice(0, half))
        .add(one.predictions.slice(half), one.labels.slice(half));
      const result = scored.result();
      expect(result.accuracy).toBeCloseTo(one.accuracy, DIGITS);
      expect(result.mcc).toBeCloseTo(one.mcc, DIGITS);
      expect(result.confusion).toEqual(one.confusion);
      for (const key of ['macro', 'micro', 'weighted'] as const) expectScores(result[key], one[key]);
      result.classes.forEach((scores, k) => expectScores(scores, one.each[k]));
    },
  );

  it.each(reference.several.map((one, i) => [i, one] as const))('of several each, case %i', (_, one) => {
    const scored = new MultiLabelClassification(one.classes);
    one.labels.forEach((labels, i) => scored.add(one.predictions[i], labels));
    const result = scored.result();
    expect(result.subsetAccuracy).toBeCloseTo(one.subsetAccuracy, DIGITS);
    for (const key of ['macro', 'micro', 'weighted', 'samples'] as const) expectScores(result[key], one[key]);
  });

  it('refuse what is no class', () => {
    expect(() => new Classification(1)).toThrow(/classes are 1/);
    const two = new Classification(2);
    expect(() => two.add([0, 2], [0, 1])).toThrow(/prediction 1 is 2/);
    expect(() => two.add([0], [0.5])).toThrow(/label 0 is 0\.5/);
    expect(() => two.add([0], [])).toThrow(/1 predictions for 0 labels/);
    expect(() => two.result()).toThrow(/no labels/); // a refused batch counts for nothing
    expect(() => new MultiLabelClassification(3).add([3], [])).toThrow(/text 0 has class 3/);
  });
});

describe('curves', () => {
  it.each(reference.curves.map((one, i) => [i, one] as const))(
    'have the areas of scikit-learn, case %i',
    (_, one) => {
      expect(rocAUC(one.scores, one.labels)).toBeCloseTo(one.auc, DIGITS);
      expect(averagePrecision(one.scores, one.labels)).toBeCloseTo(one.precision, DIGITS);
    },
  );

  it('refuse one class only, and what is no number', () => {
    expect(() => rocAUC([1, 2], [1, 1])).toThrow(/2 of 2 labels are 1/);
    expect(() => averagePrecision([1, 2], [0, 0])).toThrow(/no label is 1/);
    expect(() => rocAUC([1, NaN], [0, 1])).toThrow(/score 1 is NaN/);
    expect(() => rocAUC([1, 2], [0, 2])).toThrow(/label 1 is 2/);
  });

  it.each(reference.calibration.map((one, i) => [i, one] as const))(
    'calibration error, case %i',
    (_, one) => {
      const { error, worst, bins } = calibration(one.confidences, one.correct, { bins: one.bins });
      expect(error).toBeCloseTo(one.error, DIGITS);
      expect(worst).toBeGreaterThanOrEqual(error);
      expect(bins.reduce((sum, { size }) => sum + size, 0)).toBe(one.correct.length);
    },
  );

  it('calibration refuses what is no probability', () => {
    expect(() => calibration([1.1], [true])).toThrow(/confidence 0 is 1\.1/);
    expect(() => calibration([], [])).toThrow(/nothing/);
    expect(() => calibration([1], [1], { bins: 0 })).toThrow(/bins are 0/);
  });
});

describe('correlations', () => {
  it.each(reference.correlations.map((one, i) => [i, one] as const))(
    'are those of SciPy, case %i',
    (_, one) => {
      expect(pearson(one.x, one.y)).toBeCloseTo(one.pearson, DIGITS);
      expect(spearman(one.x, one.y)).toBeCloseTo(one.spearman, DIGITS);
    },
  );

  it('refuse what has none', () => {
    expect(() => pearson([1], [2])).toThrow(/1 pairs/);
    expect(() => spearman([1, 2], [3, 3])).toThrow(/same everywhere/);
    expect(() => pearson([1, NaN], [1, 2])).toThrow(/not finite/);
    expect(() => spearman([1, NaN, 2], [1, 2, 3])).toThrow(/not finite/);
    expect(pearson([1e200, 2e200, 3e200], [1, 2, 3])).toBeCloseTo(1, 12);
  });
});

describe('rankings', () => {
  it.each(reference.rankings.map((one, i) => [i, one] as const))('case %i', (_, one) => {
    const ranking = new Ranking(one.k === null ? {} : { k: one.k });
    one.scores.forEach((scores, i) => ranking.add(scores, one.relevances[i]));
    const { mrr, ndcg, hitRate, recall, queries } = ranking.result();
    expect(queries).toBe(one.scores.length);
    for (const [found, wanted] of [
      [mrr, one.mrr],
      [ndcg, one.ndcg],
      [hitRate, one.hitRate],
      [recall, one.recall],
    ]) {
      expect(found).toBeCloseTo(wanted, DIGITS);
    }
  });

  it('refuse what cannot be', () => {
    expect(() => new Ranking({ k: 0 })).toThrow(/k is 0/);
    expect(() => new Ranking().add([], [])).toThrow(/no candidates/);
    expect(() => new Ranking().add([1], [-1])).toThrow(/relevance -1/);
    expect(() => new Ranking().result()).toThrow(/no queries/);
  });
});

describe('names', () => {
  it.each(reference.tags.map((one, i) => [i, one] as const))(
    'are scored as seqeval scores them, case %i',
    (_, one) => {
      const scored = new SpanF1();
      one.labels.forEach((labels, i) => scored.add(one.predictions[i], labels));
      const { types, accuracy, ...means } = scored.result();
      expect(accuracy).toBeCloseTo(one.accuracy, DIGITS);
      for (const key of ['macro', 'micro', 'weighted'] as const) expectScores(means[key], one[key]);
      expect(Object.keys(types)).toEqual(Object.keys(one.types));
      for (const [type, scores] of Object.entries(one.types)) expectScores(types[type], scores);
    },
  );

  it('are found in tags', () => {
    expect(spansOf(['B-PER', 'I-PER', 'O', 'LOC', 'LOC', 'S-LOC', 'B'])).toEqual([
      { type: 'PER', start: 0, end: 2 },
      { type: 'LOC', start: 3, end: 5 },
      { type: 'LOC', start: 5, end: 6 },
      { type: '_', start: 6, end: 7 },
    ]);
    expect(() => spansOf(['O', ''])).toThrow(/tag 1 is empty/);
    expect(() => new SpanF1().add(['O'], [])).toThrow(/1 predicted tags for 0/);
  });
});

describe('answers', () => {
  it.each(reference.answers.map((one) => [one.answer, one] as const))('%j', (_, one) => {
    expect(normalizedAnswer(one.answer)).toBe(one.normalized);
    const { exactMatch, f1 } = new AnswerF1().add(one.answer, one.references).result();
    expect(exactMatch).toBe(one.exact);
    expect(f1).toBeCloseTo(one.f1, DIGITS);
  });

  it('are a mean over all', () => {
    const scored = new AnswerF1();
    for (const { answer, references } of reference.answers) scored.add(answer, references);
    const mean = (key: 'exact' | 'f1'): number =>
      reference.answers.reduce((sum, one) => sum + one[key], 0) / reference.answers.length;
    expect(scored.result()).toEqual({
      exactMatch: expect.closeTo(mean('exact'), 12) as number,
      f1: expect.closeTo(mean('f1'), 12) as number,
      size: reference.answers.length,
    });
    expect(() => new AnswerF1().result()).toThrow(/no answers/);
  });
});
