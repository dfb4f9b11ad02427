import type { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DataError } from '../errors';
import { tokenBytes } from './byte-level';
import { characterTokenizerFromJson, type CharacterOptions } from './character-tokenizer';
import { isRecord, parseTokenizerJson, tokensById, type TokenizerJson } from './tokenizer-json';
import { checkId, type SpecialToken, type StreamingDecoder, type Tokenizer } from './tokenizer-types';

export { trainByteLevelBPE, type BPEOptions, type BPEProgress } from './bpe-trainer';
export { characterTokenizer, type CharacterOptions } from './character-tokenizer';
export { encodeLong, type EncodeProgress } from './encode-long';
export type { TokenizerJson } from './tokenizer-json';
export type { EncodeOptions, SpecialToken, StreamingDecoder, Tokenizer } from './tokenizer-types';

export interface TokenizerOptions extends CharacterOptions {
  /** The content of tokenizer_config.json, which names the special tokens. */
  readonly config?: unknown;
}

/**
 * A tokenizer from the content of a Hugging Face `tokenizer.json` (object or text). Character tokenizers are ours;
 * all others are read by `@huggingface/tokenizers`, which is loaded only then. Throws a DataError for JSON of
 * another kind and for parts that the reader does not know.
 */
export async function tokenizerFromJson(input: unknown, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const json = parseTokenizerJson(input);
  const character = characterTokenizerFromJson(json, options);
  if (character) return character;

  const given = isRecord(options.config) ? options.config : {};
  const config = {
    ...given,
    unk_token: contentOf(given.unk_token) ?? json.model.unk_token ?? undefined,
    clean_up_tokenization_spaces: given.clean_up_tokenization_spaces ?? false, // as Python's tokenizers does
  };
  const library = await import('@huggingface/tokenizers');
  let reader: HuggingFaceTokenizer;
  try {
    reader = new library.Tokenizer(json, config);
  } catch (cause) {
    const what = `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new DataError('tokenizer.json', what, 'Encode the text elsewhere and pass token ids.', { cause });
  }
  return new LibraryTokenizer(json, reader, specialTokens(json, given));
}

class LibraryTokenizer implements Tokenizer {
  readonly size: number;
  readonly special: Tokenizer['special'];
  readonly divisible: boolean;
  readonly #json: TokenizerJson;
  readonly #reader: HuggingFaceTokenizer;
  readonly #tokens: readonly (string | undefined)[];

  constructor(json: TokenizerJson, reader: HuggingFaceTokenizer, special: Tokenizer['special']) {
    this.#json = json;
    this.#reader = reader;
    this.#tokens = tokensById(json);
    this.size = this.#tokens.length;
    this.special = special;
    const { pre_tokenizer: words, normalizer, post_processor: template, added_tokens: added } = json;
    const plainWords = words?.type === 'ByteLevel' && !words.add_prefix_space && words.use_regex !== false;
    const plainAdded = added.every(
      ({ content, lstrip, rstrip }) => !/\s/.test(content) && !lstrip && !rstrip,
    );
    this.divisible = plainWords && plainAdded && !normalizer && (!template || template.type === 'ByteLevel');
  }

  encode(text: string, { special = true } = {}): Uint32Array<ArrayBuffer> {
    if (text === '' && !special) return new Uint32Array(0);
    const { ids, tokens } = this.#reader.encode(text, { add_special_tokens: special });
    const missing = (ids as (number | undefined)[]).indexOf(undefined);
    if (missing >= 0) {
      const what = `${JSON.stringify(tokens[missing])} is not in the vocabulary, which has no token for unknown text`;
      throw new DataError('tokenizer', what, 'Leave it out, or use a tokenizer that knows it.');
    }
    return Uint32Array.from(ids);
  }

  decode(ids: ArrayLike<number>, { special = true } = {}): string {
    if (ids.length === 0) return '';
    const list = Array.from(ids, (id) => this.#check(id));
    return this.#reader.decode(list, { skip_special_tokens: !special });
  }

  decoder(): StreamingDecoder {
    return this.#json.decoder?.type === 'ByteLevel' ? this.#byteDecoder() : this.#windowDecoder();
  }

  token(id: number): string {
    return this.#tokens[this.#check(id)]!;
  }

  toJson(): TokenizerJson {
    return this.#json;
  }

  #check(id: number): number {
    if (this.#tokens[checkId(id, this.size)] !== undefined) return id;
    throw new DataError('tokenizer', `id ${id} has no token`, "Is this the model's own tokenizer?");
  }

  /** Byte-level vocabularies: a UTF-8 decoder that keeps the bytes of an unfinished character. */
  #byteDecoder(): StreamingDecoder {
    const added = new Set(this.#json.added_tokens.map(({ content }) => content));
    let utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    const end = () => {
      const rest = utf8.decode();
      utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
      return rest;
    };
    const push = (id: number) => {
      const token = this.token(id);
      const bytes = added.has(token) ? null : tokenBytes(token);
      return bytes ? utf8.decode(bytes, { stream: true }) : end() + token;
    };
    return { push, end };
  }

  /**
   * Any other decoder: what a token adds may depend on the ones before it (spaces, byte fallback), so a short
   * window is decoded with and without the new tokens, and the difference is given out once it is whole.
   */
  #windowDecoder(): StreamingDecoder {
    let context: number[] = []; // already given out
    let held: number[] = [];
    const fresh = () => this.decode([...context, ...held]).slice(this.decode(context).length);
    const release = (text: string) => {
      context = held;
      held = [];
      return text;
    };
    return {
      push: (id) => {
        held.push(this.#check(id));
        const text = fresh();
        return text === '' || text.endsWith('\ufffd') ? '' : release(text);
      },
      end: () => release(held.length ? fresh() : ''),
    };
  }
}

/** Spellings of the field, for files that come without tokenizer_config.json. */
const SPELLINGS: Readonly<Record<SpecialToken, readonly string[]>> = {
  bos: ['<s>', '<bos>', '[BOS]', '<|begin_of_text|>', '<|startoftext|>', '<|endoftext|>'],
  eos: ['</s>', '<eos>', '[EOS]', '<|end_of_text|>', '<|endoftext|>'],
  pad: ['<pad>', '[PAD]', '<|pad|>'],
  mask: ['<mask>', '[MASK]'],
  cls: ['[CLS]', '<cls>'],
  sep: ['[SEP]', '<sep>'],
  unk: ['<unk>', '[UNK]'],
};

function specialTokens(json: TokenizerJson, config: Record<string, unknown>): Tokenizer['special'] {
  const special: Partial<Record<SpecialToken, number>> = {};
  for (const [role, spellings] of Object.entries(SPELLINGS) as [SpecialToken, readonly string[]][]) {
    const named = contentOf(config[`${role}_token`]) ?? (role === 'unk' ? json.model.unk_token : undefined);
    for (const spelling of named ? [named] : spellings) {
      const id = idOf(json, spelling);
      if (id === undefined) continue;
      special[role] = id;
      break;
    }
  }
  return special;
}

function idOf(json: TokenizerJson, token: string): number | undefined {
  const added = json.added_tokens.find(({ content }) => content === token);
  if (added) return added.id;
  const { vocab } = json.model;
  if (!Array.isArray(vocab)) return Object.hasOwn(vocab, token) ? vocab[token] : undefined;
  const id = vocab.findIndex(([content]) => content === token);
  return id < 0 ? undefined : id;
}

/** tokenizer_config.json writes a special token as a string or as { content }. */
function contentOf(token: unknown): string | undefined {
  const content = isRecord(token) ? token.content : token;
  return typeof content === 'string' ? content : undefined;
}
