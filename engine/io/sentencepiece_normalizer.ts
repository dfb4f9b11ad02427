/** SentencePiece's own normaliser: the longest rule at each place, white space, and a space before or behind. */
import { Charsmap } from './charsmap';
import { partsPlaces, type Places } from './tokenizer_alignment';
import { expectGrowth, flag, list, text as textOf, wrong } from './tokenizer_fields';
import type { Component } from './tokenizer_json';

/** A `Piece` of the pipeline. */
interface Stretch {
  readonly text: string;
  readonly head: number;
  readonly places?: Places | undefined;
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

  /** Parts of the text, and what comes of each. */
  function* pieces(text: string): Generator<[before: string, after: string]> {
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
        const start = unit;
        while (at < rule.end) {
          const size = text.codePointAt(unit)! > 0xffff ? 2 : 1;
          at += lengthOf(key[at]);
          unit += size;
        }
        yield [text.slice(start, unit), rule.text];
      } else {
        const character = String.fromCodePoint(text.codePointAt(unit)!);
        yield [character, character];
        at += lengthOf(key[at]);
        unit += character.length;
      }
    }
  }

  /** Gives each part of the text, and what it becomes in the end; whether anything began. */
  const each = (text: string, take: (before: string, after: string) => void): boolean => {
    let begun = !trimmed;
    let spaceBefore = trimmed;
    for (const [before, after] of pieces(text)) {
      let piece = !begun && after === ' ' ? null : after; // null at the beginning
      if (piece !== null) begun = true;
      if (spaceBefore) piece &&= piece.replace(/^ +/, '');
      if (piece) spaceBefore = trimmed && piece.endsWith(' ');
      take(before, escaped ? (piece ?? '').replaceAll(' ', SIGN) : (piece ?? ''));
    }
    return begun && text !== '';
  };
  return ({ text: given, head, places }) => {
    const text = plain ? given.replaceAll(SIGN, ' ') : given;
    let out = '';
    const [before, after]: [string[], string[]] = [[], []];
    const begun = each(text, (old, now) => {
      out += now;
      expectGrowth(() => 'SentencePiece', text.length, out.length);
      if (!places) return;
      before.push(old);
      after.push(now);
    });
    if (!begun) return { text: '', head: 0, places: places?.subarray(0, 0) };
    const own = places && partsPlaces(places, before, after);
    const ahead = prefix === 'always' || (prefix === 'first' && head > 0) ? space : '';
    let whole = ahead + out;
    if (trimmed) while (whole.endsWith(space)) whole = whole.slice(0, -space.length);
    const kept = Math.max(0, whole.length - ahead.length);
    const behind = prefix === 'behind' ? space : '';
    return {
      text: whole + behind,
      head: head > 0 ? whole.length + behind.length : 0,
      places: own && framed(own.subarray(0, 2 * kept), whole.length - kept, behind.length),
    };
  };
}

/** Places with as many before and behind as what was put there has units: those of the neighbours. */
function framed(places: Places, ahead: number, behind: number): Places {
  const neighbour = (at: number): readonly number[] =>
    places.length > 0 ? Array.from(places.subarray(at, at + 2)) : [0, 0];
  const [first, last] = [neighbour(0), neighbour(places.length - 2)];
  return Int32Array.from([
    ...Array.from({ length: ahead }, () => first).flat(),
    ...places,
    ...Array.from({ length: behind }, () => last).flat(),
  ]);
}

/** Bytes of a character, by its first. */
const lengthOf = (byte: number): number => (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4);
