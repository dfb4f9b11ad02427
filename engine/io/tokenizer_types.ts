import { DataError } from '../errors';
import { type TokenizerJson } from './tokenizer_json';

/** What special tokens are for, as Transformers calls it without `_token`. */
export type SpecialToken = 'bos' | 'eos' | 'pad' | 'mask' | 'cls' | 'sep' | 'unk';

/** Whether special tokens are put in, or left out. */
export interface EncodeOptions {
  /** The special tokens of the tokenizer's template, such as [CLS] … [SEP] (default true). */
  readonly special?: boolean;
}

/** A token on its way, and where it comes from. */
export interface Token {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly word: number;
  readonly text: -1 | 0 | 1;
  readonly segment: number;
  /** Of an added token, as the text spells it: with the white space that it takes along. */
  readonly spelling?: string;
}

/** The steps that kinds of tokenizers take each in their way. */
export interface Encoder {
  tokens(text: string, which: 0 | 1): Token[];
  /** Special tokens around one text, or around two. */
  adds(texts: number): number;
  /** Puts one or two texts, cut already, together. */
  join(texts: Token[][], special: boolean): Token[];
}

/**
 * Texts to ids and back. Made by `characterTokenizer`, `trainByteLevelBPE`, `tokenizerFromJson` or
 * `tokenizerFromFiles`.
 */
export interface Tokenizer {
  /** V: one more than the largest id. */
  readonly size: number;
  /** Ids of the special tokens that the vocabulary has. */
  readonly special: Readonly<Partial<Record<SpecialToken, number>>>;
  encode(text: string, options?: EncodeOptions): Uint32Array<ArrayBuffer>;
  /** The steps of `encodingOf` and `windowsOf`. */
  readonly encoder: Encoder;
  /** Text of the ids; `special: false` leaves special tokens out. An id outside 0 … size - 1 is a DataError. */
  decode(ids: ArrayLike<number>, options?: EncodeOptions): string;
  /** Text piece by piece while tokens are generated. */
  decoder(): StreamingDecoder;
  /** One token as the vocabulary spells it. */
  token(id: number): string;
  /**
   * Whether a text may be encoded in parts, cut wherever white space follows other text: true for characters and
   * byte-level BPE without prefix spaces or templates. `encodeLong` uses it.
   */
  readonly divisible: boolean;
  /** A Hugging Face tokenizer.json. One made of a SentencePiece model has steps that Heed reads and Python does not. */
  toJson(): TokenizerJson;
}

/** Holds back what is no complete character yet: a Chinese character may span several byte-level tokens. */
export interface StreamingDecoder {
  /** The text that became certain with this token; may be empty. */
  push(id: number): string;
  /** What is still held back, with U+FFFD for bytes that never became a character. */
  end(): string;
}

export function checkId(id: number, size: number): number {
  if (Number.isInteger(id) && id >= 0 && id < size) return id;
  const what = `token id ${id} is outside the vocabulary of ${size}`;
  throw new DataError('tokenizer', what, `Ids run from 0 to ${size - 1}: is this the model's own tokenizer?`);
}

/** For callers without types. */
export function expectText(where: string, text: unknown): asserts text is string {
  if (typeof text === 'string') return;
  throw new DataError(where, `the text is ${text === null ? 'null' : `a ${typeof text}`}`, 'Pass a string.');
}
