import { LearnedPositions, normal } from '../../engine/index';
import type { Family } from '../family/family';
import { numberIn } from '../pretrained_config';
import type { Seq2SeqClassifier } from '../seq2seq_classifier';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { bartLike, bartWeights } from './bart_parts';
import { classifierWeights, seq2seqClassifier } from './seq2seq_classes';

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

/** BART with a head for classes of texts, such as bart-large-mnli. */
export const bartForSequenceClassification: Family<Seq2SeqClassifier> = {
  type: 'bart',
  title: 'BART',
  architectures: ['BartForSequenceClassification'],
  build: (json, file) =>
    seq2seqClassifier(json, {
      make: (own) =>
        bartLike(own, file, { order: 'post', embeddingNorm: true, positions, outputBias: false }),
      ...{ begin: 2, labels: 3, init: normal(numberIn(json, 'init_std', 0.02)) },
    }),
  weights: ({ model }) => classifierWeights(bartWeights(model)),
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
