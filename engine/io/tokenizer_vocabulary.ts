/** Vocabularies in files of their own, of tokenizers that were made before tokenizer.json was. */
import { DataError } from '../errors';
import { isRecord } from './tokenizer_json';

/** vocab.txt: a token a line, its id the line's number. Of equal lines the last counts, as in Transformers. */
export function readLines(text: string): Map<string, number> {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.map((line, id) => [line, id]));
}

/** vocab.json: tokens and their ids. */
export function readVocabulary(text: string): Map<string, number> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DataError('vocab.json', `it is not JSON (${(cause as Error).message})`, 'Download it again.', {
      cause,
    });
  }
  const good =
    isRecord(json) &&
    Object.values(json).every(
      (id) => Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 0xffffff,
    );
  if (!good)
    throw new DataError(
      'vocab.json',
      'it is no object of tokens and ids',
      'Give the file beside merges.txt.',
    );
  return new Map(Object.entries(json as Record<string, number>));
}

/**
 * merges.txt: pairs, the first to be merged first. The first line tells a version and is left out whatever it says, as
 * Transformers does; `headed`: only if it does (Qwen2). What follows the last line break is left out, too.
 */
export function readMerges(text: string, headed = false): [string, string][] {
  const lines = text.split(/\r\n|\n|\r/);
  const kept = headed
    ? lines.filter((line, i) => line.trim() !== '' && !(i === 0 && line.startsWith('#version:')))
    : lines.slice(1, -1);
  const merges = new Map<string, [string, string]>();
  for (const [i, line] of kept.entries()) {
    const pair = line.trim().split(/\s+/);
    if (pair.length !== 2) {
      const what = `line ${i + 2} is ${JSON.stringify(line.slice(0, 60))}`;
      throw new DataError('merges.txt', what, 'Each line is two tokens: is the file whole?');
    }
    const key = pair.join(' ');
    merges.delete(key); // of equal pairs the last counts
    merges.set(key, pair as [string, string]);
  }
  return [...merges.values()];
}
