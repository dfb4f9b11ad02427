import { DataError, expectOptions, formatBytes } from '../errors';
import { binaryKind } from './binary';

/** Name and encoding of a text that is read. */
export interface ReadTextOptions {
  /** What messages call the text; a File's own name otherwise. */
  readonly name?: string;
  /** Of the file, as TextDecoder knows it (default 'utf-8'): 'gb18030', 'windows-1252', 'utf-16le' … */
  readonly encoding?: string;
}

/**
 * The text of a file to train on: strict UTF-8, without byte order mark, otherwise unchanged. A DataError tells
 * what a file is that holds no usable text: another encoding (with the first wrong byte's offset), a binary file, an
 * empty one, one character over and over. A string is checked in the same way.
 */
export async function readText(
  file: Blob | ArrayBuffer | Uint8Array | string,
  options: ReadTextOptions = {},
): Promise<string> {
  const { name = file instanceof Blob ? fileName(file) : 'text', encoding = 'utf-8' } = options;
  expectOptions('readText', options, { name, encoding });
  if (typeof file === 'string') return checkText(file.replace(/^\ufeff/, ''), name);
  let bytes: Uint8Array;
  try {
    bytes =
      file instanceof Uint8Array
        ? file
        : new Uint8Array(file instanceof Blob ? await file.arrayBuffer() : file);
  } catch (cause) {
    throw new DataError(
      name,
      `it could not be read (${(cause as Error).message})`,
      'Choose the file again.',
      { cause },
    );
  }
  return checkText(decodeText(bytes, name, encoding), name);
}

/** Throws a DataError for a text that nothing can be learned from; returns the text. */
export function checkText(text: string, name = 'text'): string {
  const todo = 'Choose a text with at least some thousand characters.';
  if (text.length === 0) throw new DataError(name, 'the text is empty', todo);
  if (!/\S/.test(text)) throw new DataError(name, `all ${text.length} characters are white space`, todo);
  const first = String.fromCodePoint(text.codePointAt(0)!);
  if (text.length % first.length === 0 && text === first.repeat(text.length / first.length)) {
    const what = `its ${text.length / first.length} characters are all ${JSON.stringify(first)}`;
    throw new DataError(name, what, 'There is nothing to predict: choose a text with different characters.');
  }
  const nul = text.indexOf('\0');
  if (nul >= 0)
    throw new DataError(name, `it is binary: a zero character at ${nul}`, 'Choose a plain text file.');
  return text;
}

/** Where bytes of another encoding cannot be checked: no engine refuses shorter texts because of their length. */
const LONG = 2 ** 28;

function decodeText(bytes: Uint8Array, name: string, encoding: string): string {
  const utf8 = /^utf-?8$/i.test(encoding);
  if (utf8) refuseForeign(bytes, name);
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new DataError(name, `unknown encoding "${encoding}"`, 'Save the file as UTF-8.', { cause });
  }
  /** Engines throw errors of several kinds for texts beyond their longest string, or give none. */
  const tooLong = (cause?: unknown): DataError =>
    new DataError(
      name,
      `its ${formatBytes(bytes.length)} are more than one text may have here (512 MiB in Chrome and Node)`,
      'Cut it into several files, or train on a part of it.',
      { cause },
    );
  try {
    const text = decoder.decode(bytes);
    if (text === '' && bytes.length > 3) throw tooLong();
    return text;
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (utf8 ? firstInvalidByte(bytes) === bytes.length : bytes.length >= LONG) throw tooLong(cause);
    if (!utf8) throw new DataError(name, `it is not ${encoding}`, 'Save the file as UTF-8.', { cause });
    const at = firstInvalidByte(bytes);
    const cut = isCutCharacter(bytes.subarray(at));
    const what = cut
      ? `it ends inside a character, at byte ${at} of ${bytes.length}`
      : `it is not UTF-8: byte 0x${hex(bytes[at])} at offset ${at} of ${bytes.length}`;
    const todo = cut
      ? 'The file is cut short: copy it again.'
      : 'Save it as UTF-8 in a text editor, or name its encoding (often gb18030 or windows-1252).';
    throw new DataError(name, what, todo, { cause });
  }
}

function refuseForeign(bytes: Uint8Array, name: string): void {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  if (start.startsWith('\xff\xfe') || start.startsWith('\xfe\xff')) {
    const encoding = start.startsWith('\xff') ? 'utf-16le' : 'utf-16be';
    const todo = `Save it as UTF-8, or pass { encoding: '${encoding}' }.`;
    throw new DataError(name, `it is ${encoding.toUpperCase()}, not UTF-8`, todo);
  }
  const kind = binaryKind(bytes);
  if (kind) throw new DataError(name, `it is ${kind}, not plain text`, 'Save its text as a UTF-8 text file.');
  const nul = bytes.subarray(0, 1 << 16).indexOf(0);
  if (nul >= 0) {
    throw new DataError(
      name,
      `it is binary: a zero byte at offset ${nul}`,
      'Choose a plain text file, as UTF-8.',
    );
  }
}

/** Offset of the first byte that starts no valid sequence (Unicode 16.0, table 3-7); the length if there is none. */
export function firstInvalidByte(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const length = sequenceLength(bytes, i);
    if (length === 0) return i;
    i += length;
  }
  return i;
}

function sequenceLength(bytes: Uint8Array, i: number): number {
  const lead = bytes[i];
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf
      ? 2
      : lead >= 0xe0 && lead <= 0xef
        ? 3
        : lead >= 0xf0 && lead <= 0xf4
          ? 4
          : 0;
  if (length === 0 || i + length > bytes.length) return 0;
  // The second byte excludes overlong forms, surrogates and code points past U+10FFFF.
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (bytes[i + 1] < least || bytes[i + 1] > most) return 0;
  for (let k = 2; k < length; k++) if (bytes[i + k] < 0x80 || bytes[i + k] > 0xbf) return 0;
  return length;
}

/** Whether these last bytes are the beginning of a character that needs more of them. */
function isCutCharacter(rest: Uint8Array): boolean {
  const lead = rest[0];
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || rest.length >= length) return false;
  return rest.subarray(1).every((byte) => byte >= 0x80 && byte <= 0xbf);
}

/** Two parts of one text or list: to train on, and to judge by. */
export interface Split<T> {
  readonly train: T;
  readonly validation: T;
}

/**
 * The last `fraction` of a text or of token ids for validation, the rest for training, as nanoGPT cuts: at
 * floor(length · (1 - fraction)), counted in characters or ids. A copy-free view for ids.
 */
export function splitText(text: string, fraction?: number): Split<string>;
export function splitText(ids: Uint32Array, fraction?: number): Split<Uint32Array>;
export function splitText(data: string | Uint32Array, fraction = 0.1): Split<string | Uint32Array> {
  if (!(fraction >= 0 && fraction < 1)) {
    throw new DataError(
      'splitText',
      `the validation share is ${fraction}`,
      'It must be at least 0 and below 1.',
    );
  }
  if (typeof data !== 'string') {
    const at = Math.floor(data.length * (1 - fraction));
    return { train: data.subarray(0, at), validation: data.subarray(at) };
  }
  let characters = 0;
  for (const _ of data) characters++;
  let at = Math.floor(characters * (1 - fraction));
  if (characters < data.length) at = unitOffset(data, at);
  return { train: data.slice(0, at), validation: data.slice(at) };
}

/** Where in UTF-16 units the character with this index begins. */
function unitOffset(text: string, index: number): number {
  let unit = 0;
  for (const character of text) {
    if (index-- === 0) break;
    unit += character.length;
  }
  return unit;
}

/**
 * Throws a DataError unless each part holds a training example: `context` tokens and the one that follows them. An
 * empty validation part is fine: then nothing is evaluated.
 */
export function checkCorpus(
  { train, validation }: Split<ArrayLike<number>>,
  context: number,
  name = 'text',
): void {
  const need = context + 1;
  const tokens = train.length + validation.length;
  if (train.length < need) {
    const what = `${train.length} tokens to train on, but a context of ${context} needs at least ${need}`;
    throw new DataError(name, what, 'Use a longer text or a smaller context.');
  }
  if (validation.length > 0 && validation.length < need) {
    const share = Math.round((100 * validation.length) / tokens);
    const what = `${validation.length} tokens (${share} %) to validate on, but a context of ${context} needs at least ${need}`;
    throw new DataError(name, what, 'Use a longer text, a smaller context, or a larger validation share.');
  }
  let same = true;
  for (let i = 1; i < train.length && same; i++) same = train[i] === train[0];
  if (same) {
    const what = `all ${train.length} training tokens are the same one (id ${train[0]})`;
    throw new DataError(name, what, 'There is nothing to predict: choose another text.');
  }
}

function fileName(file: Blob): string {
  return 'name' in file && typeof file.name === 'string' && file.name ? file.name : 'file';
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
