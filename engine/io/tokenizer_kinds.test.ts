/**
 * Kinds of tokenizer.json on texts, beside Python's tokenizers (tests/fixtures/io/make_tokenizer_kinds.py): equal ids
 * and texts, or a refusal that is listed here by name.
 */
import { describe, expect, test } from 'vitest';
import { DataError } from '../errors';
import { tokenizerFromJson, type Tokenizer } from './tokenizer';
import { normalizer } from './tokenizer_normalizer';
import { splitter } from './tokenizer_splitter';
import fixtureText from '../../tests/fixtures/io/tokenizer-kinds.json?raw';

interface Kind {
  readonly name: string;
  readonly model: { readonly use: string };
  readonly refused?: true;
  readonly ids: string;
  readonly bare?: string;
  readonly decoded?: (string | 0)[];
  readonly spoken?: (string | 0)[];
}

const fixture = JSON.parse(fixtureText) as {
  texts: string[];
  models: Record<string, { type: string; vocab: string[] }>;
  kinds: Kind[];
  results: (string | null)[][];
  characters: Record<'punctuation' | 'control' | 'marks' | 'nonspacing', string>;
};
const { texts, kinds } = fixture;

function tokenizerJson(kind: Kind): object {
  const { use, ...changes } = kind.model;
  const model = { ...fixture.models[use], ...changes };
  if (model.type === 'Unigram') return { ...kind, model };
  return {
    ...kind,
    model: { ...model, vocab: Object.fromEntries(model.vocab.map((token, id) => [token, id])) },
  };
}

/** Two digits of base 36 each. */
function numbers(digits: string): number[] {
  return Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 36));
}

/** Ids of text `i`; null where Python raises. */
function expected(places: string, i: number): number[] | null {
  const result = fixture.results[i][numbers(places)[i]];
  return result === null ? null : numbers(result);
}

function attempt<T>(does: () => T): T | null {
  try {
    return does();
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return null;
  }
}

function streamed(tokenizer: Tokenizer, ids: readonly number[]): string {
  const decoder = tokenizer.decoder();
  return ids.map((id) => decoder.push(id)).join('') + decoder.end();
}

const REFUSED: Readonly<Record<string, RegExp>> = {
  'pre-tokenizer UnicodeScripts': /the pre-tokenizer UnicodeScripts is not supported/,
  'pre-tokenizer pattern back': /"\(a\)\\\\1" \(\\1\) is not supported/,
  'pre-tokenizer pattern grapheme': /\(\\X\) is not supported/,
  'pre-tokenizer pattern kept': /\(\\K\) is not supported/,
  'pre-tokenizer pattern case of a property': /\(\\p\{Lu\} in any case\) is not supported/,
  'pre-tokenizer pattern ß of ss': /\("ss" in any case\) is not supported/,
  'added token with an id that Python changes':
    /"zz" has the id \d+, but Python's tokenizers would give it \d+/,
  'added token equal after normalizing':
    /"HI", which the normalizer makes equal to another, is not supported/,
  'added token empty after normalizing': /of which the normalizer leaves nothing, is not supported/,
  'cut to less than the template': /cuts texts at 1 tokens, which leaves no place for 2 special ones/,
  'BPE with dropout': /BPE with dropout 0.5, which draws lots, is not supported/,
};

describe('kinds of tokenizer.json', () => {
  test('are many, and few are refused', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(150);
    expect(texts.length).toBeGreaterThanOrEqual(50);
    expect(kinds.filter(({ refused }) => refused).map(({ name }) => name)).toEqual(Object.keys(REFUSED));
  });

  test.each(kinds.filter(({ refused }) => !refused))('$name', async (kind) => {
    const tokenizer = await tokenizerFromJson(tokenizerJson(kind));
    const differences: object[] = [];
    const compare = (what: string, text: string, ours: unknown, pythons: unknown) => {
      if (JSON.stringify(ours) !== JSON.stringify(pythons)) differences.push({ what, text, ours, pythons });
    };
    for (const [i, text] of texts.entries()) {
      const ids = expected(kind.ids, i);
      const ours = attempt(() => tokenizer.encode(text));
      compare('ids', text, ours && [...ours], ids);
      const bare = attempt(() => tokenizer.encode(text, { special: false }));
      compare('ids without special tokens', text, bare && [...bare], expected(kind.bare ?? kind.ids, i));
      if (!kind.decoded || !ids) continue;
      const decoded = kind.decoded[i] === 0 ? text : kind.decoded[i];
      compare('text', text, tokenizer.decode(ids), decoded);
      const spoken = kind.spoken?.[i] ?? 0;
      const some = tokenizer.decode(ids, { special: false });
      compare('text without special tokens', text, some, spoken === 0 ? decoded : spoken);
      // Bytes that are no UTF-8 may have been given out before the stream could tell.
      if (!decoded.includes('\ufffd')) compare('text as a stream', text, streamed(tokenizer, ids), decoded);
    }
    expect(differences).toEqual([]);
  });

  test.each(kinds.filter(({ refused }) => refused))('$name is refused', async (kind) => {
    const reading = tokenizerFromJson(tokenizerJson(kind));
    await expect(reading).rejects.toBeInstanceOf(DataError);
    await expect(reading).rejects.toThrow(REFUSED[kind.name]);
  });
});

describe('every character of Unicode', () => {
  const bert = { type: 'BertNormalizer', clean_text: false, handle_chinese_chars: false, lowercase: false };
  const empties = (step: object) => {
    const normalize = normalizer(step)!;
    return (character: string) => normalize({ text: character, head: 0 }).text === '';
  };
  const punctuation = splitter({ type: 'Punctuation' })!;

  test.each<[keyof typeof fixture.characters, (character: string) => boolean]>([
    ['punctuation', (character) => punctuation({ text: `a${character}`, head: 0 }).length > 1],
    ['control', empties({ ...bert, clean_text: true })],
    ['marks', empties({ type: 'StripAccents' })],
    ['nonspacing', empties({ ...bert, strip_accents: true })],
  ])('%s as in Python', (name, holds) => {
    const pythons = new Uint8Array(0x110000);
    let at = 0;
    for (const [, gap, more = '0'] of fixture.characters[name].matchAll(/(\w+)(?:\+(\w+))?/g)) {
      at += parseInt(gap, 36);
      const end = at + parseInt(more, 36) + 1;
      pythons.fill(1, at, end);
      at = end - 1;
    }
    const differences: string[] = [];
    for (let point = 0; point < 0x110000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const character = String.fromCodePoint(point);
      // A host with an older Unicode than Python's may not know a character yet.
      const unknown = pythons[point] === 1 && /\p{Cn}/u.test(character);
      if (holds(character) !== (pythons[point] === 1) && !unknown) differences.push(point.toString(16));
    }
    expect(differences).toEqual([]);
  });
});
