import { LearnedPositions } from '../../engine/index';
import type { Family } from '../family/family';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { bartLike, bartWeights, marianPositions } from './bart_parts';

/** Pegasus, which is taught by sentences left out (Zhang et al. 2020). */
export const pegasus: Family<Seq2SeqLM> = {
  type: 'pegasus',
  title: 'Pegasus',
  architectures: ['PegasusForConditionalGeneration', 'PegasusModel'],
  build: (json, file) =>
    bartLike(json, file, {
      ...{ order: 'pre', embeddingNorm: false, outputBias: true, defaults: { padding: 0 } },
      positions: (context, width) => {
        const init = (): Float32Array => marianPositions(context, width);
        return new LearnedPositions(context, width, { init, trainable: false });
      },
    }),
  // Some checkpoints have positions, others leave them to be computed.
  weights: (model) =>
    bartWeights(model, { absent: ([positions, width]) => marianPositions(positions, width) }),
};
