import { EngineError, expectOptions, ShapeError } from '../errors';
import { IGNORE_INDEX } from '../graph/plan';
import type { Graph } from '../graph/graph';
import type { Tensor } from '../graph/tensor';
import type { Objective } from './objective';
import type { PairBatch } from './pair_batches';
import type { PairShape } from './pair_shapes';

/** What training on pairs asks of a model; `EncoderDecoder` is one. */
export interface PairModel {
  readonly config: { readonly vocabulary: number; readonly sourceVocabulary?: number };
  /** source (B, S), lengths u32 (B), target and labels (B, T) u32 -> mean loss over the labels, a scalar. */
  loss(
    g: Graph,
    source: Tensor,
    sourceLengths: Tensor | null,
    target: Tensor,
    labels: Tensor,
    options: { readonly smoothing?: number },
  ): Tensor;
}

/** How `pairs` counts the loss. */
export interface PairsOptions {
  /** Label smoothing (Szegedy et al. 2016) while training; evaluation is without. Default 0.1, as in the paper. */
  readonly smoothing?: number;
}

/**
 * Teacher forcing on the batches of a `PairBatches`: every target token from those before it and the source
 * (Vaswani et al. 2017). Evaluation takes batches of the same shapes: `new PairBatches(held, { shapes: batches.shapes })`.
 */
export function pairs(
  { shapes, fingerprint }: { readonly shapes: readonly PairShape[]; readonly fingerprint: string },
  options: PairsOptions = {},
): Objective<PairBatch, PairModel> {
  const { smoothing = 0.1 } = options;
  expectOptions('pairs', options, { smoothing });
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new EngineError('pairs', `smoothing is ${smoothing}`, 'Use a share of at least 0 and below 1.');
  }
  return {
    shapes: shapes.length,
    identity: { pairs: fingerprint, smoothing },
    record: (g, shape, model) => {
      const { vocabulary, sourceVocabulary = vocabulary } = model.config;
      const { B, S, T } = shapes[shape];
      const input = (name: string, length: number, below: number): Tensor =>
        g.input(name, [B, length], 'u32', { below });
      return model.loss(
        g,
        input('source', S, sourceVocabulary),
        g.input('sourceLengths', [B], 'u32', { below: S + 1 }),
        input('ids', T, vocabulary),
        input('targets', T, vocabulary),
        { smoothing: g.train ? smoothing : 0 },
      );
    },
    feed({ shape, source, sourceLengths, ids, targets, lengths, pairs: rows }) {
      const { B, S, T } = shapes[shape] ?? { B: 0, S: 0, T: 0 };
      if (B === 0 || source.length !== B * S || ids.length !== B * T) {
        const want = B === 0 ? `want a shape below ${shapes.length}` : `want ${B}·${S} and ${B}·${T}`;
        throw new ShapeError(
          'pairs',
          `a batch of shape ${shape} has ${source.length} source and ${ids.length} target tokens, ${want}`,
          'Make all batches with the same shapes: new PairBatches(pairs, { shapes: training.shapes, … }).',
        );
      }
      let labels = 0;
      let tokens = 0;
      for (let b = 0; b < B; b++) {
        if (rows[b] === IGNORE_INDEX) continue;
        labels += lengths[b];
        tokens += lengths[b] + sourceLengths[b];
      }
      return { shape, inputs: { source, sourceLengths, ids, targets }, labels, tokens };
    },
  };
}
