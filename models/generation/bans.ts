/** Which tokens a sequence may not go on with. */
import type { CompleteChoice } from './option_table';

/** Places of a row in one upload. */
const PLACES = 16;

/** Places for `most` ids: few different numbers, so few plans. */
export const placesFor = (most: number): number =>
  PLACES * 4 ** Math.max(0, Math.ceil(Math.log(most / PLACES) / Math.log(4)));

/** Whether bans depend on the text. */
export const bansChange = ({ bannedSequences, noRepeatNgram }: CompleteChoice): boolean =>
  noRepeatNgram > 0 || bannedSequences.length > 0;

/** Different ids that `text`, with what it begins with, may not go on with: `made` are its own, `end` would end it. */
export function bansOf(
  text: readonly number[],
  o: CompleteChoice,
  { made, end }: { readonly made: number; readonly end: readonly number[] },
): readonly number[] {
  const { bannedIds, bannedSequences, noRepeatNgram, minTokens } = o;
  const early = made < minTokens ? end : [];
  if (!bansChange(o) && early.length === 0) return bannedIds;
  const changing = bansChange(o)
    ? [...repeating(text, noRepeatNgram), ...completing(text, bannedSequences)]
    : [];
  return [...new Set([...bannedIds, ...early, ...changing])];
}

/**
 * Tokens that would repeat an n-gram of `text` (with what it begins with), as Hugging Face's no_repeat_ngram_size and
 * fairseq's: those that have followed its last n - 1 tokens before.
 */
export function repeating(text: readonly number[], n: number): number[] {
  if (n === 0 || text.length + 1 < n) return [];
  const last = text.length - (n - 1);
  const found: number[] = [];
  for (let i = 0; i + n <= text.length; i++) {
    let same = true;
    for (let j = 0; j < n - 1 && same; j++) same = text[i + j] === text[last + j];
    if (same) found.push(text[i + n - 1]);
  }
  return found;
}

/** Last tokens of banned sequences whose other tokens `text` ends with. */
export function completing(text: readonly number[], sequences: readonly (readonly number[])[]): number[] {
  return sequences
    .filter((sequence) => {
      const first = text.length - (sequence.length - 1);
      return first >= 0 && sequence.every((id, i) => i === sequence.length - 1 || text[first + i] === id);
    })
    .map((sequence) => sequence[sequence.length - 1]);
}
