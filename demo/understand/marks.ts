/** Words of a visitor's sentences, marked by hand with what they are. */
import { wordsOf } from './words';

/** A word's mark: what it is, and whether it begins a name or goes on with the one before. */
export interface Mark {
  readonly kind: string;
  readonly begins: boolean;
}

export interface MarkedSentence {
  readonly text: string;
  /** Of each of its words; null: none. */
  readonly marks: readonly (Mark | null)[];
}

/** Sentences of a text, one a line; those that were there keep their marks. */
export function sentencesOf(text: string, before: readonly MarkedSentence[]): MarkedSentence[] {
  const known = new Map(before.map((sentence) => [sentence.text, sentence]));
  return text
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const found = known.get(line);
      if (found) return found;
      return { text: line, marks: wordsOf(line).map(() => null) };
    });
}

/**
 * Words `from` to `to` become a name of this kind, next to one of the same kind a part of it. A single word that is marked so
 * already begins a name of its own, where it was part of one, or else has no mark any more.
 */
export function marked(sentence: MarkedSentence, from: number, to: number, kind: string): MarkedSentence {
  const marks: (Mark | null)[] = [...sentence.marks];
  const goesOn = marks[from - 1]?.kind === kind;
  const now = marks[from];
  if (from === to && now?.kind === kind) {
    marks[from] = now.begins ? null : { kind, begins: true };
  } else {
    for (let at = from; at <= to; at++) marks[at] = { kind, begins: at === from && !goesOn };
  }
  const next = marks[to + 1];
  // What went on with a word that has gone, or is of another kind, begins by itself.
  if (next && !next.begins && marks[to]?.kind !== next.kind) marks[to + 1] = { ...next, begins: true };
  return { ...sentence, marks };
}

/** A word and its tag a line, blank lines between sentences: what `readConll` reads. */
export function toConll(sentences: readonly MarkedSentence[]): string {
  const tag = (mark: Mark | null): string => (mark ? `${mark.begins ? 'B' : 'I'}-${mark.kind}` : 'O');
  return sentences
    .map(({ text, marks }) =>
      wordsOf(text)
        .map(({ start, end }, i) => `${text.slice(start, end)}\t${tag(marks[i])}`)
        .join('\n'),
    )
    .join('\n\n');
}
