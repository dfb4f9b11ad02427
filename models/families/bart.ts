import { LearnedPositions, normal } from '../../engine/index';
import type { Family } from '../family/family';
import { labelsIn, numberIn } from '../pretrained_config';
import type { Problem } from '../problem';
import { Seq2SeqClassifier } from '../seq2seq_classifier';
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

/** BART with a head for classes of texts, such as bart-large-mnli. */
export const bartForSequenceClassification: Family<Seq2SeqClassifier> = {
  type: 'bart',
  title: 'BART',
  architectures: ['BartForSequenceClassification'],
  build(json, file) {
    return new Seq2SeqClassifier({
      // It writes no words: a matrix for that would have no weights.
      model: bartLike({ ...json, tie_word_embeddings: true }, file, {
        order: 'post',
        embeddingNorm: true,
        positions,
        outputBias: false,
      }),
      begin: numberIn(json, 'decoder_start_token_id', 2),
      labels: labelsIn(json, 3),
      problem: (json.problem_type ?? null) as Problem | null,
      dropout: numberIn(json, 'classifier_dropout', 0),
      init: normal(numberIn(json, 'init_std', 0.02)),
    });
  },
  weights({ model }) {
    const { tensors, ...map } = bartWeights(model);
    const own = Object.entries(tensors).map(([name, rule]) => [`model.${name}`, rule] as const);
    const tokens = 'model.shared.weight';
    return {
      ...map,
      heads: /^(classification_head\.|lm_head\.|final_logits_bias$)/,
      tensors: {
        'model.tokens.weight': {
          from: tokens,
          copies: ['model.encoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight'],
        },
        ...Object.fromEntries(own.filter(([name]) => name !== 'model.tokens.weight')),
        'classifier.dense.{weight,bias}': 'classification_head.dense.{weight,bias}',
        'classifier.output.{weight,bias}': 'classification_head.out_proj.{weight,bias}',
      },
    };
  },
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
