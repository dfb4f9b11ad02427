/**
 * Letters to phonemes: the CMU Pronouncing Dictionary 0.7b as grapheme-to-phoneme papers use it (Yao & Zweig 2015,
 * "Sequence-to-sequence neural net models for grapheme-to-phoneme conversion"): 39 ARPAbet phonemes, no stress marks,
 * and every pronunciation of a word counts as right.
 */

export interface Pronunciation {
  /** Lower case, a to z and apostrophes. */
  readonly letters: string;
  /** ARPAbet without stress, apart by spaces: `K AE T`; the commonest first, no two the same. */
  readonly phonemes: readonly string[];
}

/**
 * The words of a dictionary such as `{"A": "AH0", "A(1)": "EY1"}`, with all their pronunciations. Entries with other
 * characters than letters and apostrophes (`ICE-CREAM`, `A.`, `A42128`), about one in a hundred, are left out: how
 * they are read does not follow from their letters.
 */
export function pronunciations(dictionary: Readonly<Record<string, string>>): Pronunciation[] {
  const words = new Map<string, string[]>();
  for (const [entry, marked] of Object.entries(dictionary)) {
    const letters = /^('?[A-Z][A-Z']*)(?:\(\d+\))?$/.exec(entry)?.[1].toLowerCase();
    if (letters === undefined) continue;
    const phonemes = marked.replace(/\d/g, '').trim();
    const known = words.get(letters);
    if (!known) words.set(letters, [phonemes]);
    else if (!known.includes(phonemes)) known.push(phonemes);
  }
  return Array.from(words, ([letters, phonemes]) => ({ letters, phonemes }));
}

/**
 * Tab-separated: a word and its phonemes, apart by spaces; one pronunciation a line, those of a word after each other.
 * Whoever splits it has to keep them together: `splitPairs` with `apart: 'source'` does.
 */
export function pronunciationTable(words: readonly Pronunciation[]): string {
  return words
    .flatMap(({ letters, phonemes }) => phonemes.map((spoken) => `${letters}\t${spoken}\n`))
    .join('');
}

/** What `pronunciationTable` says of each word: letters -> all pronunciations, the references of an evaluation. */
export function pronunciationsByWord(
  pairs: readonly { readonly source: string; readonly target: string }[],
): Map<string, string[]> {
  const words = new Map<string, string[]>();
  for (const { source, target } of pairs) {
    const known = words.get(source);
    if (known) known.push(target);
    else words.set(source, [target]);
  }
  return words;
}
