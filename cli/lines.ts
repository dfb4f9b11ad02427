import process from 'node:process';
import { DataError, DeviceError, EngineError } from '../engine/index';

const BREAK = 0x0a;
const RETURN = 0x0d;

/** Whether an error is about a text, and others may still be read; a device that is lost is not. */
export const isOfText = (error: unknown): error is EngineError =>
  error instanceof EngineError && !(error instanceof DeviceError);

/** Tells which line cannot be read, counted from 1; throws what is no fault of a line. */
export function tellOfLine(number: number, error: unknown): void {
  if (!isOfText(error)) throw error;
  process.stderr.write(`heed: line ${number}: ${error.message}\n`);
}

/**
 * The lines of a stream of UTF-8, as they come. A line ends at a line feed, before which a carriage return goes; nothing
 * else ends one: U+2028 and the like are characters of a text, and the other side's lines are counted without them. A
 * line of other bytes is given as the DataError that says so.
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string | DataError, void, undefined> {
  /** Of a line without its end. */
  let begun: Buffer[] = [];
  let first = true;
  const finish = (end: Buffer): string | DataError => {
    const all = begun.length > 0 ? Buffer.concat([...begun, end]) : end;
    begun = [];
    // A byte order mark belongs to the stream, not to its first line.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: !first });
    first = false;
    try {
      return decoder.decode(all.at(-1) === RETURN ? all.subarray(0, -1) : all);
    } catch (cause) {
      return new DataError('standard input', 'it is not UTF-8', 'Convert it, for instance with iconv.', {
        cause,
      });
    }
  };
  for await (const piece of stream) {
    const bytes =
      typeof piece === 'string'
        ? Buffer.from(piece)
        : Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    let at = 0;
    for (let end = bytes.indexOf(BREAK); end >= 0; end = bytes.indexOf(BREAK, at)) {
      yield finish(bytes.subarray(at, end));
      at = end + 1;
    }
    if (at < bytes.length) begun.push(bytes.subarray(at));
  }
  if (begun.length > 0) yield finish(Buffer.alloc(0));
}
