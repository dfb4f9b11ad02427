/** Opens the tokenizer of a model's folder, whichever files it is in. */
import {
  DataError,
  expectOneOf,
  expectOptions,
  tokenizerFromFiles,
  type Tokenizer,
} from '../../engine/index';
import type { Json } from '../pretrained_config';
import { chatTemplatesOf, specialTokensOf } from './chat_settings';
import { blobOf, jsonOf, opener, textOf, type FolderOptions, type ModelFolder } from './folder';

/** A tokenizer with what its folder says about how it is used. */
export interface LoadedTokenizer extends Tokenizer {
  /** The most tokens that the model takes (`model_max_length`); null where nothing is said. */
  readonly maxLength: number | null;
  /** Where batches are padded. */
  readonly paddingSide: 'left' | 'right';
  /** Templates of conversations by their names, in Jinja, as they are written: a single one is `default`. For `chatTemplate`. */
  readonly chatTemplates: Readonly<Record<string, string>>;
  /** Special tokens by the names that templates know: `bos_token`, `eos_token` …; `additional_special_tokens` is a list. */
  readonly specialTokens: Readonly<Record<string, string | readonly string[]>>;
  /** The parsed tokenizer_config.json; {} where there is none. */
  readonly config: Json;
}

/** Which tokenizer of a folder `loadTokenizer` reads. */
export interface TokenizerFolderOptions extends FolderOptions {
  /** Of a tokenizer for translating (Marian), which side: it reads what is translated, or writes. Default 'source'. */
  readonly part?: 'source' | 'target';
}

/**
 * The tokenizer of a folder: tokenizer.json, else the files that it was made from (see docs/files.md), with the ids of
 * Transformers. Throws `DataError` for kinds that are not done, by name, and for files that are missing.
 */
export async function loadTokenizer(
  folder: ModelFolder,
  options: TokenizerFolderOptions = {},
): Promise<LoadedTokenizer> {
  const { signal, fetch, part } = options;
  expectOptions('loadTokenizer', options, { signal, fetch, part });
  if (part !== undefined) expectOneOf('loadTokenizer', 'part', part, ['source', 'target']);
  const open = opener(folder, options);
  const config = (await jsonOf(open, 'tokenizer_config.json')) ?? {};
  const tokenizer = await tokenizerFromFiles({
    ...(part && { part }),
    config,
    text: (name) => textOf(open, name),
    bytes: async (name) => {
      const blob = await blobOf(open, name);
      return blob && new Uint8Array(await blob.arrayBuffer());
    },
    modelType: async () => {
      const type = (await jsonOf(open, 'config.json'))?.model_type;
      return typeof type === 'string' ? type : null;
    },
  });
  const { model_max_length: most = null, padding_side: side = 'right' } = config;
  if (side !== 'left' && side !== 'right')
    throw new DataError(
      'tokenizer_config.json',
      `padding_side is ${JSON.stringify(side)}`,
      "It must be 'left' or 'right'.",
    );
  const isWhole = typeof config.added_tokens_decoder === 'object';
  const paddingSide: LoadedTokenizer['paddingSide'] = side;
  return Object.assign(tokenizer, {
    // Transformers writes 1e30 for "no limit".
    maxLength: typeof most === 'number' && most < 1e20 ? most : null,
    paddingSide,
    chatTemplates: chatTemplatesOf(config, await textOf(open, 'chat_template.jinja')),
    specialTokens: specialTokensOf(config, isWhole ? null : await jsonOf(open, 'special_tokens_map.json')),
    config,
  });
}
