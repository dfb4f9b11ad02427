/**
 * Rows of tab-separated text that arrives in pieces. Quotes as RFC 4180 has them for commas: a field that begins with
 * a quotation mark ends with one, `""` inside stands for one, and the field may hold tabs and line breaks.
 */

/** Quotation marks are part of the text ('literal') or enclose fields ('enclosing'). */
export type Quotes = 'literal' | 'enclosing';

export interface Row {
  /** Of the row's first line, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  /** A field was opened by a quotation mark and never closed: its line is given as it stands. */
  readonly open: boolean;
}

/** A field that spans more is an open quotation mark, not a long field. */
const LONGEST_FIELD = 1 << 16;

export interface Dialect {
  readonly quotes: Quotes;
  readonly lineBreak: '\n' | '\r';
}

/**
 * How the beginning of a file is written. Fields are quoted only if every quotation mark in it keeps RFC 4180: one
 * field that merely begins with direct speech (`"Yes," he said.`) shows that the marks belong to the text.
 */
export function dialectOf(head: string): Dialect {
  const lineBreak = !head.includes('\n') && head.includes('\r') ? '\r' : '\n';
  const literal: Dialect = { quotes: 'literal', lineBreak };
  let place: 'start' | 'bare' | 'inside' | 'closed' = 'start';
  let enclosed = 0;
  for (let i = 0; i < head.length; i++) {
    const character = head[i];
    if (character === '"') {
      if (place === 'bare') return literal;
      if (place === 'start') enclosed++;
      place = place === 'inside' ? 'closed' : 'inside';
    } else if (place !== 'inside') {
      if (character === '\t' || character === lineBreak) place = 'start';
      else if (character === '\r' && head[i + 1] === '\n')
        continue; // part of the line break
      else if (place === 'closed') return literal;
      else place = 'bare';
    }
  }
  return enclosed > 0 ? { quotes: 'enclosing', lineBreak } : literal;
}

export class RowReader {
  readonly #dialect: Dialect;
  #rest = '';
  #line = 1;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** The line that the next row begins in. */
  get line(): number {
    return this.#line;
  }

  /** Characters that have been pushed but complete no row yet. */
  get pending(): number {
    return this.#rest.length;
  }

  /** Line breaks in the text that has been pushed but completes no row yet. */
  get pendingLines(): number {
    return this.#rest.split(this.#dialect.lineBreak).length - 1;
  }

  /** The rows that this text completes. */
  *push(text: string): Generator<Row, void, undefined> {
    yield* this.#rows(this.#rest + text, false);
  }

  /** The last row, if the text does not end in a line break. */
  *end(): Generator<Row, void, undefined> {
    yield* this.#rows(this.#rest, true);
  }

  *#rows(text: string, last: boolean): Generator<Row, void, undefined> {
    const { quotes, lineBreak } = this.#dialect;
    let at = 0;
    while (at < text.length) {
      let end = text.indexOf(lineBreak, at);
      if (end < 0 && !last) break;
      if (end < 0) end = text.length;
      const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
      const row = { line: this.#line, fields: [] as string[], open: false };
      if (quotes === 'enclosing' && line.includes('"')) {
        const next = enclosedFields(text, at, lineBreak, row.fields);
        if (next === null) {
          if (!last && text.length - at < LONGEST_FIELD) break;
          row.open = true; // the marks of this line are taken literally: no later line is swallowed
          row.fields.splice(0, Infinity, ...line.split('\t'));
        } else if (next === text.length && !last) {
          break; // the closing mark may be the first of two
        } else {
          end = next;
        }
      } else {
        row.fields.push(...line.split('\t'));
      }
      for (let i = text.indexOf(lineBreak, at); i >= 0 && i <= end; i = text.indexOf(lineBreak, i + 1))
        this.#line++;
      if (end === text.length) this.#line++; // the last line has no break
      at = end + 1;
      yield row;
    }
    this.#rest = text.slice(at);
  }
}

/**
 * Reads the fields of one row into `fields`; returns where its line break stands (the text's length without one), or
 * null when a quotation mark stays open within the longest field.
 */
function enclosedFields(text: string, start: number, lineBreak: string, fields: string[]): number | null {
  let at = start;
  for (;;) {
    let field = '';
    if (text[at] === '"') {
      for (let from = at + 1; ;) {
        const close = text.indexOf('"', from);
        if (close < 0 || close - at > LONGEST_FIELD) return null;
        field += text.slice(from, close);
        at = close + 1;
        if (text[at] !== '"') break;
        field += '"';
        from = at + 1;
      }
    }
    // What follows a closing mark (nothing, where RFC 4180 is kept) belongs to the field too.
    const end = nextOf(text, at, lineBreak);
    field += text.slice(at, text[end] !== '\t' && text[end - 1] === '\r' && end > at ? end - 1 : end);
    fields.push(field);
    if (text[end] !== '\t') return end;
    at = end + 1;
  }
}

function nextOf(text: string, at: number, lineBreak: string): number {
  while (at < text.length && text[at] !== '\t' && text[at] !== lineBreak) at++;
  return at;
}
