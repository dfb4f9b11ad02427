/** The models of Heed. Import a single file for the smallest bundle. */
export {
  EncoderDecoder,
  encoderDecoderPresets,
  type CacheSizes,
  type DecoderCache,
  type EncoderDecoderConfig,
} from './encoder_decoder';
export { GPT, type GPTConfig, type LayerCache } from './gpt';
export { Generator, type GenerateOptions } from './generate';
export { pretrainedGPT, type PretrainedGPT } from './pretrained';
export { PairVocabulary, type PairVocabularyKind, type PairVocabularyOptions } from './pair_vocabulary';
export {
  TranslationModel,
  translationExtras,
  translationWeights,
  type TranslationInfo,
} from './translation_model';
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
} from './sequence_generator';
export { marianPositions, pretrainedMarian, type PretrainedMarian } from './pretrained_marian';
export {
  scoreTranslations,
  translationMonitor,
  type TranslationSample,
  type TranslationScores,
} from './translation_score';
export {
  type TranslationPreset,
  type TranslationRunSettings,
  type TranslationSettings,
  type TranslationSettingsOptions,
} from './translation_settings';
export { type TranslationDataReport } from './translation_data';
export {
  trainTranslation,
  type TranslationEvent,
  type TranslationTrainingOptions,
  type TranslationTrainingResult,
} from './translation_training';
