/** The first step of tokenizer.json: from the text to the text that is cut up. */
import { BYTE_TO_CHARACTER } from './byte_level';
import { Charsmap } from './charsmap';
import { sentencePieceNormalizer } from './sentencepiece_normalizer';
import { changedPlaces, partsPlaces, replacedPlaces, type Places } from './tokenizer_alignment';
import { component, expectGrowth, flag, list, record, text as textOf, wrong } from './tokenizer_fields';
import { unsupported, type Component } from './tokenizer_json';
import { pattern } from './tokenizer_pattern';
import {
  CONTROL,
  leadingSpace,
  lowercase,
  MARKS,
  NONSPACING,
  normalizeTo,
  trailingSpace,
  type NormalizationForm,
} from './tokenizer_unicode';

/**
 * A stretch of text on its way to the model. `head` tells how many of its leading UTF-16 units came from the first
 * character of the whole text: Metaspace may put its sign only there. `places`, where they are asked for, tell where each
 * unit came from.
 */
export interface Piece {
  readonly text: string;
  readonly head: number;
  readonly places?: Places | undefined;
}

export type Normalizer = (piece: Piece) => Piece;

export function slice({ text, head, places }: Piece, start: number, end: number): Piece {
  return {
    text: text.slice(start, end),
    head: Math.max(0, Math.min(head, end) - start),
    places: places?.subarray(2 * start, 2 * end),
  };
}

/** A prefix stands where the first character does. */
export function prepend({ text, head, places }: Piece, prefix: string): Piece {
  let moved: Places | undefined;
  if (places) {
    moved = new Int32Array(places.length + 2 * prefix.length);
    for (let unit = 0; unit < prefix.length; unit++) moved.set(places.subarray(0, 2), 2 * unit);
    moved.set(places, 2 * prefix.length);
  }
  return { text: prefix + text, head: head > 0 ? head + prefix.length : 0, places: moved };
}

/** A change of each character by itself. */
export function each(change: (text: string) => string): Normalizer {
  return ({ text, head, places }) => ({
    text: change(text),
    head: head > 0 ? change(text.slice(0, head)).length : 0,
    places: places && changedPlaces(text, places, change),
  });
}

const utf8 = /* @__PURE__ */ new TextEncoder();

/** UTF-8 in GPT-2's alphabet. */
export function byteLevel(text: string): string {
  if (/^[!-~]*$/.test(text)) return text;
  let out = '';
  for (const byte of utf8.encode(text)) out += BYTE_TO_CHARACTER[byte];
  return out;
}

export function normalizer(given: unknown): Normalizer | null {
  if (given === null) return null;
  const step = component(given, 'the normalizer');
  switch (step.type) {
    case 'Sequence': {
      const parts = list(step, 'normalizers').map(normalizer);
      const who = (i: number) =>
        `step ${i + 1} of the normalizer, ${String((list(step, 'normalizers')[i] as Component | null)?.type)},`;
      return (piece) =>
        parts.reduce((before, part, i) => {
          const done = part ? part(before) : before;
          expectGrowth(() => who(i), piece.text.length, done.text.length);
          return done;
        }, piece);
    }
    case 'BertNormalizer':
      return bert(step);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return each((text) => normalizeTo(step.type as NormalizationForm, text));
    case 'Lowercase':
      return each(lowercase);
    case 'StripAccents':
      return each((text) => text.replace(MARKS, ''));
    case 'ByteLevel':
      return each(byteLevel);
    case 'Nmt':
      return each((text) => text.replace(NMT_REMOVED, '').replace(NMT_SPACE, ' '));
    case 'Strip':
      return strip(flag(step, 'strip_left'), flag(step, 'strip_right'));
    case 'Prepend': {
      const prefix = textOf(step, 'prepend');
      return (piece) => {
        if (piece.text === '') return piece;
        expectGrowth(() => 'Prepend', piece.text.length, piece.text.length + prefix.length);
        return prepend(piece, prefix);
      };
    }
    case 'Replace':
      return replace(step);
    case 'Precompiled':
      return precompiled(step);
    case 'SentencePiece':
      return sentencePieceNormalizer(step);
    default:
      unsupported(`the normalizer ${step.type}`);
  }
}

const NMT_REMOVED = /[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]/g;
const NMT_SPACE = /[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/g;

/** BERT's "Chinese characters": the blocks of CJK ideographs that its first version knew. */
const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function bert(step: Component): Normalizer {
  const lower = flag(step, 'lowercase');
  const clean = flag(step, 'clean_text');
  const spaced = flag(step, 'handle_chinese_chars');
  const plain = flag(step, 'strip_accents', lower);
  return each((text) => {
    if (clean)
      text = text
        .replace(/\0/g, '')
        .replace(CONTROL, '')
        .replace(/\p{White_Space}/gu, ' ');
    if (spaced) text = text.replace(IDEOGRAPH, ' $& ');
    if (plain) text = normalizeTo('NFD', text).replace(NONSPACING, '');
    return lower ? lowercase(text) : text;
  });
}

function strip(left: boolean, right: boolean): Normalizer {
  return (piece) => {
    const start = left ? leadingSpace(piece.text) : 0;
    return slice(piece, start, Math.max(start, right ? trailingSpace(piece.text) : piece.text.length));
  };
}

/** Refuses a Replace that makes too much of a text. */
export function expectReplaced(
  step: Component,
  places: readonly number[],
  length: number,
  content: string,
): void {
  const kept = places.reduce((left, place, i) => left + (i % 2 === 0 ? place : -place), length);
  const who = () => `Replace of ${JSON.stringify(step.pattern)} by ${JSON.stringify(content)}`;
  expectGrowth(who, length, kept + (places.length / 2) * content.length);
}

function replace(step: Component): Normalizer {
  const find = pattern(record(step, 'pattern'), 'Replace');
  const content = textOf(step, 'content');
  return ({ text, head, places: from }) => {
    const places = find(text);
    expectReplaced(step, places, text.length, content);
    let out = '';
    let newHead = head;
    let done = 0;
    for (let i = 0; i < places.length; i += 2) {
      const [start, end] = [places[i], places[i + 1]];
      out += text.slice(done, start) + content;
      // What replaces stands where the last replaced character stood.
      if (end <= head) newHead += content.length - (end - start);
      else if (start < head) newHead -= head - start;
      done = end;
    }
    return {
      text: out + text.slice(done),
      head: newHead,
      places: from && replacedPlaces(from, places, content),
    };
  };
}

/**
 * Grapheme clusters of several characters, as far as they may have under 6 bytes: emoji, flags and Hangul's letters
 * have more. Intl.Segmenter would know all, but takes the square of a text's length.
 */
const CLUSTER = /* @__PURE__ */ (() => {
  const extends_ = '[\\p{Grapheme_Extend}\\p{Mc}\\p{Emoji_Modifier}\\u200d\\u0e33\\u0eb3]';
  const before = '[\\u0600-\\u0605\\u06dd\\u070f]';
  const base = '(?![\\p{Cc}\\p{Zl}\\p{Zp}]|(?![\\u200c\\u200d])\\p{Cf})[^]';
  return new RegExp(`\\r\\n|${before}*${base}${extends_}+|${before}+${base}`, 'gu');
})();

/**
 * SentencePiece's own map of characters. Tried are grapheme clusters of under 6 bytes, then single characters; the shortest
 * prefix in the trie wins and stands for the whole, which is odd and what Python does.
 */
function precompiled(step: Component): Normalizer {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Uint8Array.from(atob(textOf(step, 'precompiled_charsmap')), (unit) => unit.charCodeAt(0));
  } catch {
    wrong(step, 'precompiled_charsmap', 'base64');
  }
  const charsmap = Charsmap.read(bytes) ?? wrong(step, 'precompiled_charsmap', 'a trie and its replacements');
  const find = (key: string): string | null => charsmap.find(utf8.encode(key), 0, 'shortest')?.text ?? null;
  const known = new Map<string, string | null>();
  const look = (key: string): string | null => {
    let found = known.get(key);
    if (found === undefined) {
      found = find(key);
      if (known.size < 20_000) known.set(key, found);
    }
    return found;
  };
  const single = (text: string, take: (before: string, after: string) => void): void => {
    for (const character of text) take(character, look(character) ?? character);
  };
  /** Gives parts of a text, and what each becomes. */
  const each = (text: string, take: (before: string, after: string) => void): void => {
    let done = 0;
    for (const { 0: cluster, index } of text.matchAll(CLUSTER)) {
      single(text.slice(done, index), take);
      const small = cluster.length < 6 && utf8.encode(cluster).length < 6;
      const found = small ? look(cluster) : null;
      if (found === null) single(cluster, take);
      else take(cluster, found);
      done = index + cluster.length;
    }
    single(text.slice(done), take);
  };
  const all = (text: string): string => {
    let out = '';
    each(text, (_, after) => (out += after));
    return out;
  };
  const placed = (text: string, places: Places): Places => {
    const [before, after]: [string[], string[]] = [[], []];
    each(text, (old, now) => {
      before.push(old);
      after.push(now);
    });
    return partsPlaces(places, before, after);
  };
  return ({ text, head, places }) => {
    const out = all(text);
    const newHead = head > 0 ? all(text.slice(0, head)).length : 0;
    // Where the first character goes, Python puts the second in its place.
    return {
      text: out,
      head: head > 0 && newHead === 0 ? ([...out.slice(0, 2)][0]?.length ?? 0) : newHead,
      places: places && placed(text, places),
    };
  };
}
