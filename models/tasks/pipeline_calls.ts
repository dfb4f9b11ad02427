/** What pipelines take and give, in the words of transformers.js. */
import type { ImageInput } from '../images/image';
import type { AudioInput } from '../speech/audio';
import type { ChatMessage } from './chat_messages';

/** One text, or several: then results come in a list. */
type Of<T, One> = T extends string ? One : One[];
type Given = string | readonly string[];

/** An image, or the address of one, or several: then results come in a list. */
export type GivenImage = ImageInput | string | URL;
/** A sound, or the address of a WAV file. */
export type GivenAudio = AudioInput | string | URL;
type OfImages<I, One> = I extends readonly unknown[] ? One[] : One;

/** A class of a text, or of an image, in the form of Transformers' pipelines. */
export interface ClassificationResult {
  readonly label: string;
  readonly score: number;
}

/** What is said of an image, in the form of Transformers' pipelines. */
export interface CaptionResult {
  readonly generated_text: string;
}

/** A token, word or name in the form of Transformers' pipelines. */
export interface TokenResult {
  /** Of a token; words and names have `entity_group`. */
  readonly entity?: string;
  readonly entity_group?: string;
  readonly score: number;
  /** As it stands in the text. */
  readonly word: string;
  /** UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

/** An answer in the form of Transformers' pipelines; places are UTF-16 units of the context. */
export interface AnswerResult {
  readonly answer: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

/** A filling in the form of Transformers' pipelines. */
export interface FillResult {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The text with the token in its place. */
  readonly sequence: string;
}

/** Labels of a text in the form of Transformers' pipelines, the likeliest first. */
export interface ZeroShotResult {
  readonly sequence: string;
  readonly labels: readonly string[];
  readonly scores: readonly number[];
}

/** What was said, in the form of Transformers' pipelines. */
export interface SpeechResult {
  readonly text: string;
  /** With `return_timestamps`: pieces with their begin and end in seconds. The end is null where the model wrote none. */
  readonly chunks?: readonly {
    readonly text: string;
    readonly timestamp: readonly [number, number | null];
  }[];
}

/** Options of Transformers' `generate` for speech that are done here. */
export interface SpeechResultOptions {
  /** Chunks with their times. Sound of more than 30 s is read by them in any case. Default false. */
  readonly return_timestamps?: boolean;
  /** A code such as 'fr', or the English name. Default: what the model's files force, else it is detected. */
  readonly language?: string;
  readonly task?: 'transcribe' | 'translate';
  readonly num_beams?: number;
  readonly length_penalty?: number;
  readonly early_stopping?: boolean | 'never';
  readonly max_new_tokens?: number;
}

/** Numbers with a shape, as transformers.js gives them. */
export interface TensorResult {
  readonly type: 'float32';
  readonly dims: readonly number[];
  readonly data: Float32Array;
  /** Nested lists. */
  tolist(): unknown;
}

/** Choices of Transformers' generate that are done here. */
export interface GenerationResultOptions {
  readonly max_new_tokens?: number;
  readonly min_new_tokens?: number;
  readonly do_sample?: boolean;
  readonly temperature?: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly repetition_penalty?: number;
  readonly no_repeat_ngram_size?: number;
}

/** Options of Transformers' `generate` for texts that are made of others. */
export interface SearchResultOptions extends GenerationResultOptions {
  readonly num_beams?: number;
  readonly length_penalty?: number;
  readonly early_stopping?: boolean | 'never';
}

type Search<Key extends string> = <T extends Given>(
  texts: T,
  options?: SearchResultOptions,
) => Promise<Record<Key, string>[]>;

/** What a pipeline for 'text-generation' is: a function of texts, of a conversation or of several. */
export interface TextGeneration {
  <T extends Given>(
    texts: T,
    options?: GenerationResultOptions & { readonly return_full_text?: boolean },
  ): Promise<Of<T, { readonly generated_text: string }[]>>;
  (messages: readonly ChatMessage[], options?: GenerationResultOptions): Promise<ChatResult[]>;
  (messages: readonly (readonly ChatMessage[])[], options?: GenerationResultOptions): Promise<ChatResult[][]>;
}

/** An answered conversation in the form of Transformers' pipelines. */
export interface ChatResult {
  /** The conversation with its answer at the end. */
  readonly generated_text: readonly ChatMessage[];
}

/** What a pipeline is called with, and gives, for each task. */
export interface PipelineCalls {
  /** With `top_k` 1, the default, one label of each text in one list; with more or null (all) a list of each. */
  readonly 'text-classification': <T extends Given, K extends number | null = 1>(
    texts: T,
    options?: { readonly top_k?: K },
  ) => Promise<K extends 1 ? ClassificationResult[] : Of<T, ClassificationResult[]>>;
  /** The `top_k` (default 5) likeliest labels of each image; all of them with null. */
  readonly 'image-classification': <I extends GivenImage | readonly GivenImage[]>(
    images: I,
    options?: { readonly top_k?: number | null },
  ) => Promise<OfImages<I, ClassificationResult[]>>;
  /** Labels that the model was never trained on, the likeliest first. */
  readonly 'zero-shot-image-classification': <I extends GivenImage | readonly GivenImage[]>(
    images: I,
    labels: string | readonly string[],
    options?: { readonly hypothesis_template?: string },
  ) => Promise<OfImages<I, ClassificationResult[]>>;
  /** What is in an image, or in each of several. */
  readonly 'image-to-text': <I extends GivenImage | readonly GivenImage[]>(
    images: I,
    options?: SearchResultOptions,
  ) => Promise<OfImages<I, CaptionResult[]>>;
  /** What is said in a sound, or in each of several. */
  readonly 'automatic-speech-recognition': <I extends GivenAudio | readonly GivenAudio[]>(
    audio: I,
    options?: SpeechResultOptions,
  ) => Promise<OfImages<I, SpeechResult>>;
  readonly 'token-classification': <T extends Given>(
    texts: T,
    options?: {
      readonly ignore_labels?: readonly string[];
      readonly aggregation_strategy?: 'none' | 'simple' | 'first' | 'average' | 'max';
    },
  ) => Promise<Of<T, TokenResult[]>>;
  readonly 'question-answering': <K extends number = 1>(
    question: string,
    context: string,
    options?: { readonly top_k?: K },
  ) => Promise<K extends 1 ? AnswerResult : AnswerResult[]>;
  /** A text that hides several words gives a list of each. */
  readonly 'fill-mask': <T extends Given>(
    texts: T,
    options?: { readonly top_k?: number },
  ) => Promise<Of<T, FillResult[] | FillResult[][]>>;
  readonly 'zero-shot-classification': <T extends Given>(
    texts: T,
    labels: string | readonly string[],
    options?: { readonly hypothesis_template?: string; readonly multi_label?: boolean },
  ) => Promise<Of<T, ZeroShotResult>>;
  /** The rows of all tokens (B, T, C), padded with zeros, or one of each text (B, C). */
  readonly 'feature-extraction': (
    texts: Given,
    options?: { readonly pooling?: 'none' | 'mean' | 'cls' | 'last_token'; readonly normalize?: boolean },
  ) => Promise<TensorResult>;
  /** Texts that go on, or conversations with their answers. */
  readonly 'text-generation': TextGeneration;
  readonly 'text2text-generation': Search<'generated_text'>;
  readonly summarization: Search<'summary_text'>;
  readonly translation: Search<'translation_text'>;
}

/** Tasks on images. */
export type ImageTask = 'image-classification' | 'zero-shot-image-classification' | 'image-to-text';

/** Every task that `pipeline` can do. */
export type PipelineTask = keyof PipelineCalls;
