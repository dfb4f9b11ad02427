import { DataError } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import type { Graph } from '../graph/graph';
import { expectShape, type Tensor } from '../graph/tensor';
import { add } from '../shaders/add/add';
import { crossEntropy } from '../shaders/cross_entropy/cross_entropy';
import { slice } from '../shaders/rearrange/rearrange';
import { scale } from '../shaders/scale/scale';
import { countLabels, type Objective } from './objective';
import type { IdText, TextBatch, TextBatches } from './text_batches';
import { eachRow, textObjective, type TextModel } from './text_objective';

/** A text and where the answer in it begins and ends, by token from 0, both within. */
export interface AnsweredText extends IdText {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the answer to a question begins and ends: the mean of two cross-entropies over the T places of the model's
 * (B, T, 2), start and end, as Transformers' question answering does it: padding is a place, too, and a position that was
 * cut off counts for nothing. Throws `DataError` for answers that are not in their text, with the row's number.
 */
export function span(batches: TextBatches<AnsweredText>): Objective<TextBatch<AnsweredText>, TextModel> {
  eachRow(batches, ({ ids, start, end }, row) => {
    if (![start, end].every((at) => Number.isInteger(at) && at >= 0 && at < ids.length) || start > end) {
      const what = `the answer of row ${row} is from ${start} to ${end} of ${ids.length} tokens`;
      throw new DataError('span', what, 'Give its first and last token, counted from 0 in ids.');
    }
  });
  return textObjective(
    batches,
    'span',
    {},
    {
      record: (g, model, { ids, input }, { B, T }) => {
        const scores = model.forward(g, ids, input);
        expectShape(g.where('span'), scores, [B, T, 2]);
        const [starts, ends] = ['starts', 'ends'].map((name) => g.input(name, [B], 'u32', { below: T }));
        return spanLoss(g, scores, starts, ends);
      },
      feed: ({ rows, lengths }, { B }) => {
        const [starts, ends] = (['start', 'end'] as const).map((name) => {
          const places = new Uint32Array(B).fill(IGNORE_INDEX);
          for (const [b, row] of rows.entries()) if (row[name] < lengths[b]) places[b] = row[name];
          return places;
        });
        return { inputs: { starts, ends }, labels: (countLabels(starts) + countLabels(ends)) / 2 };
      },
    },
  );
}

/**
 * The mean of two cross-entropies over T places: where answers begin, and where they end. scores (B, T, 2), starts and ends
 * u32 (B), IGNORE_INDEX for none -> scalar.
 */
export function spanLoss(g: Graph, scores: Tensor, starts: Tensor, ends: Tensor): Tensor {
  const [B, T] = scores.shape;
  const [start, end] = [starts, ends].map((places, i) =>
    crossEntropy(g, g.view(slice(g, scores, 2, i, 1), [B, T]), places),
  );
  return scale(g, add(g, start, end), 0.5);
}
