import { LearnedPositions } from '../../engine/index';
import type { Family } from '../family/family';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { bartLike, bartWeights } from './bart_parts';

/** Positions begin at row 2, as they did behind two ids of padding in fairseq. */
const positions = (context: number, width: number): LearnedPositions =>
  new LearnedPositions(context, width, { skip: 2 });

/** BART, and its summarisers such as bart-large-cnn (Lewis et al. 2020). */
export const bart: Family<Seq2SeqLM> = {
  type: 'bart',
  title: 'BART',
  architectures: ['BartForConditionalGeneration', 'BartModel'],
  build: (json, file) =>
    bartLike(json, file, { order: 'post', embeddingNorm: true, positions, outputBias: true }),
  weights: (model) => bartWeights(model),
};

/** mBART and mBART-50: BART in 25 and 50 languages, normalised before (Liu et al. 2020; Tang et al. 2020). */
export const mbart: Family<Seq2SeqLM> = {
  type: 'mbart',
  title: 'mBART',
  architectures: ['MBartForConditionalGeneration', 'MBartModel'],
  build: (json, file) =>
    bartLike(json, file, { order: 'pre', embeddingNorm: true, positions, outputBias: true }),
  weights: (model) => bartWeights(model),
};
