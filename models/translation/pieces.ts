/** Cuts texts into what a translation model takes at once. */
import { DataError } from '../../engine/index';
import { joinsSentences } from '../../engine/metrics/index';
import { tidyText } from './pair_tokens';
import { sentencesOf } from './sentences';
import type { EncodeSourceOptions, PairVocabulary } from './pair_vocabulary';

/** A part of a text, with the ids that the encoder reads. */
export interface SourcePiece {
  readonly text: string;
  /** With the end. */
  readonly ids: Uint32Array<ArrayBuffer>;
}

export interface CutOptions {
  /** Tokens that the model takes, the end included. */
  readonly context: number;
  /** Longer texts are cut at the ends of sentences. */
  readonly longest: number;
  /** Cut at every end of a sentence. */
  readonly sentences: boolean;
  readonly unknown?: EncodeSourceOptions['unknown'];
  /** BCP 47. */
  readonly language: string | undefined;
}

/** Between pieces of a translation, where a language has no spaces, or words of phonemes would run into each other. */
export function joinPieces(texts: readonly string[], vocabulary: PairVocabulary, language?: string): string {
  const glue = vocabulary.kind === 'symbols' ? ' | ' : joinsSentences(language, texts.join('')) ? '' : ' ';
  return texts.filter((text) => text !== '').join(glue);
}

/**
 * The pieces of a line: all of it where it is short enough, else its sentences; none where there is nothing to read.
 * Models of symbols that have learnt words without spaces and marks get them one by one, and without. Throws a DataError for a
 * sentence beyond the context and for unknown characters.
 */
export function cutSource(text: string, vocabulary: PairVocabulary, options: CutOptions): SourcePiece[] {
  const tidy = tidyText(text);
  if (tidy === '') return [];
  const piece = (part: string): SourcePiece => {
    const ids = vocabulary.encodeSource(part, { unknown: options.unknown });
    return { text: part, ids: Uint32Array.from([...ids, vocabulary.end]) };
  };
  if (vocabulary.kind === 'symbols') {
    const marks = new Set(vocabulary.unknownCharacters(tidy).filter((character) => MARK.test(character)));
    if (marks.size > 0) return check(wordsOf(tidy, marks).map(piece), options);
  }
  const whole = piece(tidy);
  if (!options.sentences && whole.ids.length <= options.longest) return check([whole], options);
  const { language, longest } = options;
  const pieces = sentencesOf(tidy, language)
    .map(piece)
    .flatMap((part) =>
      part.ids.length <= longest ? [part] : sentencesOf(part.text, language, { eager: true }).map(piece),
    );
  return check(pieces, options);
}

/** A line of a text: its pieces, and what stands around them and comes back as it was. */
export interface SourceLine {
  /** White space and a list's mark. */
  readonly before: string;
  readonly pieces: readonly SourcePiece[];
  /** The line break; '' at the end of the text. */
  readonly after: string;
}

const BREAK = /(\r\n|[\n-\r\x85\u2028\u2029])/;
const INDENT = /^\s*(?:[-*•‣◦·](?:\s+|$))?/;
const NUMBER = /^\s*\d{1,3}[.)]\s+/;

/** The lines of a text, each cut by itself: see `cutSource`. Marks of lists stay out of it where there are several lines. */
export function cutLines(text: string, vocabulary: PairVocabulary, options: CutOptions): SourceLine[] {
  const parts = text.split(BREAK);
  const lines = parts.filter((_, i) => i % 2 === 0);
  const numbered = lines.filter((line) => NUMBER.test(line)).length > 1; // one may be a date
  return lines.map((line, i) => {
    const [mark = ''] = lines.length === 1 ? [] : (numbered && NUMBER.exec(line)) || INDENT.exec(line) || [];
    const pieces = cutSource(line.slice(mark.length), vocabulary, options);
    return { before: pieces.length > 0 ? mark : mark.trimEnd(), pieces, after: parts[2 * i + 1] ?? '' };
  });
}

/** The lines again, with a text for each piece of theirs, in order. */
export function joinLines(
  lines: readonly SourceLine[],
  texts: readonly string[],
  vocabulary: PairVocabulary,
  language?: string,
): string {
  let next = 0;
  return lines
    .map(({ before, pieces, after }) => {
      const own = texts.slice(next, (next += pieces.length));
      return before + joinPieces(own, vocabulary, language) + after;
    })
    .join('');
}

function check(pieces: SourcePiece[], { context }: CutOptions): SourcePiece[] {
  for (const { text, ids } of pieces) {
    if (ids.length <= context) continue;
    throw new DataError(
      'translate',
      `a sentence has ${ids.length - 1} tokens, but the model takes ${context - 1} ("${text.slice(0, 40)}…")`,
      'Cut it with full stops into sentences of that length.',
    );
  }
  return pieces;
}

const MARK = /[\s\p{P}\p{S}]/u;

function wordsOf(text: string, marks: ReadonlySet<string>): string[] {
  return [...text]
    .map((character) => (marks.has(character) ? ' ' : character))
    .join('')
    .split(' ')
    .filter((word) => word !== '');
}
