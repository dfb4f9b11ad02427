/** The models of Heed. */
export { Bert, bertParts, type BertConfig } from './bert';
export { EncoderDecoder, encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder';
export type { CacheSizes, Decoder, NextOptions } from './generation/decoder';
export { Clip, ClipText, ClipVision, type ClipTextConfig } from './clip';
export { GPT, type GPTConfig } from './gpt';
export { CausalBody, type CausalLMConfig, type CausalLMParts } from './causal_body';
export * from './causal_heads';
export { CausalLM } from './causal_lm';
export { Seq2SeqClassifier, type Seq2SeqClassifierParts } from './seq2seq_classifier';
export { Seq2SeqQuestionAnswering, Seq2SeqTokenClassifier } from './seq2seq_heads';
export {
  Seq2SeqLM,
  type Positions,
  type Seq2SeqLMConfig,
  type Seq2SeqLMParts,
  type SourceReader,
} from './seq2seq_lm';
export * from './families/index';
export * from './masked_lm';
export type { Problem } from './problem';
export * from './pretraining/index';
export { ReplacedTokens } from './replaced_tokens';
export {
  TextEncoder,
  type TextEncoderConfig,
  type TextEncoderInput,
  type TextEncoderParts,
} from './text_encoder';
export * from './sentence_heads';
export * from './text_heads';
export {
  VisionEncoder,
  type VisionEncoderConfig,
  type VisionEncoderInput,
  type VisionEncoderParts,
} from './vision_encoder';
export {
  VisionEncoderDecoder,
  type CompleteVisionEncoderDecoderConfig,
  type VisionEncoderDecoderConfig,
} from './vision_encoder_decoder';
export * from './vision_heads';
export { vitParts, type ViTConfig } from './vit';
export { AudioReader, Whisper, type CompleteWhisperConfig, type WhisperConfig } from './whisper';
export { TransformerXL, type TransformerXLConfig, type TransformerXLInput } from './transformer_xl';
export {
  Generator,
  type GenerateOptions,
  type GeneratorOptions,
  type ScoredToken,
} from './generation/generator';
export {
  SegmentGenerator,
  type SegmentDecoder,
  type SegmentGenerateOptions,
} from './generation/segment_generator';
export {
  SequenceGenerator,
  type GenerateSequenceOptions,
  type Hypothesis,
  type SentenceProgress,
  type SequenceGeneratorOptions,
} from './generation/sequence_generator';
export { sequenceOptions, type SequenceSettings } from './generation/sequence_settings';
export { generateText, type TextDecoding, type TextOptions } from './generation/text';
export type { AnyFamily, Family } from './family/family';
export { load, Pretrained, save, type LoadOptions, type SaveOptions } from './family/load';
export type { CacheStore, Room } from './files/cache_store';
export type { ModelFolder } from './files/folder';
export { hub, type HubFolder, type HubOptions } from './files/hub';
export type { HubNotice, HubProgress } from './files/hub_progress';
export { pixelsOf, type ImageInput, type Pixels } from './images/image';
export { ImageProcessor, type ProcessedImage, type ProcessOptions } from './images/image_processor';
export { loadImageProcessor } from './images/load_image_processor';
export type { AudioBufferLike, AudioInput } from './speech/audio';
export { FeatureExtractor, type ExtractOptions, type LogMel } from './speech/feature_extractor';
export { loadFeatureExtractor } from './speech/load_feature_extractor';
export { resampleAudio } from './speech/resample_audio';
export { readWav, type Sound } from './speech/wav';
export { inspect, type Inspection, type InspectOptions } from './files/inspect';
export type { Need } from './files/need';
export { loadTokenizer, type LoadedTokenizer, type TokenizerFolderOptions } from './files/load_tokenizer';
export { ModelCache, type CachedModel } from './files/model_cache';
export type { WeightMap, WeightRule } from './family/weight_map';
export { generateOptions, pretrainedGPT, type PretrainedGPT } from './pretrained';
