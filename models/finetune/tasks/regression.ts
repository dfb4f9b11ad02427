import { expectOptions, regress, type ScoredText } from '../../../engine/index';
import { pearson, spearman } from '../../../engine/metrics/index';
import { TextClassifier, type ClassifierModel } from '../../tasks/text_classifier';
import type { ScoreExample } from '../examples';
import { TASK_ARCHITECTURES, type Task } from './task';
import { expectHead } from './head';
import { textOf, textRows } from './texts';

/**
 * A number for each text, such as how alike two are. Judged by the mean squared error, Pearson's and Spearman's correlations; the best has the highest
 * Spearman.
 */
export function regression(
  options: { /** What the number is called. Default 'score'. */ readonly label?: string } = {},
): Task<ScoreExample, ScoredText> {
  const { label = 'score' } = options;
  expectOptions('regression', options, { label });
  const expectModel = (model: object): void =>
    expectHead('regression', model, { labels: null, problem: 'regression' });
  return {
    name: 'regress',
    classes: TASK_ARCHITECTURES.regress,
    head: { id2label: { 0: label }, label2id: { [label]: 0 }, num_labels: 1, problem_type: 'regression' },
    monitor: { metric: 'spearman', mode: 'max', otherwise: { metric: 'loss', mode: 'min' } },
    expectModel,
    rows: (examples, reading) => textRows('regression', examples, reading, ({ score }) => ({ score })),
    objective: (batches) => regress(batches),
    judge: async ({ device, model, tokenizer, maxLength }, examples, judging = {}) => {
      expectModel(model);
      using classifier = new TextClassifier(device, model as ClassifierModel, tokenizer);
      const found = await classifier.classify(examples.map(textOf), { long: 'cut', maxLength, ...judging });
      const told = found.map(([{ score }]) => score);
      const right = examples.map(({ score }) => score);
      const squared = told.reduce((sum, x, i) => sum + (x - right[i]) ** 2, 0) / told.length;
      const metrics = {
        meanSquaredError: squared,
        pearson: pearson(told, right),
        spearman: spearman(told, right),
      };
      return { metrics, classes: null, confusion: null };
    },
  };
}
