import { expectOptions } from '../errors';
import { characterTokenizerFromJson, type CharacterOptions } from './character_tokenizer';
import { parseTokenizerJson } from './tokenizer_json';
import { type Tokenizer } from './tokenizer_types';

export { trainByteLevelBPE, type BPEOptions, type BPEProgress } from './bpe_trainer';
export { characterTokenizer, type CharacterOptions } from './character_tokenizer';
export { encodeLong, type EncodeProgress } from './encode_long';
export {
  encodingOf,
  windowsOf,
  type Cut,
  type Encoding,
  type EncodingOptions,
  type WindowOptions,
} from './encoding';
export type { TokenizerJson } from './tokenizer_json';
export type { EncodeOptions, SpecialToken, StreamingDecoder, Tokenizer } from './tokenizer_types';

export interface TokenizerOptions extends CharacterOptions {
  /** The content of tokenizer_config.json, which names the special tokens. */
  readonly config?: unknown;
}

/**
 * A tokenizer from the content of a Hugging Face `tokenizer.json` (object or text). Its ids and texts are those of
 * Python's `tokenizers`, truncation and padding included if the file asks for them. All but character tokenizers are
 * loaded on demand. Throws a DataError for JSON of another kind, and for parts with which it could not keep to that.
 */
export async function tokenizerFromJson(input: unknown, options: TokenizerOptions = {}): Promise<Tokenizer> {
  expectOptions('tokenizerFromJson', options, { unknown: 0, config: 0 });
  const json = parseTokenizerJson(input);
  const character = characterTokenizerFromJson(json, options);
  if (character) return character;
  const { pipelineTokenizer } = await import('./tokenizer_pipeline');
  return pipelineTokenizer(json, options.config);
}
