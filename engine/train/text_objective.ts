import { ShapeError } from '../errors';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { TextShape } from './length_buckets';
import type { Objective } from './objective';
import type { IdText, TextBatch, TextBatches } from './text_batches';

/** How a model is told of a text's padding and segments. */
export interface TextInput {
  /** Kind of each token's segment, u32 (B, T). */
  readonly segments?: Tensor | null;
  /** Tokens that are real in each text, u32 (B). */
  readonly lengths?: Tensor | null;
}

/** What training on texts asks of a model; BERT and its like with their heads are such. */
export interface TextModel {
  readonly config: object & { readonly vocabulary: number; readonly segments?: number };
  /** ids u32 (B, T) -> the scores that the objective reads. */
  forward(g: Graph, ids: Tensor, input: TextInput): Tensor;
}

/** A text's inputs in a graph. */
export interface RecordedText {
  readonly ids: Tensor;
  readonly input: TextInput;
}

/**
 * An objective over batches of texts, from what is its own: `record` declares the inputs that hold the labels and gives the loss, a scalar;
 * `feed` gives these inputs, and over how many labels the loss is the mean. `identity` is what a checkpoint must have in common. Its `feed`
 * throws `ShapeError` for batches of other shapes.
 */
export function textObjective<
  R extends IdText,
  M extends TextModel | { readonly config: TextModel['config'] },
>(
  batches: TextBatches<R>,
  kind: string,
  identity: Readonly<Record<string, number | string>>,
  own: {
    readonly record: (g: Graph, model: M, text: RecordedText, shape: TextShape) => Tensor;
    readonly feed: (
      batch: TextBatch<R>,
      shape: TextShape,
    ) => { readonly inputs: Readonly<Record<string, ArrayBufferView>>; readonly labels: number };
  },
): Objective<TextBatch<R>, M> {
  const { shapes, segmented } = batches;
  return {
    shapes: shapes.length,
    identity: { kind, texts: batches.fingerprint, ...identity },
    record: (g, shape, model) => {
      const { B, T } = shapes[shape];
      const { vocabulary, segments: kinds = 1 } = model.config;
      const ids = g.input('ids', [B, T], 'u32', { below: vocabulary });
      const lengths = g.input('lengths', [B], 'u32', { below: T + 1 });
      const segments = segmented ? g.input('segments', [B, T], 'u32', { below: kinds }) : null;
      return own.record(g, model, { ids, input: { lengths, segments } }, { B, T });
    },
    feed: (batch) => {
      const { shape, ids, segments, lengths } = batch;
      const { B, T } = shapes[shape] ?? { B: 0, T: 0 };
      if (B === 0 || ids.length !== B * T || lengths.length !== B) {
        const want = B === 0 ? `want a shape below ${shapes.length}` : `want ${B}·${T}`;
        throw new ShapeError(
          kind,
          `a batch of shape ${shape} has ${ids.length} tokens, ${want}`,
          'Make all batches with the same shapes: new TextBatches(rows, { shapes: training.shapes, … }).',
        );
      }
      const { inputs, labels } = own.feed(batch, { B, T });
      let tokens = 0;
      for (let b = 0; b < batch.rows.length; b++) tokens += lengths[b];
      return {
        shape,
        inputs: { ids, lengths, ...(segmented && { segments }), ...inputs },
        labels,
        tokens,
      };
    },
  };
}

/** Each text with the number that it was given with. */
export function eachRow<R extends IdText>(
  batches: TextBatches<R>,
  check: (row: R, number: number) => void,
): void {
  for (const [i, row] of batches.rows.entries()) check(row, batches.numbers[i]);
}
