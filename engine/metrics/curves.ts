/** How well scores tell two classes apart, whatever the threshold; and whether probabilities are what they say. */
import { DataError } from '../errors';
import { checkPairs } from './references';

/** Scores in falling order, equal ones together: of how many texts, and how many of these are of the class. */
function steps(where: string, scores: ArrayLike<number>, labels: ArrayLike<number | boolean>) {
  checkPairs(where, scores, labels);
  let positives = 0;
  for (let i = 0; i < labels.length; i++) {
    const [score, label] = [scores[i], Number(labels[i])];
    if (Number.isNaN(score)) throw new DataError(where, `score ${i} is NaN`, 'Give numbers.');
    if (label !== 0 && label !== 1) {
      throw new DataError(
        where,
        `label ${i} is ${String(labels[i])}`,
        'Give 1 for the class, 0 for all else.',
      );
    }
    positives += label;
  }
  const negatives = labels.length - positives;
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const groups: { readonly positives: number; readonly negatives: number }[] = [];
  for (let at = 0; at < order.length;) {
    const group = { positives: 0, negatives: 0 };
    const score = scores[order[at]];
    for (; at < order.length && scores[order[at]] === score; at++) {
      if (Number(labels[order[at]]) === 1) group.positives++;
      else group.negatives++;
    }
    groups.push(group);
  }
  return { groups, positives, negatives };
}

/**
 * Area under the ROC curve: how probably a text of the class has a higher score than another one, equal scores counting
 * half; 0.5 for guesses. Throws `DataError` where all labels are the same.
 */
export function rocAUC(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): number {
  const { groups, positives, negatives } = steps('rocAUC', scores, labels);
  if (positives === 0 || negatives === 0) {
    const what = `${positives} of ${labels.length} labels are 1`;
    throw new DataError('rocAUC', what, 'There must be texts of the class and others.');
  }
  let [area, above] = [0, 0];
  for (const group of groups) {
    area += group.negatives * (above + group.positives / 2);
    above += group.positives;
  }
  return area / (positives * negatives);
}

/** Average precision: the area under the curve of precision by recall, without interpolation. Throws as `rocAUC`. */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): number {
  const { groups, positives } = steps('averagePrecision', scores, labels);
  if (positives === 0) {
    throw new DataError('averagePrecision', 'no label is 1', 'There must be texts of the class.');
  }
  let [sum, hits, taken] = [0, 0, 0];
  for (const group of groups) {
    hits += group.positives;
    taken += group.positives + group.negatives;
    sum += (group.positives / positives) * (hits / taken);
  }
  return sum;
}

/** Texts whose confidence was about the same. */
export interface CalibrationBin {
  /** Mean confidence. */
  readonly confidence: number;
  /** Share that was right. */
  readonly accuracy: number;
  readonly size: number;
}

/** How far probabilities can be believed, see `calibration`. */
export interface CalibrationResult {
  /** Expected calibration error (Guo et al. 2017): how far confidence and accuracy are apart, a mean weighted by texts. */
  readonly error: number;
  /** Of the worst bin. */
  readonly worst: number;
  /** Those that hold a text, from low confidence to high. */
  readonly bins: readonly CalibrationBin[];
}

/**
 * Whether a model is right as often as it says. `confidences`: probabilities of the classes that were told; `correct`: whether
 * they were right. Bins are of equal width, (lower, upper], default 15. Throws `DataError` for what is no probability.
 */
export function calibration(
  confidences: ArrayLike<number>,
  correct: ArrayLike<number | boolean>,
  { bins = 15 }: { readonly bins?: number } = {},
): CalibrationResult {
  checkPairs('calibration', confidences, correct);
  if (!(Number.isInteger(bins) && bins >= 1)) {
    throw new DataError('calibration', `bins are ${bins}`, 'Give a whole number of at least 1.');
  }
  if (confidences.length === 0) throw new DataError('calibration', 'there is nothing to judge');
  const all = Array.from({ length: bins }, () => ({ confidence: 0, right: 0, size: 0 }));
  for (let i = 0; i < confidences.length; i++) {
    const p = confidences[i];
    if (!(p >= 0 && p <= 1)) {
      throw new DataError('calibration', `confidence ${i} is ${p}`, 'Give probabilities from 0 to 1.');
    }
    const bin = all[Math.max(0, Math.ceil(p * bins) - 1)];
    bin.confidence += p;
    bin.right += Number(correct[i]);
    bin.size++;
  }
  const filled = all.flatMap(({ confidence, right, size }): CalibrationBin[] =>
    size === 0 ? [] : [{ confidence: confidence / size, accuracy: right / size, size }],
  );
  const gaps = filled.map(({ confidence, accuracy }) => Math.abs(confidence - accuracy));
  return {
    error: gaps.reduce((sum, gap, k) => sum + gap * filled[k].size, 0) / confidences.length,
    worst: Math.max(...gaps),
    bins: filled,
  };
}
