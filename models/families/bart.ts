import { LearnedPositions, normal } from '../../engine/index';
import type { Family } from '../family/family';
import { numberIn, type Json, type Names } from '../pretrained_config';
import type { Seq2SeqClassifier } from '../seq2seq_classifier';
import type { Seq2SeqQuestionAnswering } from '../seq2seq_heads';
import type { Seq2SeqLM } from '../seq2seq_lm';
import { bartLike, bartWeights } from './bart_parts';
import { answererWeights, classifierWeights, seq2seqAnswerer, seq2seqClassifier } from './seq2seq_classes';

/** Positions begin at row 2, as they did behind two ids of padding in fairseq. */
const positions = (context: number, width: number): LearnedPositions =>
  new LearnedPositions(context, width, { skip: 2 });

const build = (order: 'pre' | 'post', json: Json, file: Names, outputBias: boolean): Seq2SeqLM =>
  bartLike(json, file, { order, embeddingNorm: true, positions, outputBias });

/** The body of a head, which tells words no more. */
const bodyOf = (order: 'pre' | 'post', json: Json, file: Names) => ({
  make: (own: Json): Seq2SeqLM => build(order, own, file, false),
  init: normal(numberIn(json, 'init_std', 0.02)),
});

/** BART, and its summarisers such as bart-large-cnn (Lewis et al. 2020). */
export const bart: Family<Seq2SeqLM> = {
  type: 'bart',
  title: 'BART',
  architectures: ['BartForConditionalGeneration', 'BartModel'],
  build: (json, file) => build('post', json, file, true),
  weights: (model) => bartWeights(model),
};

/** BART with a head for classes of texts, such as bart-large-mnli: `BartForSequenceClassification`. */
export const bartForSequenceClassification: Family<Seq2SeqClassifier> = {
  type: 'bart',
  title: 'BART',
  architectures: ['BartForSequenceClassification'],
  build: (json, file) => seq2seqClassifier(json, { ...bodyOf('post', json, file), begin: 2, labels: 3 }),
  weights: ({ model }) => classifierWeights(bartWeights(model)),
};

/** BART with a head for the place of an answer: `BartForQuestionAnswering`. */
export const bartForQuestionAnswering: Family<Seq2SeqQuestionAnswering> = {
  type: 'bart',
  title: 'BART',
  architectures: ['BartForQuestionAnswering'],
  build: (json, file) => seq2seqAnswerer(json, { ...bodyOf('post', json, file), begin: 2 }),
  weights: ({ model }) => answererWeights(bartWeights(model)),
};

/** mBART and mBART-50: BART in 25 and 50 languages, normalised before (Liu et al. 2020; Tang et al. 2020). */
export const mbart: Family<Seq2SeqLM> = {
  type: 'mbart',
  title: 'mBART',
  architectures: ['MBartForConditionalGeneration', 'MBartModel'],
  build: (json, file) => build('pre', json, file, true),
  weights: (model) => bartWeights(model),
};

/** mBART with a head for classes of texts, or numbers: `MBartForSequenceClassification`. The row of the end tells. */
export const mbartForSequenceClassification: Family<Seq2SeqClassifier> = {
  type: 'mbart',
  title: 'mBART',
  architectures: ['MBartForSequenceClassification'],
  build: (json, file) =>
    seq2seqClassifier(json, {
      ...{ ...bodyOf('pre', json, file), begin: 'last', labels: 2 },
      end: numberIn(json, 'eos_token_id', 2),
    }),
  weights: ({ model }) => classifierWeights(bartWeights(model)),
};

/** mBART with a head for the place of an answer: `MBartForQuestionAnswering`. */
export const mbartForQuestionAnswering: Family<Seq2SeqQuestionAnswering> = {
  type: 'mbart',
  title: 'mBART',
  architectures: ['MBartForQuestionAnswering'],
  build: (json, file) => seq2seqAnswerer(json, { ...bodyOf('pre', json, file), begin: 'last' }),
  weights: ({ model }) => answererWeights(bartWeights(model)),
};
