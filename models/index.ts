/** The models of Heed. */
export { Bert, BertEncoder, type BertConfig, type BertInput } from './bert';
export { EncoderDecoder, encoderDecoderPresets, type EncoderDecoderConfig } from './encoder_decoder';
export type { CacheSizes, Decoder, NextOptions } from './generation/decoder';
export { GPT, type GPTConfig } from './gpt';
export { CausalLM, type CausalLMParts } from './causal_lm';
export { Seq2SeqClassifier, type Seq2SeqClassifierParts } from './seq2seq_classifier';
export { Seq2SeqLM, type Positions, type Seq2SeqLMConfig, type Seq2SeqLMParts } from './seq2seq_lm';
export * from './families/index';
export * from './bert_heads';
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
export { sequenceOptions, type SequenceSettings } from './generation/sequence_settings';
export { generateText, type TextDecoding, type TextOptions } from './generation/text';
export type { AnyFamily, Family } from './family/family';
export { load, Pretrained, save, type LoadOptions, type ModelFolder, type SaveOptions } from './family/load';
export type { WeightMap, WeightRule } from './family/weight_map';
export { generateOptions, pretrainedGPT, type PretrainedGPT } from './pretrained';
