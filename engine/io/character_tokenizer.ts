import { DataError, expectOptions } from '../errors';
import {
  checkId,
  expectText,
  type EncodeOptions,
  type StreamingDecoder,
  type Tokenizer,
  type Encoder,
} from './tokenizer_types';
import { tokensById, type TokenizerJson } from './tokenizer_json';

/** What a tokenizer of characters does with those that it does not know. */
export interface CharacterOptions {
  /** Characters outside the vocabulary: a DataError that lists them (default), or left out. */
  readonly unknown?: 'error' | 'skip';
}

/**
 * One token per character (Unicode code point), ids in code point order, as nanoGPT's `sorted(set(text))`: tiny
 * Shakespeare gives the same 65. The vocabulary is every character of `text`.
 */
export function characterTokenizer(text: string, options: CharacterOptions = {}): Tokenizer {
  expectText('characterTokenizer', text);
  const found = new Set<number>();
  let position = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point >= 0xd800 && point <= 0xdfff) {
      const what = `half of a surrogate pair stands alone at character ${position}`;
      throw new DataError(
        'characterTokenizer',
        what,
        'The text was cut inside a character: read it again as UTF-8.',
      );
    }
    found.add(point);
    position++;
  }
  if (found.size === 0)
    throw new DataError('characterTokenizer', 'the text is empty', 'Pass a text to train on.');
  const points = [...found].sort((a, b) => a - b);
  return fromCharacters(
    points.map((point) => String.fromCodePoint(point)),
    options,
  );
}

/** The tokenizer of a tokenizer.json that `characterTokenizer` wrote; null for any other kind. */
export function characterTokenizerFromJson(
  json: TokenizerJson,
  options?: CharacterOptions,
): Tokenizer | null {
  const { pre_tokenizer: split, model, decoder } = json;
  const pattern = split?.pattern as { Regex?: string } | undefined;
  const same =
    model.type === 'WordLevel' && pattern?.Regex === ANY_CHARACTER && split?.behavior === 'Isolated';
  if (!same || decoder?.type !== 'Fuse' || Array.isArray(model.vocab)) return null;
  if (json.normalizer || json.post_processor || json.truncation || json.padding) return null;
  if (json.added_tokens.length > 0 || json.version !== '1.0') return null;
  if (typeof model.unk_token !== 'string' || Object.hasOwn(model.vocab, model.unk_token)) return null;
  const tokens = tokensById(json);
  for (let id = 0; id < tokens.length; id++) {
    const token = tokens[id];
    if (token === undefined || [...token].length !== 1) return null;
  }
  return fromCharacters(tokens as string[], options);
}

const ANY_CHARACTER = '[\\s\\S]';

function fromCharacters(characters: readonly string[], options: CharacterOptions = {}): Tokenizer {
  const { unknown = 'error' } = options;
  expectOptions<CharacterOptions & { config?: unknown }>('tokenizer', options, { unknown, config: 0 });
  if (unknown !== 'error' && unknown !== 'skip') {
    throw new DataError('tokenizer', `unknown is ${String(unknown)}`, "Use 'error' or 'skip'.");
  }
  const size = characters.length;
  const idOf = new Map(characters.map((character, id) => [character, id]));

  /** `starts` gets where each token's character begins. */
  const encode = (text: string, how: EncodeOptions = {}, starts?: number[]): Uint32Array<ArrayBuffer> => {
    expectOptions('encode', how, { special: 0 });
    expectText('encode', text);
    const ids = new Uint32Array(text.length); // at most one token per code unit
    let unit = 0;
    let count = 0;
    let position = 0;
    let first = -1;
    const missing = new Set<string>();
    for (const character of text) {
      const id = idOf.get(character);
      if (id !== undefined) {
        ids[count++] = id;
        starts?.push(unit);
      } else if (unknown === 'error') {
        missing.add(character);
        if (first < 0) first = position;
      }
      position++;
      unit += character.length;
    }
    if (missing.size > 0) {
      const what = `${describe(missing)} not among the ${size} characters of the vocabulary (first at ${first})`;
      const todo = "Leave them out, train on a text that has them, or pass { unknown: 'skip' }.";
      throw new DataError('character tokenizer', what, todo);
    }
    return ids.slice(0, count);
  };

  const decode = (ids: ArrayLike<number>, how: EncodeOptions = {}): string => {
    expectOptions('decode', how, { special: 0 });
    const parts: string[] = [];
    for (let i = 0; i < ids.length; i++) parts.push(characters[checkId(ids[i], size)]);
    return parts.join('');
  };

  const encoder: Encoder = {
    tokens(text, which) {
      const starts: number[] = [];
      return Array.from(encode(text, {}, starts), (id, word) => {
        const start = starts[word];
        return { id, start, end: start + characters[id].length, word, text: which, segment: which };
      });
    },
    adds: () => 0,
    join: (texts) => texts.flat(),
  };

  return {
    size,
    special: {},
    divisible: true,
    encode: (text, how) => encode(text, how),
    encoder,
    decode,
    decoder: (): StreamingDecoder => ({ push: (id) => characters[checkId(id, size)], end: () => '' }),
    token: (id) => characters[checkId(id, size)],
    toJson: () => toJson(idOf),
  };
}

/**
 * WordLevel over single characters. Its `unk_token` is not in the vocabulary on purpose: Python's tokenizers then
 * refuses unknown characters too, instead of dropping them.
 */
function toJson(vocabulary: ReadonlyMap<string, number>): TokenizerJson {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Split', pattern: { Regex: ANY_CHARACTER }, behavior: 'Isolated', invert: false },
    post_processor: null,
    decoder: { type: 'Fuse' },
    model: { type: 'WordLevel', vocab: Object.fromEntries(vocabulary), unk_token: '<unk>' },
  };
}

function describe(characters: ReadonlySet<string>): string {
  const some = [...characters].slice(0, 8).map((character) => {
    const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return /[\p{L}\p{N}\p{P}\p{S}]/u.test(character) ? `"${character}" (U+${point})` : `U+${point}`;
  });
  const more = characters.size - some.length;
  return `${some.join(', ')}${more > 0 ? ` and ${more} more` : ''} ${characters.size === 1 ? 'is' : 'are'}`;
}
