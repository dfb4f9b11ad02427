/** Words and marks of a text, as a reader sees them; of scripts without spaces each character. */

/** [start, end) in UTF-16 units. */
export interface Word {
  readonly start: number;
  readonly end: number;
}

const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*|\S/gu;

export function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(WORD), ({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
  }));
}

/** What stands for a hidden word in a text that somebody writes, and in addresses. */
export const BLANK = '___';

/** A text with one of its words hidden, or a place where a word is missing. */
export interface Blanked {
  /** The text, with the word; without it where only the place is known. */
  readonly text: string;
  readonly blank: Word;
}

/** A text with a blank in it (two underscores and more); null where it has none. */
export function blankIn(text: string): Blanked | null {
  const found = /_{2,}/.exec(text);
  if (!found) return null;
  const { index } = found;
  return {
    text: text.slice(0, index) + text.slice(index + found[0].length),
    blank: { start: index, end: index },
  };
}

/** The same in one line: the blank where the word is hidden. */
export const withBlank = ({ text, blank }: Blanked): string =>
  text.slice(0, blank.start) + BLANK + text.slice(blank.end);

/** A text with words replaced by `mask`, each with the space before it, which its token brings along. */
export function masked(text: string, words: readonly Word[], mask: string): string {
  let [made, at] = ['', 0];
  for (const { start, end } of [...words].sort((a, b) => a.start - b.start)) {
    made += text.slice(at, start).replace(/\s$/u, '') + mask;
    at = end;
  }
  return made + text.slice(at);
}

/** Sums up what tokens [start, end) score over the words that they are of. A token of several counts for the first. */
export function scoresOfWords(
  words: readonly Word[],
  tokens: readonly (Word & { readonly score: number })[],
): number[] {
  const sums = words.map(() => 0);
  for (const { start, end, score } of tokens) {
    const at = words.findIndex((word) => word.start < end && word.end > start);
    if (at >= 0) sums[at] += score;
  }
  return sums;
}
