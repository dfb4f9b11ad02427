/**
 * Translation: vocabularies of pairs, training, beam search, texts in and texts out, Marian checkpoints. An entry of its
 * own, beside `EncoderDecoder` in the models.
 */
export { PairVocabulary, type PairVocabularyKind, type PairVocabularyOptions } from './pair_vocabulary';
export { TranslationModel, translationExtras, translationWeights, type TranslationInfo } from './model';
export {
  Translator,
  type AlignmentMap,
  type TranslatedPiece,
  type TranslateOptions,
  type Translation,
  type TranslationHypothesis,
  type TranslatorOptions,
} from './translator';
export {
  SequenceGenerator,
  type GenerateSequenceOptions,
  type Hypothesis,
  type SentenceProgress,
  type SequenceGeneratorOptions,
} from '../generation/sequence_generator';
export { marian, marianPositions } from '../families/marian';
export { pretrainedMarian, type PretrainedMarian } from '../pretrained_marian';
export { scoreTranslations, type TranslationSample, type TranslationScores } from './score';
export {
  type TranslationMetric,
  type TranslationPreset,
  type TranslationRunSettings,
  type TranslationSettings,
  type TranslationSettingsOptions,
} from './settings';
export { type TranslationDataReport } from './data';
export {
  trainTranslation,
  type TranslationEvent,
  type TranslationTrainingOptions,
  type TranslationTrainingResult,
} from './training';
