/** What a trainer minimises, and how the batches for it become inputs of its plans. */
import { EngineError, expectOptions } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { Batch } from './batches';

/** A batch as the plan of its shape reads it. */
export interface Feed {
  /** Number of the shape, from 0. */
  readonly shape: number;
  readonly inputs: Readonly<Record<string, ArrayBufferView>>;
  /** Predictions that the batch's loss is the mean of, or the sum of their weights: its weight among other batches. */
  readonly labels: number;
  /** Tokens read, without padding. */
  readonly tokens: number;
}

/** What every objective may ask of a model: `config` goes into checkpoints. */
export interface Modelled {
  readonly config: object;
}

/** What is minimised over batches `B`, of any model that is an `M`. */
export interface Objective<B, M = Modelled> {
  /** How many shapes batches come in: a plan is compiled for each, and all share their memory. */
  readonly shapes: number;
  /** Numbers and strings that must be the same for a checkpoint to go on with the same losses. */
  readonly identity: Readonly<Record<string, number | string>>;
  /**
   * Tensors that its plans carry from one micro-batch to the next, such as the memory of segments: a module. The trainer
   * makes them once, and gives them memory, zeros at first; checkpoints hold them, and evaluations leave them as they were.
   */
  readonly state?: (model: M) => object;
  /** Declares the inputs of a shape and records its loss: the mean over the labels, a scalar. `state` is what `state` made. */
  readonly record: (g: Graph, shape: number, model: M, state: object | null) => Tensor;
  /** Throws for a batch that is not of this kind. */
  feed(batch: B): Feed;
}

/** What training on the next token asks of a model; GPT and every other language model of Heed is one. */
export interface TrainableModel {
  readonly config: object & { readonly vocabulary: number };
  /** ids, targets (B, T) u32 -> mean loss, a scalar. */
  loss(g: Graph, ids: Tensor, targets: Tensor): Tensor;
}

/** The next token of `batch` sequences (B) of `length` tokens (T): a language model's objective. */
export function nextToken(options: {
  readonly batch: number;
  readonly length: number;
}): Objective<Batch, TrainableModel> {
  const { batch, length } = options;
  expectOptions('nextToken', options, { batch, length });
  for (const [name, n] of Object.entries({ batch, length })) {
    if (!Number.isInteger(n) || n < 1)
      throw new EngineError('nextToken', `${name} is ${n}`, 'Use a whole number ≥ 1.');
  }
  return {
    shapes: 1,
    identity: { batch, length },
    record: (g, _, model) => {
      const below = model.config.vocabulary;
      return model.loss(
        g,
        g.input('ids', [batch, length], 'u32', { below }),
        g.input('targets', [batch, length], 'u32', { below }),
      );
    },
    feed: ({ ids, targets }) => ({
      shape: 0,
      inputs: { ids, targets },
      labels: countLabels(targets),
      tokens: batch * length,
    }),
  };
}

/** Those that are not IGNORE_INDEX. */
export function countLabels(labels: Uint32Array): number {
  return labels.reduce((count, label) => count + Number(label !== IGNORE_INDEX), 0);
}
