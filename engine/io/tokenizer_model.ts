/** The third step of tokenizer.json: from a word, or whatever was not cut, to ids. */
import { DataError } from '../errors';
import { count, text as textOf } from './tokenizer_fields';
import { type Component } from './tokenizer_json';

export interface Model {
  /**
   * Adds the ids of a word, which is not empty, to `out`, and to `spans`, if it is given, two numbers for each: its [start, end)
   * in UTF-16 units of the word.
   */
  encode(word: string, out: number[], spans?: number[]): void;
}

export type Vocabulary = ReadonlyMap<string, number>;

/** The longest piece that fits, then the longest that goes on from there (Wu et al. 2016). */
export function wordPiece(step: Component, ids: Vocabulary): Model {
  const unknown = textOf(step, 'unk_token');
  const prefix = textOf(step, 'continuing_subword_prefix');
  const most = count(step, 'max_input_chars_per_word');
  let longest = 1;
  for (const token of ids.keys()) longest = Math.max(longest, token.length);
  return {
    encode(word, out, spans) {
      const kept = out.length;
      const keptSpans = spans?.length ?? 0;
      let start = 0;
      const length = word.length <= most || [...word].length <= most ? word.length : 0;
      while (start < length) {
        const head = start > 0 ? prefix : '';
        let end = Math.min(length, start + longest);
        let id: number | undefined;
        while (end > start && (id = ids.get(head + word.slice(start, end))) === undefined) end--;
        if (id === undefined) break;
        out.push(id);
        spans?.push(start, end);
        start = end;
      }
      if (start === word.length) return;
      out.length = kept;
      if (spans) spans.length = keptSpans;
      spans?.push(0, word.length);
      out.push(ids.get(unknown) ?? missing(word));
    },
  };
}

export function wordLevel(step: Component, ids: Vocabulary): Model {
  const unknown = textOf(step, 'unk_token');
  return {
    encode(word, out, spans) {
      out.push(ids.get(word) ?? ids.get(unknown) ?? missing(word));
      spans?.push(0, word.length);
    },
  };
}

/** Ids of the 256 tokens that stand for bytes, as SentencePiece spells them: <0x0A>. */
export function byteTokens(ids: Vocabulary): (number | undefined)[] {
  const spell = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
  return Array.from({ length: 256 }, (_, byte) => ids.get(spell(byte)));
}

const utf8 = /* @__PURE__ */ new TextEncoder();

/** Adds the ids of a text's bytes, if the vocabulary has them all. */
export function pushBytes(
  text: string,
  tokens: readonly (number | undefined)[] | null,
  out: number[],
): boolean {
  if (!tokens) return false;
  const ids = Array.from(utf8.encode(text), (byte) => tokens[byte]);
  if (ids.includes(undefined)) return false;
  for (const id of ids) out.push(id!);
  return true;
}

export function missing(word: string): never {
  const what = `${JSON.stringify(word)} is not in the vocabulary, which has no token for unknown text`;
  throw new DataError('tokenizer', what, 'Leave it out, or use a tokenizer that knows it.');
}
