/** How well classes are told: counts of a growing text, as scikit-learn scores them. */
import { DataError } from '../errors';
import { checkAdded, checkPairs } from './references';

/** Scores of one class, 0 to 1; 0 where they are a share of nothing (scikit-learn's `zero_division=0`). */
export interface ClassScores {
  /** Share of those that were taken for it that are of it. */
  readonly precision: number;
  /** Share of those that are of it that were taken for it. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
  /** How many are of it. */
  readonly support: number;
}

/** How well texts of one class each were told apart, see `Classification`. */
export interface ClassificationResult {
  /** Share of texts whose class was told. */
  readonly accuracy: number;
  /** Means over classes that were met, as label or as prediction; `support` counts all. */
  readonly macro: ClassScores;
  /** The same, weighted by support. */
  readonly weighted: ClassScores;
  /** Of all decisions together: where each text has one class, all three are the accuracy. */
  readonly micro: ClassScores;
  readonly classes: readonly ClassScores[];
  /** Matthews correlation coefficient, -1 to 1 (Gorodkin 2004): 0 for guesses, whatever the balance of classes. */
  readonly mcc: number;
  /** (K, K): row: the class that a text is of, column: the class that it was taken for. */
  readonly confusion: readonly (readonly number[])[];
  readonly size: number;
}

/** Scores of texts that each have one of K classes. */
export class Classification {
  readonly #confusion: number[][];

  /** `classes`: K. Throws `DataError` unless it is a whole number of at least 2. */
  constructor(classes: number) {
    if (!(Number.isInteger(classes) && classes >= 2)) {
      throw new DataError('Classification', `classes are ${classes}`, 'Give a whole number of at least 2.');
    }
    this.#confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /** Predicted classes beside those that are right, from 0 to K - 1. Throws `DataError` for anything else. */
  add(predictions: ArrayLike<number>, labels: ArrayLike<number>): this {
    checkPairs('Classification', predictions, labels);
    const K = this.#confusion.length;
    for (let i = 0; i < labels.length; i++) {
      for (const [name, id] of [['prediction', predictions[i]] as const, ['label', labels[i]] as const]) {
        if (Number.isInteger(id) && id >= 0 && id < K) continue;
        throw new DataError('Classification', `${name} ${i} is ${id}`, `Classes are 0 to ${K - 1}.`);
      }
    }
    for (let i = 0; i < labels.length; i++) this.#confusion[labels[i]][predictions[i]]++;
    return this;
  }

  /** Scores of all that was added. Throws `DataError` if that is nothing. */
  result(): ClassificationResult {
    const confusion = this.#confusion.map((row) => [...row]);
    const support = confusion.map((row) => sumOf(row));
    const taken = confusion.map((_, k) => sumOf(confusion.map((row) => row[k])));
    const right = confusion.map((row, k) => row[k]);
    const size = sumOf(support);
    checkAdded('Classification', size, 'labels');
    const classes = right.map((hits, k) => scores(hits, taken[k], support[k]));
    return {
      accuracy: sumOf(right) / size,
      micro: scores(sumOf(right), size, size),
      ...means(classes, taken),
      classes,
      mcc: matthews(right, taken, support, size),
      confusion,
      size,
    };
  }
}

/** How well texts of any number of labels were told apart, see `MultiLabelClassification`. */
export interface MultiLabelResult {
  /** Share of texts all of whose labels are right. */
  readonly subsetAccuracy: number;
  readonly micro: ClassScores;
  readonly macro: ClassScores;
  readonly weighted: ClassScores;
  /** Means over texts of each text's own precision, recall and F1. */
  readonly samples: ClassScores;
  readonly classes: readonly ClassScores[];
  readonly size: number;
}

/** Scores of texts that may be of any of K classes, or of none. */
export class MultiLabelClassification {
  readonly #hits: number[];
  readonly #taken: number[];
  readonly #support: number[];
  #samples = { precision: 0, recall: 0, f1: 0 };
  #exact = 0;
  #size = 0;

  /** `classes`: K. Throws `DataError` unless it is a whole number of at least 1. */
  constructor(classes: number) {
    if (!(Number.isInteger(classes) && classes >= 1)) {
      throw new DataError('MultiLabelClassification', `classes are ${classes}`, 'Give a whole number ≥ 1.');
    }
    const zeros = (): number[] => new Array<number>(classes).fill(0);
    [this.#hits, this.#taken, this.#support] = [zeros(), zeros(), zeros()];
  }

  /** One text's: which classes it was put into, and which it is of. Throws `DataError` for what is no class. */
  add(predictions: Iterable<number>, labels: Iterable<number>): this {
    const K = this.#hits.length;
    const [told, right] = [new Set(predictions), new Set(labels)];
    for (const id of [...told, ...right]) {
      if (Number.isInteger(id) && id >= 0 && id < K) continue;
      throw new DataError(
        'MultiLabelClassification',
        `text ${this.#size} has class ${id}`,
        `Classes are 0 to ${K - 1}.`,
      );
    }
    const hits = [...told].filter((id) => right.has(id));
    for (const id of hits) this.#hits[id]++;
    for (const id of told) this.#taken[id]++;
    for (const id of right) this.#support[id]++;
    const own = scores(hits.length, told.size, right.size);
    for (const key of ['precision', 'recall', 'f1'] as const) this.#samples[key] += own[key];
    if (hits.length === told.size && hits.length === right.size) this.#exact++;
    this.#size++;
    return this;
  }

  /** Scores of all that was added. Throws `DataError` if that is nothing. */
  result(): MultiLabelResult {
    const size = this.#size;
    checkAdded('MultiLabelClassification', size, 'texts');
    const [taken, support] = [this.#taken, this.#support];
    const classes = this.#hits.map((hits, k) => scores(hits, taken[k], support[k]));
    const { precision, recall, f1 } = this.#samples;
    const all = sumOf(support);
    return {
      subsetAccuracy: this.#exact / size,
      micro: scores(sumOf(this.#hits), sumOf(taken), all),
      ...means(classes, null),
      samples: { precision: precision / size, recall: recall / size, f1: f1 / size, support: all },
      classes,
      size,
    };
  }
}

export const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Precision, recall and F1 of `hits` among those that were `taken` and the `support` that there is. */
export function scores(hits: number, taken: number, support: number): ClassScores {
  const share = (of: number): number => (of === 0 ? 0 : hits / of);
  const f1 = taken + support === 0 ? 0 : (2 * hits) / (taken + support);
  return { precision: share(taken), recall: share(support), f1, support };
}

/** `taken`: how often each class was told; a class that was neither told nor there counts for nothing. Null: all count. */
export function means(
  classes: readonly ClassScores[],
  taken: readonly number[] | null,
): { readonly macro: ClassScores; readonly weighted: ClassScores } {
  const met = classes.filter(({ support }, k) => taken === null || support + taken[k] > 0);
  const support = sumOf(met.map((one) => one.support));
  const mean = (key: 'precision' | 'recall' | 'f1', weight: (one: ClassScores) => number): number => {
    const weights = sumOf(met.map(weight));
    return weights === 0 ? 0 : sumOf(met.map((one) => one[key] * weight(one))) / weights;
  };
  const all = (weight: (one: ClassScores) => number): ClassScores => ({
    precision: mean('precision', weight),
    recall: mean('recall', weight),
    f1: mean('f1', weight),
    support,
  });
  return { macro: all(() => 1), weighted: all((one) => one.support) };
}

/** Of the multiclass form: covariance of labels and predictions over their deviations. */
function matthews(
  right: readonly number[],
  taken: readonly number[],
  support: readonly number[],
  size: number,
): number {
  const dot = (a: readonly number[], b: readonly number[]): number => sumOf(a.map((x, k) => x * b[k]));
  const covariance = sumOf(right) * size - dot(taken, support);
  const deviations = (size * size - dot(taken, taken)) * (size * size - dot(support, support));
  return deviations === 0 ? 0 : covariance / Math.sqrt(deviations);
}
