/** What a trainer minimises, and how the batches for it become inputs of its plans. */
import { EngineError } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { Batch } from './batches';

/** A batch as the plan of its shape reads it. */
export interface Feed {
  /** Number of the shape, from 0. */
  readonly shape: number;
  readonly inputs: Readonly<Record<string, ArrayBufferView>>;
  /** Predictions that the batch's loss is the mean of: its weight among other batches. */
  readonly labels: number;
  /** Tokens read, without padding. */
  readonly tokens: number;
}

export interface Objective<B> {
  /** How many shapes batches come in: a plan is compiled for each, and all share their memory. */
  readonly shapes: number;
  /** Numbers and strings that must be the same for a checkpoint to go on with the same losses. */
  readonly identity: Readonly<Record<string, number | string>>;
  /** Declares the inputs of a shape and records its loss: the mean over the labels, a scalar. */
  record(g: Graph, shape: number): Tensor;
  /** Throws for a batch that is not of this kind. */
  feed(batch: B): Feed;
}

/** What the trainer asks of a language model; GPT and every other one of Heed is one. */
export interface TrainableModel {
  readonly config: object & { readonly vocabulary: number };
  /** ids, targets (B, T) u32 -> mean loss, a scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor;
}

/** The next token of `batch` sequences (B) of `length` tokens (T): a language model's objective. */
export function nextToken(
  model: TrainableModel,
  { batch, length }: { readonly batch: number; readonly length: number },
): Objective<Batch> {
  for (const [name, n] of Object.entries({ batch, length })) {
    if (!Number.isInteger(n) || n < 1)
      throw new EngineError('Trainer', `${name} is ${n}`, 'Use a whole number ≥ 1.');
  }
  const below = model.config.vocabulary;
  return {
    shapes: 1,
    identity: { batch, length },
    record: (g) =>
      model.loss(
        g,
        g.input('ids', [batch, length], 'u32', { below }),
        g.input('targets', [batch, length], 'u32', { below }),
      ),
    feed: ({ ids, targets }) => ({
      shape: 0,
      inputs: { ids, targets },
      labels: targets.reduce((count, target) => count + Number(target !== IGNORE_INDEX), 0),
      tokens: batch * length,
    }),
  };
}
