import {
  DataError,
  IGNORE_INDEX,
  maskedToken,
  type Graph,
  type MaskedModel,
  type MaskedTokenOptions,
  type Objective,
  type Tensor,
  type TextBatch,
  type TextBatches,
  type TextInput,
} from '../../engine/index';
import type { SegmentPair } from './segment_pairs';

/** What pre-training on pairs of segments asks of a model; `PreTraining` is one. */
export interface PairModel {
  readonly config: object & { readonly vocabulary: number; readonly segments?: number };
  /** ids, labels (B, T) u32, next (B) u32 -> the sum of both mean cross-entropies, a scalar. */
  loss(g: Graph, ids: Tensor, labels: Tensor, input: TextInput & { readonly next: Tensor }): Tensor;
}

/**
 * Both of BERT's objectives at once (Devlin et al. 2019, 3.1): the mean cross-entropy of hidden tokens, see `maskedToken`, plus that of whether the
 * second segment follows the first. Rows are those of `segmentPairs`; the model is a `PreTraining`, as BertForPreTraining and
 * AlbertForPreTraining are.
 *
 * Throws `DataError` for rows whose `next` is neither 0 nor 1, `EngineError` for options as `maskedToken` does.
 */
export function pretraining(
  batches: TextBatches<SegmentPair>,
  options: MaskedTokenOptions,
): Objective<TextBatch<SegmentPair>, PairModel> {
  for (const [i, { next }] of batches.rows.entries()) {
    if (next === 0 || next === 1) continue;
    const what = `next of row ${batches.numbers[i]} is ${String(next)}`;
    throw new DataError('pretraining', what, 'Give 0 where the second segment follows, 1 where it does not.');
  }
  const tokens = maskedToken(batches, options);
  const { shapes } = batches;
  return {
    shapes: tokens.shapes,
    identity: { ...tokens.identity, kind: 'pretraining' },
    record: (g, shape, model) => {
      const next = g.input('next', [shapes[shape].B], 'u32', { below: 2 });
      const both: MaskedModel = {
        config: model.config,
        loss: (graph, ids, labels, input) => model.loss(graph, ids, labels, { ...input, next }),
      };
      return tokens.record(g, shape, both, null);
    },
    feed: (batch) => {
      const { inputs, ...rest } = tokens.feed(batch);
      const next = new Uint32Array(shapes[batch.shape].B).fill(IGNORE_INDEX);
      for (const [b, row] of batch.rows.entries()) next[b] = row.next;
      return { ...rest, inputs: { ...inputs, next } };
    },
  };
}
