import { DataError, expectOptions } from '../errors';
import { pacer } from './pacer';
import { type Tokenizer } from './tokenizer_types';

/** How `encodeLong` is ended, and tells of its work. */
export interface EncodeProgress {
  readonly signal?: AbortSignal;
  /** Characters (UTF-16 units) encoded so far, of how many. */
  readonly onProgress?: (progress: { done: number; total: number }) => void;
}

/** Characters per part: a few milliseconds of work. */
const PART = 2048;

/**
 * The ids of a long text, equal to `tokenizer.encode(text)`, without holding the thread for seconds: the text is
 * encoded in parts where the tokenizer allows it, and the thread goes back to the event loop in between. A tokenizer
 * whose file cuts every text at some length is a DataError: it would lose the rest of a long one without a word.
 */
export async function encodeLong(
  tokenizer: Tokenizer,
  text: string,
  options: EncodeProgress = {},
): Promise<Uint32Array<ArrayBuffer>> {
  const { signal, onProgress } = options;
  expectOptions('encodeLong', options, { signal, onProgress });
  const pace = pacer(signal);
  if (!tokenizer.divisible) {
    const { truncation } = tokenizer.toJson();
    if (truncation) {
      const what = `this tokenizer.json cuts each text short (${JSON.stringify(truncation)})`;
      throw new DataError('encodeLong', what, 'Set its truncation to null, or encode the text in parts.');
    }
    return tokenizer.encode(text);
  }
  const parts: Uint32Array[] = [];
  // A part ends here: no byte-level token holds white space after other text. It is Unicode's, as that of the words.
  const boundary = /\P{White_Space}(?=\p{White_Space})/gu;
  let start = 0;
  while (start < text.length) {
    boundary.lastIndex = start + PART;
    const end = start + PART < text.length && boundary.test(text) ? boundary.lastIndex : text.length;
    parts.push(tokenizer.encode(text.slice(start, end)));
    start = end;
    onProgress?.({ done: start, total: text.length });
    await pace();
  }
  const ids = new Uint32Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}
