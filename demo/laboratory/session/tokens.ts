import { RandomStream } from '../../../engine/index';

/** Rows of the embedding table; row 0 is padding. */
export const VOCABULARY = 2048;
export const PADDING_ID = 0;

/** A Han character, a word with its apostrophes and hyphens, or any other sign, each a token. */
export function splitWords(sentence: string): string[] {
  return sentence.match(/\p{Script=Han}|[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*|[^\s]/gu) ?? [];
}

/** The row of the table that a word gets: a hash, so that any word has one, the same in capitals or not. */
export function idOf(word: string): number {
  const name = word.toLowerCase().normalize('NFC');
  return 1 + Math.floor(new RandomStream(1, name).uniform() * (VOCABULARY - 1));
}
