import { DataError } from '../errors';
import { binaryKind } from './binary';
import { type Progress } from './byte_source';
import { firstInvalidByte } from './text';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

export interface DecodedPiece {
  readonly text: string;
  readonly encoding: TextEncoding;
}

export interface DecodeOptions {
  /** What messages call the text. */
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** The line, from 1, that the pieces given out so far end in: for messages. */
  readonly line: () => number;
}

/** Bytes, or units of a string, that are handled at once: some milliseconds of work. */
const PIECE = 1 << 18;

/**
 * The text of a file piece by piece: strict UTF-8, or UTF-16 if it begins with a byte order mark (which goes). Throws
 * a DataError for binary files, and for other encodings with offset and line of the first wrong byte.
 */
export async function* decodedText(
  source: Blob | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array | string,
  { name, signal, onProgress, line }: DecodeOptions,
): AsyncGenerator<DecodedPiece, void, undefined> {
  if (typeof source === 'string') {
    for (let at = 0; at < source.length; at += PIECE) {
      const text = source.slice(at, at + PIECE);
      refuseZero(text.indexOf('\0'), at, name, 'character');
      onProgress?.({ loaded: at + text.length, total: source.length });
      yield { text: at === 0 ? text.replace(/^\ufeff/, '') : text, encoding: 'utf-8' };
    }
    return;
  }
  const decoder = new PieceDecoder(name, line);
  let loaded = 0;
  for await (const bytes of pieces(source, name)) {
    signal?.throwIfAborted();
    loaded += bytes.length;
    const text = decoder.push(bytes);
    onProgress?.({ loaded, total: sizeOf(source) });
    if (text) yield { text, encoding: decoder.encoding };
  }
  signal?.throwIfAborted();
  const text = decoder.end();
  if (text) yield { text, encoding: decoder.encoding };
}

class PieceDecoder {
  encoding: TextEncoding = 'utf-8';
  readonly #name: string;
  readonly #line: () => number;
  #utf16: TextDecoder | null = null;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** Bytes that are not decoded yet: the beginning of the file, later part of a character. */
  #rest = new Uint8Array(0);
  #offset = 0;
  #begun = false;

  constructor(name: string, line: () => number) {
    this.#name = name;
    this.#line = line;
  }

  push(piece: Uint8Array): string {
    const bytes = this.#rest.length > 0 ? joined(this.#rest, piece) : piece;
    if (!this.#begun && bytes.length < 8) {
      this.#rest = bytes.slice();
      return '';
    }
    return this.#decode(bytes, false);
  }

  end(): string {
    return this.#decode(this.#rest, true);
  }

  #decode(given: Uint8Array, last: boolean): string {
    let bytes = given;
    if (!this.#begun) bytes = given.subarray(this.#begin(given));
    if (this.#utf16) {
      this.#rest = new Uint8Array(0);
      try {
        const text = this.#utf16.decode(bytes, { stream: !last });
        refuseZero(text.indexOf('\0'), this.#offset / 2, this.#name, 'character');
        this.#offset += bytes.length;
        return text;
      } catch (cause) {
        if (cause instanceof DataError) throw cause;
        const what = `it is not ${this.encoding.toUpperCase()}, as its byte order mark says: near line ${this.#line()}`;
        throw new DataError(this.#name, what, 'Save it as UTF-8.', { cause });
      }
    }
    refuseZero(bytes.indexOf(0), this.#offset, this.#name, 'byte');
    const end = bytes.length - (last ? 0 : unfinished(bytes));
    this.#rest = bytes.slice(end);
    try {
      const text = this.#utf8.decode(bytes.subarray(0, end));
      this.#offset += end;
      return text;
    } catch (cause) {
      throw this.#invalid(bytes, last, cause);
    }
  }

  /** Looks at the file's first bytes; returns how many of them are a byte order mark. */
  #begin(bytes: Uint8Array): number {
    this.#begun = true;
    const kind = binaryKind(bytes);
    if (kind) {
      throw new DataError(
        this.#name,
        `it is ${kind}, not tab-separated text`,
        'Save it as text with a tab between the columns, in UTF-8.',
      );
    }
    const utf16 =
      bytes[0] === 0xff && bytes[1] === 0xfe
        ? 'utf-16le'
        : bytes[0] === 0xfe && bytes[1] === 0xff
          ? 'utf-16be'
          : null;
    if (utf16) {
      this.encoding = utf16;
      this.#utf16 = new TextDecoder(utf16, { fatal: true, ignoreBOM: true });
    }
    const mark = utf16 ? 2 : bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.#offset = mark;
    return mark;
  }

  #invalid(bytes: Uint8Array, last: boolean, cause: unknown): DataError {
    const at = firstInvalidByte(bytes);
    let line = this.#line();
    for (let i = 0; i < at; i++) if (bytes[i] === 0x0a) line++;
    const offset = this.#offset + at;
    if (last && at >= bytes.length - unfinished(bytes)) {
      const what = `it ends inside a character, in line ${line}, at byte ${offset}`;
      return new DataError(this.#name, what, 'The file is cut short: copy it again.', { cause });
    }
    const byte = bytes[at].toString(16).toUpperCase().padStart(2, '0');
    const what = `it is not UTF-8: byte 0x${byte} at offset ${offset}, in line ${line}`;
    return new DataError(this.#name, what, 'Save it as UTF-8 in a text editor or spreadsheet.', { cause });
  }
}

function refuseZero(at: number, offset: number, name: string, unit: 'byte' | 'character'): void {
  if (at < 0) return;
  throw new DataError(
    name,
    `it is binary: a zero ${unit} at offset ${offset + at}`,
    'Choose tab-separated text, saved as UTF-8 (UTF-16 needs a byte order mark).',
  );
}

/** How many bytes at the end are the beginning of a UTF-8 character that needs more of them. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back];
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
    if (byte < 0x80) return 0;
  }
  return 0;
}

/** The bytes of a source in pieces; a source that fails is a DataError, one that is left early is closed. */
async function* pieces(
  source: Blob | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
    const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    return;
  }
  const reader = (source instanceof Blob ? source.stream() : source).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        if (cause instanceof Error && cause.name === 'AbortError') throw cause;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new DataError(name, `it could not be read (${reason})`, 'Choose the file again.', { cause });
      });
      if (done) return;
      for (let at = 0; at < value.length; at += PIECE) yield value.subarray(at, at + PIECE);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function sizeOf(source: Blob | ReadableStream<Uint8Array> | ArrayBuffer | Uint8Array): number | null {
  if (source instanceof Blob) return source.size;
  return source instanceof ReadableStream ? null : source.byteLength;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
