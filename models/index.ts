/** The models of Heed. */
export { Bert, bertParts, type BertConfig } from './bert';
export { EncoderDecoder, encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder';
export type { CacheSizes, Decoder, NextOptions } from './generation/decoder';
export { GPT, type GPTConfig } from './gpt';
export { CausalBody, type CausalLMConfig, type CausalLMParts } from './causal_body';
export * from './causal_heads';
export { CausalLM } from './causal_lm';
export * from './families/index';
export { DistanceBuckets } from './distance_buckets';
export * from './masked_lm';
export type { Problem } from './problem';
export { ReplacedTokens } from './replaced_tokens';
export {
  TextEncoder,
  type TextEncoderConfig,
  type TextEncoderInput,
  type TextEncoderParts,
} from './text_encoder';
export * from './sentence_heads';
export * from './text_heads';
export { TransformerXL, type TransformerXLConfig, type TransformerXLInput } from './transformer_xl';
export { Generator, type GenerateOptions, type GeneratorOptions } from './generation/generator';
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
export { generateText, type TextDecoding, type TextOptions } from './generation/text';
export type { AnyFamily, Family } from './family/family';
export { load, Pretrained, save, type LoadOptions, type ModelFolder, type SaveOptions } from './family/load';
export type { WeightMap, WeightRule } from './family/weight_map';
export { generateOptions, pretrainedGPT, type PretrainedGPT } from './pretrained';
