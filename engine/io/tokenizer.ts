import { DataError, expectOptions } from '../errors';
import { characterTokenizerFromJson, type CharacterOptions } from './character_tokenizer';
import { isRecord, parseTokenizerJson, type TokenizerJson } from './tokenizer_json';
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

/** What a tokenizer.json does not say itself. */
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
  return made(parseTokenizerJson(input), options);
}

async function made(json: TokenizerJson, options: TokenizerOptions): Promise<Tokenizer> {
  const character = characterTokenizerFromJson(json, options);
  if (character) return character;
  const { pipelineTokenizer } = await import('./tokenizer_pipeline');
  return pipelineTokenizer(json, options.config);
}

/** The files of a tokenizer, by their names in a Hugging Face folder; null where one is not there. */
export interface TokenizerFiles {
  /** The parsed tokenizer_config.json; {} where there is none. */
  readonly config: Readonly<Record<string, unknown>>;
  text(name: string): Promise<string | null>;
  bytes(name: string): Promise<Uint8Array | null>;
  /** `model_type` of config.json, which tells the kind where tokenizer_config.json does not. */
  modelType(): Promise<string | null>;
  /** Of a tokenizer for translating (Marian), the side that is wanted. Default: that of what is translated. */
  readonly part?: 'source' | 'target';
}

/**
 * A tokenizer from the files of a folder: tokenizer.json if it is there, under the settings of tokenizer_config.json, as
 * the fast tokenizers of Transformers; else what vocab.txt, vocab.json and merges.txt, or models of SentencePiece say. Throws a DataError for
 * kinds that are not done, by name, and for files that are missing.
 */
export async function tokenizerFromFiles(files: TokenizerFiles): Promise<Tokenizer> {
  const { config } = files;
  const json = await files.text('tokenizer.json');
  if (json !== null) {
    const { withSettings } = await import('./tokenizer_settings');
    return made(withSettings(parseTokenizerJson(json), config), { config });
  }
  const { describeTokenizer } = await import('./tokenizer_files');
  const object = async (name: string): Promise<Record<string, unknown>> => {
    const text = await files.text(name);
    if (text === null) return {};
    const value = jsonIn(name, text);
    if (isRecord(value)) return value;
    throw new DataError(name, 'it holds no object', 'Download it again.');
  };
  const special = {
    config,
    map: await object('special_tokens_map.json'),
    added: await object('added_tokens.json'),
  };
  const type = typeof config.tokenizer_class === 'string' ? null : await files.modelType();
  const described = parseTokenizerJson(await describeTokenizer(files, special, type, files.part));
  return made(described, { config: { ...special.map, ...config } });
}

function jsonIn(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(name, `it is not JSON (${(cause as Error).message})`, 'Download it again.', {
      cause,
    });
  }
}
