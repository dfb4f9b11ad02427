import { classify, DataError, EngineError, expectOptions, type LabelledText } from '../../../engine/index';
import { calibration, Classification, MultiLabelClassification, rocAUC } from '../../../engine/metrics/index';
import { TextClassifier, type ClassifierModel } from '../../tasks/text_classifier';
import type { ClassExample } from '../examples';
import { TASK_ARCHITECTURES, type ClassJudgement, type Task } from './task';
import { expectHead } from './head';
import { textOf, textRows } from './texts';

/** The classes of `classification`, and how much each counts. */
export interface ClassificationOptions {
  /** What the classes are called, in order. */
  readonly labels: readonly string[];
  /** Whether texts have several labels, or none: each holds or not by itself. Default false. */
  readonly multiLabel?: boolean;
  /**
   * How much each class counts, or 'balanced': by the inverse of how often it is met, as scikit-learn has it (with `multiLabel`, positive
   * weights: how many texts it does not hold in, for one in which it does). Default null: all alike.
   */
  readonly weights?: readonly number[] | 'balanced' | null;
  /** Label smoothing. Default 0. */
  readonly smoothing?: number;
  /** Of two classes, the one whose F1 is told as `f1`, and whose probability `auc` goes by. Default the second. */
  readonly positive?: string;
}

/**
 * Classes of texts. Judged by accuracy, F1 (macro, and of two classes `f1` of the positive one), Matthews' correlation, and of two classes the
 * area under the ROC; and the calibration error of the class that is told. With `multiLabel`: F1 (micro and macro, labels of 0.5 and over hold),
 * and the share of texts all of whose labels are right. The best has the highest macro F1.
 */
export function classification(options: ClassificationOptions): Task<ClassExample, LabelledText> {
  const { labels, multiLabel = false, weights = null, smoothing = 0, positive = labels[1] } = options;
  expectOptions('classification', options, { labels, multiLabel, weights, smoothing, positive });
  if (!(labels as unknown) || labels.length < (multiLabel ? 1 : 2))
    throw new EngineError('classification', 'labels are no list of two', 'Name the classes.');
  if (!labels.includes(positive) && !(multiLabel && labels.length === 1))
    throw new EngineError(
      'classification',
      `positive is ${positive}`,
      `The labels are ${labels.join(', ')}.`,
    );
  if (typeof weights === 'string' && weights !== 'balanced')
    throw new EngineError('classification', `weights are ${String(weights)}`, "Give numbers or 'balanced'.");
  const problem = multiLabel ? 'multi_label_classification' : 'single_label_classification';
  const expectModel = (model: object): void => expectHead('classification', model, { labels, problem });
  return {
    name: 'classify',
    classes: TASK_ARCHITECTURES.classify,
    head: {
      id2label: Object.fromEntries(labels.map((label, i) => [i, label])),
      label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
      problem_type: problem,
    },
    monitor: {
      ...{ metric: 'macroF1', mode: 'max' },
      otherwise: { metric: 'loss', mode: 'min' },
    },
    expectModel,
    rows: (examples, reading) =>
      textRows('classification', examples, reading, ({ label }) => {
        if (Array.isArray(label) === multiLabel) return { label };
        const what = `it has ${multiLabel ? 'one label' : 'a list of labels'}`;
        throw new DataError('classification', what, `Say multiLabel: ${!multiLabel}, or change the labels.`);
      }),
    objective: (batches) => {
      const given = weights === 'balanced' ? balanced(batches.rows, labels, multiLabel) : weights;
      const classes = labels.length;
      return multiLabel
        ? classify(batches, { classes, multiLabel, positiveWeights: given })
        : classify(batches, { classes, weights: given, smoothing });
    },
    judge: async ({ device, model, tokenizer, maxLength }, examples, judging = {}) => {
      expectModel(model);
      using classifier = new TextClassifier(device, model as ClassifierModel, tokenizer);
      const found = await classifier.classify(examples.map(textOf), { long: 'cut', maxLength, ...judging });
      const scores = found.map((all) => {
        const by = new Map(all.map(({ label, score }) => [label, score]));
        return labels.map((label) => by.get(label) ?? 0);
      });
      return multiLabel
        ? judgeEach(labels, examples, scores)
        : judgeOne(labels, examples, scores, labels.indexOf(positive));
    },
  };
}

function judgeOne(
  labels: readonly string[],
  examples: readonly ClassExample[],
  scores: readonly (readonly number[])[],
  positive: number,
) {
  const right = examples.map(({ label }) => label as number);
  const told = scores.map((own) => own.indexOf(Math.max(...own)));
  const result = new Classification(labels.length).add(told, right).result();
  const sure = scores.map((own, i) => own[told[i]]);
  const hits = told.map((one, i) => Number(one === right[i]));
  const two = labels.length === 2;
  const both = new Set(right).size === 2;
  return {
    metrics: {
      accuracy: result.accuracy,
      macroF1: result.macro.f1,
      ...(two && { f1: result.classes[positive].f1 }),
      mcc: result.mcc,
      // Of one class only there is no curve.
      ...(two &&
        both && {
          auc: rocAUC(
            scores.map((own) => own[positive]),
            right.map((one) => one === positive),
          ),
        }),
      calibrationError: calibration(sure, hits).error,
    },
    classes: named(labels, result.classes),
    confusion: result.confusion,
  };
}

function judgeEach(
  labels: readonly string[],
  examples: readonly ClassExample[],
  scores: readonly (readonly number[])[],
) {
  const counts = new MultiLabelClassification(labels.length);
  for (const [i, { label }] of examples.entries()) {
    const told = labels.map((_, k) => k).filter((k) => scores[i][k] >= 0.5);
    counts.add(told, label as readonly number[]);
  }
  const result = counts.result();
  return {
    metrics: {
      macroF1: result.macro.f1,
      microF1: result.micro.f1,
      subsetAccuracy: result.subsetAccuracy,
    },
    classes: named(labels, result.classes),
    confusion: null,
  };
}

const named = (
  labels: readonly string[],
  classes: readonly ClassJudgement[],
): Record<string, ClassJudgement> => Object.fromEntries(labels.map((label, k) => [label, classes[k]]));

/** n / (K n_k); with `multiLabel` (n - n_k) / n_k. A class that is never met counts as if it were met once. */
function balanced(rows: readonly LabelledText[], labels: readonly string[], multiLabel: boolean): number[] {
  const counts = labels.map(() => 0);
  for (const { label } of rows) for (const k of [label].flat()) counts[k]++;
  return counts.map((count) => {
    const n = Math.max(1, count);
    return multiLabel ? (rows.length - n) / n || 1 : rows.length / (labels.length * n);
  });
}
