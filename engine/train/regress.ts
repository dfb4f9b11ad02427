import { DataError, EngineError, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import { expectShape, type Tensor } from '../graph/tensor';
import { meanSquaredError } from '../shaders/elementwise_loss/elementwise_loss';
import { multiply } from '../shaders/multiply/multiply';
import type { Objective } from './objective';
import type { IdText, TextBatch, TextBatches } from './text_batches';
import { eachRow, textObjective, type TextModel } from './text_objective';

/** A text and a number, or several. */
export interface ScoredText extends IdText {
  readonly score: number | readonly number[];
}

/**
 * A number of each text, or `numbers` of them: mean squared error of the model's (B, numbers). Throws `DataError` for
 * scores that are not finite or not so many, with the row's number.
 */
export function regress(
  batches: TextBatches<ScoredText>,
  options: { readonly numbers?: number } = {},
): Objective<TextBatch<ScoredText>, TextModel> {
  const { numbers = 1 } = options;
  expectOptions('regress', options, { numbers });
  if (!Number.isInteger(numbers) || numbers < 1)
    throw new EngineError('regress', `numbers is ${numbers}`, 'Use a whole number ≥ 1.');
  eachRow(batches, ({ score }, row) => {
    const all = [score].flat();
    if (all.length !== numbers || !all.every(Number.isFinite)) {
      const what = `the score of row ${row} is ${String(score)}`;
      throw new DataError(
        'regress',
        what,
        `Give ${numbers === 1 ? 'a finite number' : `${numbers} finite numbers`}.`,
      );
    }
  });
  return textObjective(
    batches,
    'regress',
    { numbers },
    {
      record: (g, model, { ids, input }, { B }) =>
        numbersLoss(g, model.forward(g, ids, input), [B, numbers], meanSquaredError),
      feed: ({ rows }, { B }) => {
        const targets = new Float32Array(B * numbers);
        for (const [b, { score }] of rows.entries()) targets.set([score].flat(), b * numbers);
        return numbersFeed(
          targets,
          new Float32Array(B * numbers).fill(1, 0, rows.length * numbers),
          rows.length * numbers,
        );
      },
    },
  );
}

/** The mean over real rows of a loss of pairs of numbers, whose weights need not have mean 1. */
export function numbersLoss(
  g: Graph,
  scores: Tensor,
  shape: readonly [number, number],
  loss: typeof meanSquaredError,
): Tensor {
  expectShape(g.where('objective'), scores, shape);
  const weights = g.input('weights', shape, 'f32');
  const mean = loss(g, scores, g.input('targets', shape, 'f32'), { weights });
  return multiply(g, mean, g.input('meanWeight', [], 'f32'));
}

export function numbersFeed(targets: Float32Array, weights: Float32Array, labels: number) {
  const mean = weights.reduce((sum, w) => sum + w, 0) / Math.max(labels, 1);
  return { inputs: { targets, weights, meanWeight: Float32Array.of(mean) }, labels };
}
