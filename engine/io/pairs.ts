import { DataError, expectOptions } from '../errors';
import { type Progress } from './byte_source';
import { pacer } from './pacer';
import { decodedText } from './text_stream';
import { dialectOf, RowReader, type Quotes, type Row } from './tsv';

/** A text and what it is to become. */
export interface TextPair {
  readonly source: string;
  readonly target: string;
}

/** Columns, quotes and limits of `readPairs`. */
export interface ReadPairsOptions {
  /** What messages call the text; a File's own name otherwise. */
  readonly name?: string;
  /** Which columns are source and target, from 0 (default [0, 1]). */
  readonly columns?: readonly [source: number, target: number];
  /** Whether quotation marks enclose fields; without it the beginning of the file tells. */
  readonly quotes?: Quotes;
  /** Stop after this many pairs (default: all). */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Bytes read so far, of how many (UTF-16 units for a string; null for a stream). */
  readonly onProgress?: (progress: Progress) => void;
}

/** Rows of a file that gave no pair, or more than was asked for. */
export interface SkippedRows {
  readonly count: number;
  /** Where the first five begin, from 1. */
  readonly lines: readonly number[];
}

/** Why rows are left out: blank; a column is missing; source or target is blank; a quotation mark is never closed. */
export type SkipReason = 'empty' | 'missingColumn' | 'emptyField' | 'openQuote';

/** What `readPairs` found in a file. */
export interface PairFile {
  readonly pairs: readonly TextPair[];
  /** Lines that were read. */
  readonly lines: number;
  readonly skipped: Readonly<Record<SkipReason, SkippedRows>>;
  /** Rows with more columns than were read. */
  readonly furtherColumns: SkippedRows;
  readonly quotes: Quotes;
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Whether `limit` ended the reading before the file ended. */
  readonly truncated: boolean;
}

/** Where a table of pairs comes from: a file, a stream, bytes or a text. */
export type PairSource = Blob | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array | string;

/** So much of a file tells how it is written. */
const HEAD = 1 << 16;
const FIRST_LINES = 5;
/** Characters of a line: one that is longer holds no pair of texts, and would be searched again with each piece. */
const LONGEST_LINE = 1 << 22;

/**
 * Parallel text from tab-separated values: one pair a row, further columns ignored. UTF-8, or UTF-16 with a byte order
 * mark; any line ends; fields in quotation marks as RFC 4180 has them, where the file uses them. White space around a
 * text goes, line breaks within become spaces. Rows without a pair are skipped and counted, never repaired.
 *
 * Reads in pieces: a Blob or stream of any size never lies in memory twice, and the thread stays free in between.
 * Throws a DataError for a binary file, another encoding (with offset and line), an empty file, one with a line of more
 * than 4 million characters, or one without a single pair; the signal's reason when aborted.
 */
export async function readPairs(source: PairSource, options: ReadPairsOptions = {}): Promise<PairFile> {
  const { name = nameOf(source), columns = [0, 1], quotes, limit = Infinity, signal, onProgress } = options;
  expectOptions('readPairs', options, { name, columns, quotes, limit, signal, onProgress });
  if (!columns.every((column) => Number.isInteger(column) && column >= 0) || columns[0] === columns[1]) {
    throw new DataError(
      'readPairs',
      `columns are ${columns.join(' and ')}`,
      'Give two different numbers from 0.',
    );
  }
  const pace = pacer(signal);
  const text = decodedText(source, { name, signal, onProgress, line: () => lines() });
  let reader: RowReader | null = null;
  let head = '';
  const lines = (): number => (reader ? reader.line + reader.pendingLines : head.split('\n').length);
  const result = new Collector(columns, limit);
  let stopped: number | null = null;
  const take = (rows: Iterable<Row>): boolean => {
    for (const row of rows) {
      if (result.add(row)) continue;
      stopped = row.line;
      return false;
    }
    return true;
  };
  const begin = (): RowReader => {
    const dialect = dialectOf(head.slice(0, HEAD));
    result.quotes = quotes ?? dialect.quotes;
    return new RowReader({ ...dialect, quotes: result.quotes });
  };

  let going = true;
  for await (const { text: piece, encoding } of text) {
    result.encoding = encoding;
    if (reader) {
      going = take(reader.push(piece));
    } else {
      head += piece;
      if (head.length < HEAD) continue;
      reader = begin();
      going = take(reader.push(head));
    }
    if (!going) break; // closes the stream
    if (reader.pending > LONGEST_LINE) {
      const what = `line ${reader.line} has more than ${LONGEST_LINE} characters`;
      throw new DataError(name, what, 'Each line needs a source, a tab and a target: is this such a table?');
    }
    await pace();
  }
  if (!reader) {
    reader = begin();
    going = take(reader.push(head));
  }
  if (going) going = take(reader.end());
  if (head === '') throw new DataError(name, 'the file is empty', 'Choose a file with two columns of text.');
  return result.finish(name, stopped ?? reader.line, stopped !== null);
}

/** `12 rows skipped: 7 empty (lines 3, 9, 14, …), 5 without a tab (line 20, …)`; empty when nothing was skipped. */
export function describeSkipped({ skipped }: PairFile): string {
  const words: Record<SkipReason, string> = {
    empty: 'empty',
    missingColumn: 'with a column missing',
    emptyField: 'with an empty source or target',
    openQuote: 'with a quotation mark that is never closed',
  };
  const parts = (Object.keys(words) as SkipReason[])
    .filter((reason) => skipped[reason].count > 0)
    .map((reason) => `${skipped[reason].count} ${words[reason]} (${lineList(skipped[reason])})`);
  const count = Object.values(skipped).reduce((sum, rows) => sum + rows.count, 0);
  return count === 0 ? '' : `${count} ${count === 1 ? 'row' : 'rows'} skipped: ${parts.join(', ')}`;
}

function lineList({ count, lines }: SkippedRows): string {
  return `${count === 1 ? 'line' : 'lines'} ${lines.join(', ')}${count > lines.length ? ', …' : ''}`;
}

class Tally implements SkippedRows {
  count = 0;
  readonly lines: number[] = [];

  add(line: number): void {
    if (this.count++ < FIRST_LINES) this.lines.push(line);
  }
}

class Collector {
  quotes: Quotes = 'literal';
  encoding: PairFile['encoding'] = 'utf-8';
  readonly #columns: readonly [number, number];
  readonly #limit: number;
  readonly #pairs: TextPair[] = [];
  readonly #skipped = {
    empty: new Tally(),
    missingColumn: new Tally(),
    emptyField: new Tally(),
    openQuote: new Tally(),
  };
  readonly #further = new Tally();
  #sample = '';

  constructor(columns: readonly [number, number], limit: number) {
    this.#columns = columns;
    this.#limit = limit;
  }

  /** False once there are enough pairs: this row is not taken any more. */
  add({ line, fields, open }: Row): boolean {
    if (fields.every((field) => field.trim() === '')) {
      this.#skipped.empty.add(line);
      return true;
    }
    if (open) {
      this.#skipped.openQuote.add(line);
      return true;
    }
    const [first, second] = this.#columns;
    if (fields.length <= Math.max(first, second)) {
      this.#sample ||= fields.join('\t');
      this.#skipped.missingColumn.add(line);
      return true;
    }
    const source = tidy(fields[first]);
    const target = tidy(fields[second]);
    if (source === '' || target === '') {
      this.#skipped.emptyField.add(line);
      return true;
    }
    if (this.#pairs.length >= this.#limit) return false;
    if (fields.length > Math.max(first, second) + 1) this.#further.add(line);
    this.#pairs.push({ source, target });
    return true;
  }

  finish(name: string, next: number, truncated: boolean): PairFile {
    const file: PairFile = {
      pairs: this.#pairs,
      lines: next - 1,
      skipped: this.#skipped,
      furtherColumns: this.#further,
      quotes: this.quotes,
      encoding: this.encoding,
      truncated,
    };
    if (this.#pairs.length > 0) return file;
    const missing = this.#skipped.missingColumn;
    const separator = /[;,|]/.exec(this.#sample)?.[0];
    const hint = separator ? ` The first has "${separator}" but no tab.` : '';
    const need = Math.max(...this.#columns) + 1;
    throw new DataError(
      name,
      `none of its ${Math.max(file.lines, 1)} lines holds a pair; ${describeSkipped(file)}`,
      missing.count > 0
        ? `Each line needs ${need} columns, a tab between source and target.${hint}`
        : 'Each line needs a source, a tab and a target.',
    );
  }
}

function nameOf(source: PairSource): string {
  const named = source instanceof Blob && 'name' in source && typeof source.name === 'string';
  return (named && (source.name as string)) || 'pairs';
}

function tidy(field: string): string {
  const text = field.trim();
  const breaks = /[\t\r\n\0]/;
  return breaks.test(text) ? text.replace(/[\s\0]+/g, (run) => (breaks.test(run) ? ' ' : run)) : text;
}
