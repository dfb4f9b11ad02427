import { pacer } from './pacer';
import { type Tokenizer } from './tokenizer-types';

export interface EncodeProgress {
  readonly signal?: AbortSignal;
  /** Characters (UTF-16 units) encoded so far, of how many. */
  readonly onProgress?: (progress: { done: number; total: number }) => void;
}

/** Characters per part: a few milliseconds of work. */
const PART = 2048;

/**
 * The ids of a long text, equal to `tokenizer.encode(text)`, without holding the thread for seconds: the text is
 * encoded in parts where the tokenizer allows it, and the thread goes back to the event loop in between.
 */
export async function encodeLong(
  tokenizer: Tokenizer,
  text: string,
  { signal, onProgress }: EncodeProgress = {},
): Promise<Uint32Array<ArrayBuffer>> {
  const pace = pacer(signal);
  if (!tokenizer.divisible) return tokenizer.encode(text);
  const parts: Uint32Array[] = [];
  const boundary = /\S(?=\s)/g; // a part ends here: no byte-level token holds white space after other text
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
