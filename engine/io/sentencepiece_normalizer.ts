/** SentencePiece's own normaliser: the longest rule at each place, white space, and a space before or behind. */
import { Charsmap } from './charsmap';
import { expectGrowth, flag, list, text as textOf, wrong } from './tokenizer_fields';
import type { Component } from './tokenizer_json';

/** A `Piece` of the pipeline. */
interface Stretch {
  readonly text: string;
  readonly head: number;
}

const utf8 = /* @__PURE__ */ new TextEncoder();
/** What stands for a space. */
const SIGN = '▁';

/**
 * The step `SentencePiece` that `describeSentencePiece` writes; Python's tokenizers has none. `prefix` is where a space is put:
 * before every stretch of text between special tokens ('always'), before the first ('first'), behind, or nowhere.
 */
export function sentencePieceNormalizer(step: Component): (piece: Stretch) => Stretch {
  const map = textOf(step, 'charsmap');
  const bytes = Uint8Array.from(atob(map), (unit) => unit.charCodeAt(0));
  const charsmap =
    map === '' ? null : (Charsmap.read(bytes) ?? wrong(step, 'charsmap', 'a trie and its replacements'));
  const trimmed = flag(step, 'remove_extra_whitespaces');
  const escaped = flag(step, 'escape_whitespaces');
  const prefix = textOf(step, 'prefix');
  const plain = flag(step, 'plain_signs');
  const kept = (list(step, 'user_defined') as string[]).map((symbol) => ({
    symbol,
    bytes: utf8.encode(symbol),
  }));
  const space = escaped ? SIGN : ' ';

  /** What comes of the text, piece by piece. */
  function* pieces(text: string): Generator<string> {
    const key = utf8.encode(text);
    let at = 0; // in bytes
    let unit = 0; // the same place in the text
    while (at < key.length) {
      const own = kept.reduce<(typeof kept)[0] | null>(
        (best, one) =>
          one.bytes.length > (best?.bytes.length ?? 0) && text.startsWith(one.symbol, unit) ? one : best,
        null,
      );
      const rule = own
        ? { text: own.symbol, end: at + own.bytes.length }
        : charsmap?.find(key, at, 'longest');
      if (rule) {
        yield rule.text;
        while (at < rule.end) {
          const size = text.codePointAt(unit)! > 0xffff ? 2 : 1;
          at += lengthOf(key[at]);
          unit += size;
        }
      } else {
        const character = String.fromCodePoint(text.codePointAt(unit)!);
        yield character;
        at += lengthOf(key[at]);
        unit += character.length;
      }
    }
  }

  const normalize = (text: string, first: boolean): string => {
    let out = '';
    let begun = !trimmed;
    let spaceBefore = trimmed;
    for (let piece of pieces(text)) {
      if (!begun && piece === ' ') continue; // at the beginning
      begun = true;
      if (spaceBefore) piece = piece.replace(/^ +/, '');
      if (piece === '') continue;
      out += escaped ? piece.replaceAll(' ', SIGN) : piece;
      spaceBefore = trimmed && piece.endsWith(' ');
      expectGrowth(() => 'SentencePiece', text.length, out.length);
    }
    if (!begun || text === '') return '';
    if (prefix === 'always' || (prefix === 'first' && first)) out = space + out;
    if (trimmed) while (out.endsWith(space)) out = out.slice(0, -space.length);
    return prefix === 'behind' ? out + space : out;
  };
  return ({ text, head }) => {
    const out = normalize(plain ? text.replaceAll(SIGN, ' ') : text, head > 0);
    return { text: out, head: head > 0 ? out.length : 0 };
  };
}

/** Bytes of a character, by its first. */
const lengthOf = (byte: number): number => (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4);
