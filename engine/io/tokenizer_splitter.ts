/** The second step of tokenizer.json, there called pre-tokenizer: cuts a text where no token may reach across. */
import { GPT2_WORDS } from './byte_level';
import { character, component, count, flag, list, oneOf, record, wrong } from './tokenizer_fields';
import { unsupported, type Component } from './tokenizer_json';
import { byteLevel, each, prepend, slice, type Piece } from './tokenizer_normalizer';
import { pattern, places, type Places } from './tokenizer_pattern';
import { PUNCTUATION, WORD } from './tokenizer_unicode';

export type Splitter = (piece: Piece) => Piece[];

const BEHAVIORS = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
type Behavior = (typeof BEHAVIORS)[number];

export function splitter(given: unknown): Splitter | null {
  if (given === null) return null;
  const step = component(given, 'the pre-tokenizer');
  switch (step.type) {
    case 'Sequence': {
      const parts = list(step, 'pretokenizers').map(splitter);
      return (piece) => parts.reduce((pieces, part) => (part ? pieces.flatMap(part) : pieces), [piece]);
    }
    case 'Split': {
      const find = pattern(record(step, 'pattern'), 'Split');
      return split(find, oneOf(step, 'behavior', BEHAVIORS), flag(step, 'invert'));
    }
    case 'ByteLevel':
      return bytes(step);
    case 'Metaspace':
      return metaspace(step);
    case 'Whitespace':
      return split(places(new RegExp(`[${WORD}]+|[^${WORD}\\p{White_Space}]+`, 'gu')), 'Removed', true);
    case 'WhitespaceSplit':
      return split(places(/\p{White_Space}/gu), 'Removed');
    case 'BertPreTokenizer': {
      const words = split(places(/\p{White_Space}/gu), 'Removed');
      const marks = split(places(new RegExp(PUNCTUATION, 'gu')), 'Isolated');
      return (piece) => words(piece).flatMap(marks);
    }
    case 'Punctuation':
      return split(places(new RegExp(PUNCTUATION, 'gu')), oneOf(step, 'behavior', BEHAVIORS, 'Isolated'));
    case 'Digits':
      return split(places(/\p{N}/gu), flag(step, 'individual_digits') ? 'Isolated' : 'Contiguous');
    case 'CharDelimiterSplit':
    case 'Delimiter':
      return split(pattern({ String: character(step, 'delimiter') }, step.type), 'Removed');
    case 'SentencePiece': // symbols that stand by themselves, the longest at each place
      return split(places(anyOf(list(step, 'user_defined') as string[])), 'Isolated');
    case 'FixedLength':
      return fixedLength(step);
    default:
      // UnicodeScripts among them: its table of scripts is of Unicode 9, and no host has that any more.
      unsupported(`the pre-tokenizer ${step.type}`);
  }
}

function anyOf(symbols: readonly string[]): RegExp {
  const longest = [...symbols].sort((a, b) => b.length - a.length);
  return new RegExp(longest.map((symbol) => symbol.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'gu');
}

function split(find: Places, behavior: Behavior, invert = false): Splitter {
  return (piece) => {
    const { text } = piece;
    const cuts: number[] = []; // where a piece ends that is kept or not
    const kept: boolean[] = [];
    const found = find(text);
    const add = (end: number, match: boolean) => {
      cuts.push(end);
      kept.push(match !== invert); // for now, whether it counts as a match
    };
    let done = 0;
    for (let i = 0; i < found.length; i += 2) {
      if (found[i] > done) add(found[i], false);
      add((done = found[i + 1]), true);
    }
    if (done < text.length) add(text.length, false);
    return joined(piece, cuts, kept, behavior);
  };
}

/** Pieces from stretches that match and stretches that do not; what the match becomes is the behavior. */
function joined(
  piece: Piece,
  ends: readonly number[],
  matches: readonly boolean[],
  behavior: Behavior,
): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (let i = 0; i < ends.length; i++) {
    const last = i === ends.length - 1;
    const join =
      !last &&
      (behavior === 'Contiguous'
        ? matches[i] === matches[i + 1]
        : behavior === 'MergedWithPrevious'
          ? matches[i + 1] && !matches[i]
          : behavior === 'MergedWithNext' && matches[i] && !matches[i + 1]);
    if (join) continue;
    const end = ends[i];
    if (end > start && !(behavior === 'Removed' && matches[i])) pieces.push(slice(piece, start, end));
    start = end;
  }
  return pieces;
}

/** UTF-8 in GPT-2's alphabet, cut as GPT-2 does it or not at all. */
function bytes(step: Component): Splitter {
  const spaced = flag(step, 'add_prefix_space');
  flag(step, 'trim_offsets');
  const words = flag(step, 'use_regex', true) ? split(places(GPT2_WORDS), 'Isolated') : null;
  const encoded = each(byteLevel);
  return (piece) => {
    const whole = spaced && !piece.text.startsWith(' ') ? prepend(piece, ' ') : piece;
    return words ? words(whole).map(encoded) : [encoded(whole)];
  };
}

function metaspace(step: Component): Splitter {
  const sign = character(step, 'replacement');
  const scheme = oneOf(step, 'prepend_scheme', ['always', 'first', 'never'], 'always');
  if (!flag(step, 'add_prefix_space', true) && scheme !== 'never') {
    wrong(step, 'add_prefix_space', 'true, or prepend_scheme "never"');
  }
  const words = flag(step, 'split', true)
    ? split(pattern({ String: sign }, step.type), 'MergedWithNext')
    : null;
  const spaces = each((text) => text.replaceAll(' ', sign));
  return (piece) => {
    let whole = spaces(piece);
    const wanted = scheme === 'always' || (scheme === 'first' && whole.head > 0);
    if (wanted && !whole.text.startsWith(sign)) whole = prepend(whole, sign);
    return words ? words(whole) : [whole];
  };
}

function fixedLength(step: Component): Splitter {
  const length = count(step, 'length', 5);
  if (length === 0) wrong(step, 'length', 'at least 1');
  return (piece) => {
    const pieces: Piece[] = [];
    let start = 0;
    let end = 0;
    let characters = 0;
    for (const { length: units } of piece.text) {
      end += units;
      if (++characters % length !== 0 && end < piece.text.length) continue;
      pieces.push(slice(piece, start, end));
      start = end;
    }
    return pieces;
  };
}
