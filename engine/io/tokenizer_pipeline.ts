/**
 * What a tokenizer.json says, step by step, with the ids and texts of Python's tokenizers: normalizer, pre-tokenizer,
 * model, post-processor, and back by the decoder. Loaded only when such a file is read. What could come out otherwise
 * than in Python, or comes out there by chance, is an error that names it.
 */
import { DataError, expectOptions } from '../errors';
import { finder, type Section } from './tokenizer_added';
import { ownPlaces, placesOf } from './tokenizer_alignment';
import { BPE } from './tokenizer_bpe';
import { bytesOf, cleanedUp, decoder, type Decoder } from './tokenizer_decoder';
import { isRecord, tokensById, unsupported, type AddedToken, type TokenizerJson } from './tokenizer_json';
import { wordLevel, wordPiece, type Model, type Vocabulary } from './tokenizer_model';
import { normalizer, slice, type Normalizer, type Piece } from './tokenizer_normalizer';
import { finisher, type Finisher } from './tokenizer_processor';
import { splitter, type Splitter } from './tokenizer_splitter';
import {
  checkId,
  expectText,
  type EncodeOptions,
  type SpecialToken,
  type StreamingDecoder,
  type Tokenizer,
  type Encoder,
  type Token,
} from './tokenizer_types';
import { Unigram } from './tokenizer_unigram';

export function pipelineTokenizer(json: TokenizerJson, config: unknown): Tokenizer {
  return new PipelineTokenizer(json, isRecord(config) ? config : {});
}

class PipelineTokenizer implements Tokenizer {
  readonly size: number;
  readonly special: Tokenizer['special'];
  readonly divisible: boolean;
  readonly #json: TokenizerJson;
  readonly #tokens: readonly (string | undefined)[];
  readonly #added: ReadonlyMap<number, AddedToken>;
  /** How the normalizer spells the added tokens that are looked for behind it: so Python gives them out, too. */
  readonly #spellings: ReadonlyMap<number, string>;
  readonly #findRaw: (text: string) => Section[];
  readonly #findNormalized: (text: string) => Section[];
  readonly #normalize: Normalizer | null;
  readonly #split: Splitter | null;
  readonly #model: Model;
  readonly #finish: Finisher;
  readonly #decode: Decoder | null;
  readonly #clean: boolean;

  constructor(json: TokenizerJson, config: Record<string, unknown>) {
    if (json.version !== '1.0') unsupported(`version ${JSON.stringify(json.version)}`);
    const ids = vocabulary(json);
    this.#json = json;
    this.#tokens = tokensById(json);
    this.size = this.#tokens.length;
    this.#added = addedTokens(json, ids);
    this.#normalize = normalizer(json.normalizer);
    this.#split = splitter(json.pre_tokenizer);
    this.#model = model(json, ids);
    this.#finish = finisher(json, this.size, (id) => this.#spelled(id));
    this.#decode = json.decoder === null ? null : decoder(json.decoder);
    this.#clean = config.clean_up_tokenization_spaces === true; // Python's tokenizers never does it
    this.special = specialTokens(json, config);

    const added = [...this.#added.values()];
    const normalized = added
      .filter((token) => token.normalized)
      .map((token) => [this.#spell(token), token] as const);
    const spelled = new Set<string>();
    for (const [spelling, { content }] of normalized) {
      const what = `the added token ${JSON.stringify(content)}, which the normalizer makes equal to another,`;
      if (spelled.has(spelling)) unsupported(what);
      spelled.add(spelling);
    }
    this.#spellings = new Map(normalized.map(([spelling, { id }]) => [id, spelling]));
    this.#findRaw = finder(added.filter((token) => !token.normalized).map((token) => [token.content, token]));
    this.#findNormalized = finder(normalized);

    const { pre_tokenizer: words, post_processor: template } = json;
    const plainWords = words?.type === 'ByteLevel' && !words.add_prefix_space && words.use_regex !== false;
    const plainAdded = added.every((t) => !/\p{White_Space}/u.test(t.content) && !t.lstrip && !t.rstrip);
    const plainEnd = (!template || template.type === 'ByteLevel') && !json.truncation && !json.padding;
    this.divisible = plainWords && plainAdded && plainEnd && !json.normalizer;
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array<ArrayBuffer> {
    const { special = true } = options;
    expectOptions('encode', options, { special });
    expectText('encode', text);
    const ids: number[] = [];
    this.#cut({ text, head: headOf(text) }, (piece, id) => {
      if (id === null) this.#model.encode(piece.text, ids);
      else ids.push(id);
    });
    return Uint32Array.from(this.#finish.ids(ids, special));
  }

  get encoder(): Encoder {
    return { tokens: (text, which) => this.#tokensOf(text, which), ...this.#finish };
  }

  /** Tokens of a text before the template. */
  #tokensOf(text: string, which: 0 | 1): Token[] {
    const found: Token[] = [];
    let word = 0;
    this.#cut({ text, head: headOf(text), places: ownPlaces(text) }, (piece, added) => {
      const ids: number[] = added === null ? [] : [added];
      const spans: number[] = added === null ? [] : [0, piece.text.length];
      if (added === null) this.#model.encode(piece.text, ids, spans);
      ids.forEach((id, i) => {
        const [start, end] = placesOf(piece.places!, spans[2 * i], spans[2 * i + 1]);
        const token = { id, start, end, word, text: which, segment: which };
        found.push(added === null ? token : { ...token, spelling: piece.text });
      });
      word++;
    });
    return found;
  }

  decode(ids: ArrayLike<number>, options: EncodeOptions = {}): string {
    const { special = true } = options;
    expectOptions('decode', options, { special });
    const tokens: string[] = [];
    for (let i = 0; i < ids.length; i++) {
      const id = this.#check(ids[i]);
      if (special || !this.#added.get(id)?.special) tokens.push(this.#spelled(id));
    }
    const text = this.#decode ? this.#decode(tokens).join('') : tokens.join(' ');
    return this.#clean ? cleanedUp(text) : text;
  }

  decoder(): StreamingDecoder {
    return this.#json.decoder?.type === 'ByteLevel' && !this.#clean
      ? this.#byteDecoder()
      : this.#windowDecoder();
  }

  token(id: number): string {
    return this.#tokens[this.#check(id)]!;
  }

  toJson(): TokenizerJson {
    return this.#json;
  }

  /** Gives each word of a text, and each added token with its id, in their order. */
  #cut(whole: Piece, take: (piece: Piece, id: number | null) => void): void {
    checkWellFormed(whole.text);
    if (whole.text === '') return;
    for (const [start, end, token] of this.#findRaw(whole.text)) {
      const piece = slice(whole, start, end);
      if (token) take(piece, token.id);
      else this.#cutNormalized(this.#normalize ? this.#normalize(piece) : piece, take);
    }
  }

  /** What lies between added tokens. */
  #cutNormalized(whole: Piece, take: (piece: Piece, id: number | null) => void): void {
    if (whole.text === '') return;
    for (const [start, end, token] of this.#findNormalized(whole.text)) {
      const section = slice(whole, start, end);
      if (token) take(section, token.id);
      else
        for (const word of this.#split ? this.#split(section) : [section])
          if (word.text !== '') take(word, null);
    }
  }

  /** A token as it is given out. */
  #spelled(id: number): string {
    return this.#spellings.get(id) ?? this.#tokens[id]!;
  }

  /** The token in the normalised text. */
  #spell({ content }: AddedToken): string {
    const spelling = this.#normalize ? this.#normalize({ text: content, head: 0 }).text : content;
    if (spelling === '')
      unsupported(`the added token ${JSON.stringify(content)}, of which the normalizer leaves nothing,`);
    return spelling;
  }

  #check(id: number): number {
    if (this.#tokens[checkId(id, this.size)] !== undefined) return id;
    throw new DataError('tokenizer', `id ${id} has no token`, "Is this the model's own tokenizer?");
  }

  /** Byte-level vocabularies: a UTF-8 decoder that keeps the bytes of an unfinished character. */
  #byteDecoder(): StreamingDecoder {
    const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
    const push = (id: number) => utf8.decode(bytesOf(this.#spelled(this.#check(id))), { stream: true });
    return { push, end: () => utf8.decode() };
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

/** Units of the first character. */
const headOf = (text: string): number =>
  text === '' ? 0 : String.fromCodePoint(text.codePointAt(0)!).length;

/** Rust's texts are UTF-8, where half of a surrogate pair cannot be. */
function checkWellFormed(text: string): void {
  const at = text.search(/[\ud800-\udfff]/u);
  if (at < 0) return;
  const what = `half of a surrogate pair stands alone at character ${at}`;
  throw new DataError('tokenizer', what, 'The text was cut inside a character: read it again as UTF-8.');
}

/** The model's tokens, each with an id of its own. */
function vocabulary(json: TokenizerJson): Vocabulary {
  const { vocab } = json.model;
  if (Array.isArray(vocab)) {
    const good = vocab.every(
      (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && Number.isFinite(entry[1]),
    );
    if (!good)
      throw new DataError(
        'tokenizer.json',
        'a token of its vocabulary is no text with a score',
        'Is the file whole?',
      );
    return new Map(vocab.map(([token], id) => [token, id]));
  }
  const ids = new Map(Object.entries(vocab));
  const tokens: string[] = [];
  for (const [token, id] of ids) {
    const both = () => `the id ${id} for both ${JSON.stringify(tokens[id])} and ${JSON.stringify(token)}`;
    if (tokens[id] !== undefined) unsupported(both());
    tokens[id] = token;
  }
  return ids;
}

/** Python gives added tokens their ids anew, in order: where it would give others than the file says, one is wrong. */
function addedTokens(json: TokenizerJson, ids: Vocabulary): Map<number, AddedToken> {
  const added = new Map<number, AddedToken>();
  const given = new Map<string, number>();
  let next = Array.isArray(json.model.vocab) ? json.model.vocab.length : ids.size;
  for (const token of json.added_tokens) {
    if (token.content === '') continue;
    const id = given.get(token.content) ?? ids.get(token.content) ?? next++;
    if (id !== token.id) {
      const what = `the added token ${JSON.stringify(token.content)} has the id ${token.id}, but Python's tokenizers would give it ${id}`;
      throw new DataError(
        'tokenizer.json',
        what,
        'Number added tokens from the size of the vocabulary on, in order.',
      );
    }
    given.set(token.content, id);
    added.set(id, token);
  }
  return added;
}

function model(json: TokenizerJson, ids: Vocabulary): Model {
  const step = json.model;
  // Files of the first versions do not say.
  const older = step.merges
    ? 'BPE'
    : step.continuing_subword_prefix === undefined
      ? 'WordLevel'
      : 'WordPiece';
  const type = step.type ?? (Array.isArray(step.vocab) ? 'Unigram' : older);
  if ((type === 'Unigram') !== Array.isArray(step.vocab)) {
    throw new DataError(
      'tokenizer.json',
      `its model ${type} has a vocabulary of another model`,
      'Is the file whole?',
    );
  }
  const named = { ...step, type };
  if (type === 'BPE') return new BPE(named, ids);
  if (type === 'Unigram') return new Unigram(named, ids);
  return type === 'WordPiece' ? wordPiece(named, ids) : wordLevel(named, ids);
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
