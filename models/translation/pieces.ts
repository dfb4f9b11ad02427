/** Cuts texts into what a translation model takes at once. */
import { DataError } from '../../engine/index';
import { tidyText } from './pair_tokens';
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
export function joinPieces(texts: readonly string[], vocabulary: PairVocabulary, language = ''): string {
  const glue = vocabulary.kind === 'symbols' ? ' | ' : /^(zh|ja)\b/.test(language) ? '' : ' ';
  return texts.filter((text) => text !== '').join(glue);
}

/**
 * The pieces of a text: all of it where it is short enough, else its sentences; none where there is nothing to read.
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
  const sentences = new Intl.Segmenter(options.language, { granularity: 'sentence' }).segment(tidy);
  const pieces = Array.from(sentences, ({ segment }) => segment.trim())
    .filter((part) => part !== '')
    .map(piece)
    .flatMap((part) => (part.ids.length <= options.longest ? [part] : part.text.split(STOP).map(piece)));
  return check(pieces, options);
}

/** Where a sentence may be cut that is too long, or goes on in lower case: after stops, semicolons and colons. */
const STOP = /(?<=[.!?…;:])\s+|(?<=[。！？；：])(?=.)/u;

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
