/** Tasks on texts and images: a model with its tokenizer or image processor, put to use. An entry of its own. */
export { type Long, type TextOrPair } from './inputs';
export { MaskFiller, type Filling, type FillOptions, type MaskedModel } from './mask_filler';
export {
  QuestionAnswerer,
  type Answer,
  type AnswerOptions,
  type Question,
  type SpanModel,
} from './question_answerer';
export {
  SentenceEmbedder,
  type EmbedderOptions,
  type EmbedOptions,
  type Pooling,
  type Ranked,
  type EncoderModel,
} from './sentence_embedder';
export { TextClassifier, type ClassifyOptions, type Label, type ClassifierModel } from './text_classifier';
export type { TaskOptions, TextModel } from './text_reader';
export { TokenTagger, type Aggregation, type Tag, type TagOptions, type TaggerModel } from './token_tagger';
export { ZeroShotClassifier, type ZeroShotOptions } from './zero_shot_classifier';
export { openEmbedder, type OpenedEmbedder, type OpenEmbedderOptions } from './open_embedder';
export { ImageClassifier, type ClassifyImageOptions, type ImageClassifierModel } from './image_classifier';
export {
  ImageCaptioner,
  type Caption,
  type CaptionImageOptions,
  type CaptioningModel,
  type SeenWord,
  type WordPatches,
} from './image_captioner';
export type { ImageModelConfig, ImageReaderOptions, ReadImageOptions } from './image_reader';
export { ImageTextEmbedder, type EmbedTextOptions, type ImageTextModel } from './image_text_embedder';
export {
  ZeroShotImageClassifier,
  type SharpImageTextModel,
  type ZeroShotImageOptions,
} from './zero_shot_image_classifier';
export {
  Transcriber,
  type LanguageScore,
  type SpeechModel,
  type SpeechSegment,
  type TranscribeOptions,
  type Transcript,
} from './transcriber';
export { pipeline, type Pipeline, type PipelineOptions } from './pipeline';
export type * from './pipeline_calls';
export { TextRewriter, type RewriteOptions } from './text_rewriter';
export { TextWriter, type ChatAnswer, type ChatOptions, type WriteOptions } from './text_writer';
export type { ChatMessage, ChatPart } from './chat_messages';
export {
  chatTemplate,
  type ChatTemplate,
  type ChatTemplateOptions,
  type ChatTextOptions,
} from './chat_template';
export { TokenRows } from './token_rows';
