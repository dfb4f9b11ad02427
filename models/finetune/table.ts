/** Tables of people's own: CSV, TSV, lines of JSON and SQuAD's files, with a report of the rows that could not be read. */
import type Papa from 'papaparse';
import { DataError, expectOneOf, expectOptions, nearest, readText } from '../../engine/index';

/** A value as it stands in the file: text, but in JSON also numbers, lists and the like. */
export type Cell = unknown;

/** A row of a table, by the names of its columns. */
export interface TableRow {
  /** In the file, from 1, the header included: what a spreadsheet calls it. */
  readonly number: number;
  readonly cells: Readonly<Record<string, Cell>>;
}

/** A row that is left out, and why. */
export interface SkippedRow {
  readonly number: number;
  readonly reason: string;
}

/** What `readTable` found in a file. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
  readonly skipped: readonly SkippedRow[];
}

/** Name and format of what `readTable` reads. */
export interface ReadTableOptions {
  /** What messages call it; a File's own name otherwise. */
  readonly name?: string;
  /** Default: by the name's ending, or else by how the text begins. */
  readonly format?: 'csv' | 'tsv' | 'jsonl';
  /** Whether the first row of a CSV or TSV has the columns' names; without it they are '1', '2' and so on. Default true. */
  readonly header?: boolean;
  /** Of bytes, by its WHATWG label, such as 'utf-16le' for what Excel calls Unicode text. Default 'utf-8'. */
  readonly encoding?: string;
}

/**
 * Reads a table. CSV and TSV as RFC 4180 has them, the delimiter of a CSV (comma, semicolon or bar) told by the file; JSONL with an object
 * a line, or one list of them; SQuAD's JSON (Rajpurkar et al. 2016, 2018) as columns `context`, `question`, `answers` and `id`, a row a question. A row with more or fewer fields than there are columns, a quotation mark that is never closed and a line that is no object are
 * skipped, and told in `skipped`, with the lines that an open quotation mark takes along; blank lines count as rows but are nothing.
 *
 * Throws `DataError` for a file that is no text, is empty, has columns of one name twice, or has no row that can be read.
 */
export async function readTable(
  file: Blob | ArrayBuffer | Uint8Array | string,
  options: ReadTableOptions = {},
): Promise<Table> {
  const named = file instanceof Blob && 'name' in file ? String(file.name) : 'table';
  const { name = named, header = true, encoding = 'utf-8' } = options;
  const text = await readText(file, { name, encoding });
  const { format = formatOf(name, text) } = options;
  expectOptions('readTable', options, { name, format, header, encoding });
  expectOneOf('readTable', 'format', format, ['csv', 'tsv', 'jsonl']);
  expectOneOf('readTable', 'header', header, [true, false]);
  const table = format === 'jsonl' ? fromJsonLines(name, text) : await fromFields(name, text, format, header);
  if (table.rows.length > 0) return table;
  const first = table.skipped[0];
  const why = first ? `; row ${first.number}: ${first.reason}` : '';
  throw new DataError(name, `it has no row that can be read${why}`, 'Give a table with rows.');
}

/** Throws `DataError` unless the table has the column, with the nearest names. */
export function expectColumn({ name, columns }: Table, column: string): void {
  if (columns.includes(column)) return;
  const near = nearest(column, columns).join(', ');
  throw new DataError(
    name,
    `it has no column "${column}"`,
    `It has ${columns.join(', ')}. Nearest: ${near}.`,
  );
}

/** What stands in a column, as text without white space around it; empty where there is nothing. */
export function textIn({ cells }: TableRow, column: string): string {
  return textOf(cellOf(cells, column));
}

/** A cell of a row; undefined where it has none, whatever objects inherit by that name. */
export const cellOf = (cells: TableRow['cells'], column: string): Cell =>
  Object.hasOwn(cells, column) ? cells[column] : undefined;

/** A value as text without white space around it, JSON where it is none; empty for null. */
export function textOf(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  return (typeof cell === 'string' ? cell : JSON.stringify(cell)).trim();
}

function formatOf(name: string, text: string): 'csv' | 'tsv' | 'jsonl' {
  const ending = /\.(csv|tsv|tab|jsonl|ndjson|json)$/i.exec(name)?.[1].toLowerCase();
  if (ending === 'csv') return 'csv';
  if (ending === 'tsv' || ending === 'tab') return 'tsv';
  if (ending) return 'jsonl';
  const [line] = text.split('\n', 1);
  if (/^\s*[{[]/.test(line)) return 'jsonl';
  return line.includes('\t') ? 'tsv' : 'csv';
}

/** Papa Parse, loaded when somebody reads a table. Where no bundler made a module of it, it makes itself a global. */
async function papa(): Promise<typeof Papa> {
  const found = (await import('papaparse')) as { readonly default?: typeof Papa };
  return found.default ?? (globalThis as unknown as { readonly Papa: typeof Papa }).Papa;
}

async function fromFields(
  name: string,
  text: string,
  format: 'csv' | 'tsv',
  header: boolean,
): Promise<Table> {
  const { data, errors } = (await papa()).parse<string[]>(text.replace(/\r\n?/g, '\n'), {
    ...{ header: false, skipEmptyLines: false, dynamicTyping: false, newline: '\n' },
    delimiter: format === 'tsv' ? '\t' : delimiterOf(text),
  });
  const broken = new Map(errors.flatMap(({ type, row }) => (type === 'Quotes' ? [[row ?? 0, true]] : [])));
  const isBlank = (fields: readonly string[]): boolean => fields.length === 1 && fields[0].trim() === '';
  const start = data.findIndex((fields) => !isBlank(fields));
  if (start < 0) return { name, columns: [], rows: [], skipped: [] };
  const columns = header
    ? data[start].map((field) => field.trim())
    : data[start].map((_, i) => String(i + 1));
  const twice = columns.find((column, i) => columns.indexOf(column) < i);
  if (twice !== undefined) {
    const what = `it has two columns "${twice}"`;
    throw new DataError(name, what, header ? 'Name each once, or say header: false.' : 'Name each once.');
  }
  const rows: TableRow[] = [];
  const skipped: SkippedRow[] = [];
  data.forEach((fields, i) => {
    if (i < start + Number(header) || isBlank(fields)) return;
    const number = i + 1;
    if (broken.has(i)) {
      const reason = 'a quotation mark is not closed, or stands within a field';
      // Up to the next mark all is one field: rows that nobody would miss otherwise.
      const lines = fields.reduce((sum, field) => sum + field.trimEnd().split('\n').length - 1, 0);
      const more =
        lines === 0 ? '' : `, and takes the next ${lines === 1 ? 'line' : `${lines} lines`} with it`;
      skipped.push({ number, reason: reason + more });
    } else if (fields.length !== columns.length) {
      skipped.push({ number, reason: `${fields.length} fields of ${columns.length}` });
    } else rows.push({ number, cells: Object.fromEntries(columns.map((column, k) => [column, fields[k]])) });
  });
  return { name, columns, rows, skipped };
}

/** The one of which the first row has most, outside of quotation marks; a comma where it has none. */
function delimiterOf(text: string): string {
  const [line] = text
    .trimStart()
    .replace(/"[^"]*"/g, '')
    .split('\n', 1);
  const count = (mark: string): number => line.split(mark).length;
  return [',', ';', '|', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

function fromJsonLines(name: string, text: string): Table {
  const rows: TableRow[] = [];
  const skipped: SkippedRow[] = [];
  const columns = new Set<string>();
  const take = (value: unknown, number: number): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      skipped.push({ number, reason: 'it is no object' });
      return;
    }
    rows.push({ number, cells: value as Record<string, Cell> });
    for (const key of Object.keys(value)) columns.add(key);
  };
  const whole = /^\s*[[{]/.test(text) ? parsed(text) : undefined;
  const articles = articlesOf(whole);
  if (articles) [...questionsOf(articles)].forEach((value, i) => take(value, i + 1));
  else if (Array.isArray(whole)) whole.forEach((value, i) => take(value, i + 1));
  else {
    text.split(/\r\n?|\n/).forEach((line, i) => {
      if (line.trim() === '') return;
      const value = parsed(line);
      if (value === undefined) skipped.push({ number: i + 1, reason: 'it is no JSON' });
      else take(value, i + 1);
    });
  }
  return { name, columns: [...columns], rows, skipped };
}

/** What SQuAD's file has of an article. */
interface Article {
  readonly paragraphs: readonly {
    readonly context?: unknown;
    readonly qas?: readonly {
      readonly id?: unknown;
      readonly question?: unknown;
      readonly is_impossible?: unknown;
      readonly answers?: readonly { readonly text?: unknown; readonly answer_start?: unknown }[];
    }[];
  }[];
}

/** Articles of a file of SQuAD; null for other JSON. */
function articlesOf(whole: unknown): readonly Article[] | null {
  const { data } = (whole ?? {}) as { readonly data?: unknown };
  const isArticle = (one: unknown): one is Article =>
    Array.isArray((one as Partial<Article> | null)?.paragraphs);
  return Array.isArray(data) && data.length > 0 && data.every(isArticle) ? data : null;
}

/** Questions in the file's order. SQuAD counts letters, and JavaScript the halves of those beyond U+FFFF. */
function* questionsOf(articles: readonly Article[]): Generator<Readonly<Record<string, Cell>>> {
  for (const { context, qas = [] } of articles.flatMap(({ paragraphs }) => paragraphs)) {
    const text = typeof context === 'string' ? context : '';
    const isPlain = !/[\u{10000}-\u{10ffff}]/u.test(text);
    const letters = isPlain ? [] : [...text];
    const placed = (start: unknown): unknown =>
      isPlain || typeof start !== 'number' ? start : letters.slice(0, start).join('').length;
    for (const { id, question, answers = [], is_impossible: none } of qas) {
      const own = answers.map(({ text: answer, answer_start: start }) => {
        return { text: answer, answer_start: placed(start) };
      });
      yield { id, context, question, answers: none === true ? [] : own };
    }
  }
}

/** Undefined for what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
