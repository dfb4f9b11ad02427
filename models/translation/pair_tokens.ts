/** What the kinds of pair vocabularies have in common. */

/** Ids are the same on both sides and in all vocabularies. */
export const PAD = 0;
export const BEGIN = 1;
export const END = 2;
export const UNKNOWN = 3;
/** As tokenizer.json spells them. */
export const SPECIAL: readonly string[] = ['<pad>', '<s>', '</s>', '<unk>'];

/** Progress of learning: characters counted, or tokens in the vocabulary. */
export interface VocabularyProgress {
  readonly phase: 'count' | 'merge';
  readonly done: number;
  /** Null while it is not known. */
  readonly total: number | null;
}

/** One side's tokens above the special ones. */
export interface VocabularySide {
  /** Ids in use, special ones included. */
  readonly size: number;
  /** Ids of a tidy text without begin and end; an unknown character is reported, and given `UNKNOWN`. */
  encode(text: string, unknown: (character: string) => void): Uint32Array<ArrayBuffer>;
  /** The text of ids that are none of the special ones. `partial`: more ids will follow. */
  decode(ids: readonly number[], partial: boolean): string;
  /** Each of such ids as a reader of a heat map wants it. */
  pieces(ids: readonly number[]): string[];
}

/** What both kinds of vocabularies are made of. */
export interface VocabularySides {
  readonly source: VocabularySide;
  readonly target: VocabularySide;
  /** Whether training meets the unknown token. */
  readonly knowsUnknown: boolean;
  /** What is saved beside format and kind. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** One form for every text. */
export function tidyText(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}
