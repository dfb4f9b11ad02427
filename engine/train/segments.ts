/** Texts read segment by segment, by models that remember the segments before: Transformer-XL (Dai et al. 2019). */
import { DataError, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { SegmentMemory } from '../nn/relative_attention';
import { expectSizes, type Batch } from './batches';
import { nextToken, type Objective } from './objective';

/** A segment of each stream. */
export interface SegmentBatch extends Batch {
  /** Whether the streams begin here: nothing is remembered. */
  readonly fresh: boolean;
}

/** What training on segments asks of a model. */
export interface SegmentModel {
  readonly config: object & { readonly vocabulary: number };
  /** Empty memories of every layer for `batch` streams. */
  memories(batch: number): readonly SegmentMemory[];
  /** ids, targets (B, T) u32 -> mean loss, a scalar; moves the memories on. `fresh`: as if they held zeros. */
  loss(
    g: Graph,
    ids: Tensor,
    targets: Tensor,
    input: { readonly memories: readonly SegmentMemory[]; readonly fresh: boolean },
  ): Tensor;
}

/**
 * The next token of `batch` streams (B), `length` tokens (T) at a time, each reading on where it stopped: batches of
 * `segments`. Memories are part of checkpoints, so that a run resumes exactly; evaluations have the same memory for their
 * time, and give it back.
 */
export function segmentedText(options: {
  readonly batch: number;
  readonly length: number;
}): Objective<SegmentBatch, SegmentModel> {
  const { batch, length } = options;
  expectOptions('segmentedText', options, { batch, length });
  const plain = nextToken(options);
  return {
    shapes: 2,
    identity: { ...plain.identity, order: 'segments' },
    state: (model) => ({ memories: model.memories(batch) }),
    record: (g, shape, model, state) => {
      const { memories } = state as { readonly memories: readonly SegmentMemory[] };
      const [ids, targets] = ['ids', 'targets'].map((name) =>
        g.input(name, [batch, length], 'u32', { below: model.config.vocabulary }),
      );
      return model.loss(g, ids, targets, { memories, fresh: shape === 1 });
    },
    feed: (segment) => ({ ...plain.feed(segment), shape: segment.fresh ? 1 : 0 }),
  };
}

/** Segments of a text as a function of the step's number, so that a run resumes where its step says. */
export interface SegmentSource {
  (step: number): SegmentBatch;
  /** Segments until the text begins again. */
  readonly count: number;
}

/**
 * A text as B streams of equal length beside each other, T tokens of each a step, from the beginning again at its end; a rest
 * that fills no segment is left out. Throws `DataError` for a text that is shorter than one step.
 */
export function segments(
  tokens: Uint32Array,
  options: { readonly batch: number; readonly length: number },
): SegmentSource {
  const { batch, length } = options;
  expectOptions('segments', options, { batch, length });
  expectSizes('segments', { batch, length });
  const stream = Math.floor((tokens.length - 1) / batch);
  const count = Math.floor(stream / length);
  if (count < 1) {
    const what = `the text has ${tokens.length} tokens but one step takes ${batch * length + 1}`;
    throw new DataError('segments', what, 'Use a longer text, fewer streams or shorter segments.');
  }
  const at = (step: number): SegmentBatch => {
    const ids = new Uint32Array(batch * length);
    const targets = new Uint32Array(batch * length);
    for (let b = 0; b < batch; b++) {
      const start = b * stream + (step % count) * length;
      ids.set(tokens.subarray(start, start + length), b * length);
      targets.set(tokens.subarray(start + 1, start + 1 + length), b * length);
    }
    return { ids, targets, fresh: step % count === 0 };
  };
  return Object.assign(at, { count });
}
