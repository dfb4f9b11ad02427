/**
 * Text of two languages as token ids and back: one byte-level BPE vocabulary of both (Sennrich et al. 2016, §3.2: joint
 * BPE), or the symbols of each side, such as letters and phonemes.
 */
import { DataError, expectOptions } from '../../engine/index';
import type { TextPair } from '../../engine/data';
import { learnSubwords, subwordsFromJson } from './pair_subwords';
import { learnSymbols, symbolsFromJson, type SymbolUnits } from './pair_symbols';
import {
  BEGIN,
  END,
  PAD,
  SPECIAL,
  tidyText,
  UNKNOWN,
  type VocabularyProgress,
  type VocabularySide,
  type VocabularySides,
} from './pair_tokens';

/**
 * - `subwords`: joint byte-level BPE; source and target share ids, and no text is unknown.
 * - `symbols`: a token for each character of the source; targets are symbols apart by spaces, such as `K AE T`.
 * - `characters`: a token for each character of either side.
 */
export type PairVocabularyKind = 'subwords' | 'symbols' | 'characters';

/** What `PairVocabulary` learns from pairs, and how it tells of it. */
export interface PairVocabularyOptions {
  /** Default 'subwords'. */
  readonly kind?: PairVocabularyKind;
  /** Subwords: tokens in all, special ones included. Fewer come out where the text has too few pairs. Default 8000. */
  readonly vocabularySize?: number;
  /**
   * Subwords: pairs of symbols rarer than this are not merged (default 2). Else: source characters rarer than this
   * train the unknown token (default 1: none).
   */
  readonly minFrequency?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VocabularyProgress) => void;
}

export interface EncodeSourceOptions {
  /**
   * What to do with characters that are in no token: a DataError that lists them, or the unknown token. Default: the
   * token where training has met it, else the error, since the vector of a token that was never met is noise.
   */
  readonly unknown?: 'error' | 'token';
}

const FORMAT = 'heed.pair-vocabulary.1';
/** Embeddings have a multiple of so many rows: kernels read them in fours and eights. */
const ROWS = 8;
const UNITS: Readonly<Record<Exclude<PairVocabularyKind, 'subwords'>, SymbolUnits>> = {
  symbols: { source: 'characters', target: 'symbols' },
  characters: { source: 'characters', target: 'characters' },
};

/**
 * Source and target texts as ids. Every text is first brought to one form: NFC, white space as single spaces, none at
 * either end.
 */
export class PairVocabulary {
  readonly kind: PairVocabularyKind;
  /** Fills up batches. */
  readonly pad = PAD;
  /** The decoder begins with it. */
  readonly begin = BEGIN;
  /** Ends sources and targets. */
  readonly end = END;
  /** Stands for source characters that are in no token. */
  readonly unknown = UNKNOWN;
  readonly #sides: VocabularySides;

  private constructor(kind: PairVocabularyKind, sides: VocabularySides) {
    this.kind = kind;
    this.#sides = sides;
  }

  /** Learns from training pairs. Throws a DataError for no text, or options that allow none. */
  static async learn(
    pairs: readonly TextPair[],
    options: PairVocabularyOptions = {},
  ): Promise<PairVocabulary> {
    const { kind = 'subwords' } = options;
    expectOptions('PairVocabulary', options, {
      ...{ kind, vocabularySize: 0, minFrequency: 0, signal: 0, onProgress: 0 },
    });
    if (pairs.length === 0) {
      throw new DataError('PairVocabulary', 'there are no pairs', 'Give the pairs to train on.');
    }
    const clean = pairs.map(({ source, target }) => ({ source: tidyText(source), target: tidyText(target) }));
    if (kind === 'subwords') return new PairVocabulary(kind, await learnSubwords(clean, options));
    if (!Object.hasOwn(UNITS, kind)) {
      throw new DataError(
        'PairVocabulary',
        `unknown kind "${kind as string}"`,
        'Use subwords, symbols or characters.',
      );
    }
    return new PairVocabulary(kind, learnSymbols(clean, UNITS[kind], options.minFrequency ?? 1));
  }

  /** What `toJson` wrote. Throws a DataError for anything else. */
  static async fromJson(text: string): Promise<PairVocabulary> {
    const todo = 'Use the vocabulary that was saved with the model.';
    let json: { format?: unknown; kind?: unknown };
    try {
      json = JSON.parse(text) as typeof json;
    } catch (cause) {
      throw new DataError('PairVocabulary', `it is not JSON (${(cause as Error).message})`, todo, { cause });
    }
    const kind = json?.kind as PairVocabularyKind;
    if (json?.format !== FORMAT || (kind !== 'subwords' && !Object.hasOwn(UNITS, kind))) {
      const what = `its format is ${JSON.stringify(json?.format)} of kind ${JSON.stringify(kind)}, want ${FORMAT}`;
      throw new DataError('PairVocabulary', what, todo);
    }
    if (kind === 'subwords') return new PairVocabulary(kind, await subwordsFromJson(json));
    return new PairVocabulary(kind, symbolsFromJson(json, UNITS[kind]));
  }

  /** A string for a checkpoint's extras. Of subwords, its `tokenizer` is a Hugging Face tokenizer.json. */
  toJson(): string {
    return JSON.stringify({ format: FORMAT, kind: this.kind, ...this.#sides.json });
  }

  /** For an `EncoderDecoderConfig`: rows of the embeddings, and whether both sides share one. */
  get embedding(): {
    readonly vocabulary: number;
    readonly sourceVocabulary: number;
    readonly shared: boolean;
  } {
    const { source, target } = this.#sides;
    return { vocabulary: rows(target), sourceVocabulary: rows(source), shared: source === target };
  }

  /** Target tokens, special ones included. */
  get size(): number {
    return this.#sides.target.size;
  }

  /** Source tokens, special ones included. */
  get sourceSize(): number {
    return this.#sides.source.size;
  }

  /** Target ids that decoding must not produce: all special ones but `end`, and rows that only fill up the embedding. */
  get banned(): readonly number[] {
    const { target } = this.#sides;
    const unused = Array.from({ length: rows(target) - target.size }, (_, i) => target.size + i);
    return [PAD, BEGIN, UNKNOWN, ...unused];
  }

  /** Ids without begin and end. Characters in no token: see `EncodeSourceOptions`. */
  encodeSource(text: string, options: EncodeSourceOptions = {}): Uint32Array<ArrayBuffer> {
    const { source, knowsUnknown } = this.#sides;
    const { unknown = knowsUnknown ? 'token' : 'error' } = options;
    const missing = new Set<string>();
    const ids = source.encode(tidyText(text), (character) => missing.add(character));
    if (missing.size > 0 && unknown === 'error') {
      const list = [...missing].slice(0, 8).map(describe).join(', ');
      const more = missing.size > 8 ? ` and ${missing.size - 8} more` : '';
      throw new DataError(
        'PairVocabulary',
        `${list}${more} ${missing.size === 1 ? 'is' : 'are'} not among the ${source.size - SPECIAL.length} characters that this model has learnt`,
        'Leave them out or write them with other letters.',
      );
    }
    return ids;
  }

  /** Characters of a source that are in no token, each once, in order. */
  unknownCharacters(text: string): string[] {
    const missing = new Set<string>();
    this.#sides.source.encode(tidyText(text), (character) => missing.add(character));
    return [...missing];
  }

  /** Ids without begin and end; symbols in no token are `unknown`, which decoding never gives: they count as errors. */
  encodeTarget(text: string): Uint32Array<ArrayBuffer> {
    return this.#sides.target.encode(tidyText(text), () => undefined);
  }

  /** Text of the ids before the first `end`. `partial`: of a hypothesis that still grows, whole characters only. */
  decodeTarget(ids: ArrayLike<number>, { partial = false }: { readonly partial?: boolean } = {}): string {
    const list = Array.from(ids);
    const end = list.indexOf(END);
    const kept = end < 0 ? list : list.slice(0, end);
    const { target } = this.#sides;
    return target.decode(
      kept.filter((id) => id >= SPECIAL.length && id < target.size),
      partial,
    );
  }

  /** Each id for a heat map: its text, with a leading space where a word begins; special tokens as ⟨end⟩ and the like. */
  sourcePieces(ids: ArrayLike<number>): string[] {
    return this.#pieces(this.#sides.source, ids);
  }

  /** As `sourcePieces`, of a target. */
  targetPieces(ids: ArrayLike<number>): string[] {
    return this.#pieces(this.#sides.target, ids);
  }

  #pieces(side: VocabularySide, ids: ArrayLike<number>): string[] {
    const names = ['⟨pad⟩', '⟨begin⟩', '⟨end⟩', '⟨unknown⟩'];
    const list = Array.from(ids);
    const texts = side.pieces(list.filter((id) => id >= names.length && id < side.size));
    let next = 0;
    return list.map((id) => (id < names.length ? names[id] : id < side.size ? texts[next++] : '⟨unused⟩'));
  }
}

function rows({ size }: VocabularySide): number {
  return Math.ceil(size / ROWS) * ROWS;
}

function describe(character: string): string {
  const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return character === ' ' ? 'the space' : `"${character}" (U+${point})`;
}
