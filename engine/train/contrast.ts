import { DataError, EngineError, expectOptions } from '../errors';
import type { Graph } from '../graph/graph';
import { IGNORE_INDEX } from '../graph/plan';
import type { Tensor } from '../graph/tensor';
import { poolRows, type Pooling } from '../nn/pool_rows';
import { add } from '../shaders/add/add';
import { crossEntropy } from '../shaders/cross_entropy/cross_entropy';
import { matmul } from '../shaders/matmul/matmul';
import { normalize } from '../shaders/normalize/normalize';
import { slice } from '../shaders/rearrange/rearrange';
import { scale } from '../shaders/scale/scale';
import { countLabels, type Objective } from './objective';
import type { IdText, TextBatch, TextBatches } from './text_batches';
import { eachRow } from './text_objective';

/** Two texts that belong together: a question and its answer, a text and its summary. Made by `pairedTexts`. */
export interface PairedText extends IdText {
  readonly first: ArrayLike<number>;
  readonly second: ArrayLike<number>;
}

/** How `contrast` compares rows, and makes one of a text's. */
export interface ContrastOptions {
  /** Cosines are multiplied by it: 1 / temperature. Default 20, as sentence-transformers has it. */
  readonly sharpness?: number;
  /** Default 'mean'. */
  readonly pooling?: Pooling;
}

/** What `contrast` asks of a model: `TextEncoder` is one. */
export interface RowModel {
  readonly config: object & { readonly vocabulary: number };
  /** What goes into each layer, and in the end what comes out of the last, (B, T, C). */
  hidden(g: Graph, ids: Tensor, input: { readonly lengths: Tensor }): readonly Tensor[];
}

/** Rows for `TextBatches`, which sorts pairs by the longer of their texts. */
export function pairedTexts(
  pairs: readonly { readonly first: ArrayLike<number>; readonly second: ArrayLike<number> }[],
): PairedText[] {
  return pairs.map(({ first, second }) => ({
    ...{ first, second },
    ids: first.length >= second.length ? first : second,
  }));
}

/** What hides a cosine: far below all of them, and finite. */
const HIDDEN = -1e9;

/**
 * Finding each text's other one among those of the batch (in-batch negatives: van den Oord et al. 2018, Henderson et al. 2017):
 * cross-entropy of the cosines of their pooled rows. Second texts that are the same in two pairs are no negatives of each other. The
 * mean over pairs; a batch of one pair, which has nothing to tell apart, counts none.
 *
 * Throws `DataError` for a text without tokens, `EngineError` for a shape that holds one pair only.
 */
export function contrast(
  batches: TextBatches<PairedText>,
  options: ContrastOptions = {},
): Objective<TextBatch<PairedText>, RowModel> {
  const { sharpness = 20, pooling = 'mean' } = options;
  expectOptions('contrast', options, { sharpness, pooling });
  if (!(typeof sharpness === 'number' && sharpness > 0 && sharpness < Infinity))
    throw new EngineError('contrast', `sharpness is ${String(sharpness)}`, 'Use a positive number.');
  const alone = batches.shapes.find(({ B }) => B < 2);
  if (alone) {
    const what = `texts of ${alone.T} tokens are alone in their batches`;
    throw new EngineError('contrast', what, 'Raise tokens, or cut texts: a pair is told from others.');
  }
  eachRow(batches, ({ first, second }, row) => {
    for (const [name, ids] of Object.entries({ first, second })) {
      if (ids?.length >= 1) continue;
      throw new DataError('contrast', `the ${name} text of row ${row} has no tokens`, 'Leave it out.');
    }
  });
  const { shapes } = batches;
  return {
    shapes: shapes.length,
    identity: { kind: 'contrast', texts: batches.fingerprint, sharpness, pooling },
    record: (g, shape, model) => {
      const { B, T } = shapes[shape];
      const ids = g.input('ids', [2 * B, T], 'u32', { below: model.config.vocabulary });
      const lengths = g.input('lengths', [2 * B], 'u32', { below: T + 1 });
      const rows = model.hidden(g, ids, { lengths }).at(-1)!;
      const pooled = normalize(g, poolRows(g, rows, lengths, pooling));
      const [first, second] = [0, 1].map((side) => slice(g, pooled, 0, side * B, B));
      const cosines = matmul(g, first, second, { transposeB: true });
      const hidden = g.input('hidden', [B, B], 'f32');
      const logits = add(g, scale(g, cosines, sharpness), hidden);
      return crossEntropy(g, logits, g.input('labels', [B], 'u32', { below: B }));
    },
    feed: ({ shape, rows }) => {
      const { B, T } = shapes[shape];
      const [ids, lengths] = [new Uint32Array(2 * B * T), new Uint32Array(2 * B).fill(1)];
      const labels = new Uint32Array(B).fill(IGNORE_INDEX);
      let tokens = 0;
      for (const [b, { first, second }] of rows.entries()) {
        for (const [row, own] of [[b, first] as const, [B + b, second] as const]) {
          lengths[row] = Math.min(own.length, T);
          for (let t = 0; t < lengths[row]; t++) ids[row * T + t] = own[t];
          tokens += lengths[row];
        }
        if (rows.length > 1) labels[b] = b;
      }
      return {
        ...{ shape, tokens, labels: countLabels(labels) },
        inputs: { ids, lengths, labels, hidden: hiddenOf(rows, B) },
      };
    },
  };
}

/** Added to the cosines of each first text (row) and second one (column): what is no negative is hidden. */
function hiddenOf(rows: readonly PairedText[], B: number): Float32Array {
  const hidden = new Float32Array(B * B);
  const texts = rows.map(({ second }) => Array.from(second).join(' '));
  for (let i = 0; i < B; i++)
    for (let j = 0; j < B; j++) {
      if (i !== j && (j >= rows.length || texts[i] === texts[j])) hidden[i * B + j] = HIDDEN;
    }
  return hidden;
}
