import { DataError, expectOptions, readText } from '../../engine/index';
import type { SkippedRow } from './table';

/** A sentence in words, with a tag each. */
export interface TaggedWords {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  /** Of its first word in the file, from 1. */
  readonly line: number;
}

/** Name and columns of what `readConll` reads. */
export interface ReadConllOptions {
  /** What messages call it; a File's own name otherwise. */
  readonly name?: string;
  /** Which column has words, from 0. Default 0. */
  readonly word?: number;
  /** Which column has tags, from 0, or from -1 backwards. Default -1: the last. */
  readonly tag?: number;
  /** Of bytes, by its WHATWG label, such as 'utf-16le'. Default 'utf-8'. */
  readonly encoding?: string;
}

/**
 * Reads tagged sentences as CoNLL has them: a word a line with its columns, by tabs or spaces; blank lines between sentences.
 * Lines of -DOCSTART- are no words, nor are comments (lines that begin with # and have one column, in files by tabs). A sentence with a line that
 * lacks a column is skipped whole, and told in `skipped` with that line.
 */
export async function readConll(
  file: Blob | ArrayBuffer | Uint8Array | string,
  options: ReadConllOptions = {},
): Promise<{ readonly sentences: readonly TaggedWords[]; readonly skipped: readonly SkippedRow[] }> {
  const { word = 0, tag = -1, encoding = 'utf-8' } = options;
  const { name = file instanceof Blob && 'name' in file ? String(file.name) : 'tags' } = options;
  expectOptions('readConll', options, { name, word, tag, encoding });
  for (const [key, value, least] of [['word', word, 0] as const, ['tag', tag, -100] as const]) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new DataError('readConll', `${key} is ${value}`, 'Give the number of a column.');
  }
  const lines = (await readText(file, { name, encoding })).split(/\r\n?|\n/);
  const sentences: TaggedWords[] = [];
  const skipped: SkippedRow[] = [];
  let open: { words: string[]; tags: string[]; line: number; wrong: SkippedRow | null } | null = null;
  const close = (): void => {
    if (open?.wrong) skipped.push(open.wrong);
    else if (open) sentences.push({ words: open.words, tags: open.tags, line: open.line });
    open = null;
  };
  const apart = lines.some((line) => line.includes('\t')) ? '\t' : /[ \t]+/;
  lines.forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('-DOCSTART-')) {
      close();
      return;
    }
    const fields = line.trim().split(apart);
    if (fields.length === 1 && line.startsWith('#')) return;
    open ??= { words: [], tags: [], line: i + 1, wrong: null };
    const [own, label] = [fields[word]?.trim(), fields.at(tag)?.trim()];
    const enough = fields.length > Math.max(word, tag < 0 ? -tag - 1 : tag) && fields.length > 1;
    if (!enough || !own || !label) {
      open.wrong ??= { number: i + 1, reason: `${fields.length} of the columns that it should have` };
      return;
    }
    open.words.push(own);
    open.tags.push(label);
  });
  close();
  if (sentences.length > 0) return { sentences, skipped };
  const first = skipped[0];
  const why = first ? `; line ${first.number} has ${first.reason}` : '';
  throw new DataError(name, `it has no tagged sentence${why}`, 'Give a word and its tag a line.');
}
