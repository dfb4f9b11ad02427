/** The fourth step of tokenizer.json: cuts the ids to a length, puts special tokens around them, and pads. */
import type { Encoder, Token } from './tokenizer_types';
import { DataError } from '../errors';
import { component, count, flag, list, oneOf, record, wrong } from './tokenizer_fields';
import { isRecord, unsupported, type Component, type TokenizerJson } from './tokenizer_json';

export interface Finisher extends Pick<Encoder, 'adds' | 'join'> {
  /** Ids of a text as the model made them -> the ids that are given out. */
  ids(ids: number[], special: boolean): number[];
}

/** `spell` gives a token as the vocabulary has it. */
export function finisher(json: TokenizerJson, size: number, spell: (id: number) => string): Finisher {
  const process = json.post_processor === null ? null : processor(json.post_processor, size);
  const adds = (texts: number): number => process?.adds(texts) ?? 0;
  const cut = json.truncation === null ? null : truncation(json.truncation, adds(1));
  const pad = json.padding === null ? null : padding(json.padding, size);
  const whole = wholeTokens(spell);
  return {
    adds,
    ids(ids, special) {
      const kept = cut ? cut(ids, special) : ids;
      const all = process ? process.apply([kept], special, JUST_IDS).flat() : kept;
      return pad ? pad(all) : all;
    },
    join: (texts, special) => (process ? process.apply(texts, special, whole) : texts).flat(),
  };
}

/** What steps do to tokens, which are ids alone or more. */
interface Handling<T> {
  readonly special: (id: number, segment: number) => T;
  /** Null where nothing would come of it. */
  readonly inSegment: ((token: T, segment: number) => T) | null;
  /** Takes white space at a token's ends out of its place; with `spaced` not what was put before the text. */
  readonly trimmed: ((token: T, first: boolean, spaced: boolean) => T) | null;
}

const JUST_IDS: Handling<number> = { special: (id) => id, inSegment: null, trimmed: null };

const wholeTokens = (spell: (id: number) => string): Handling<Token> => ({
  special: (id, segment) => ({ id, start: 0, end: 0, word: -1, text: -1, segment }),
  inSegment: (token, segment) => ({ ...token, segment }),
  trimmed(token, first, spaced) {
    const spelling = token.spelling ?? spell(token.id);
    const leading = /^[Ġ\p{White_Space}]*/u.exec(spelling)![0].length;
    const trailing = /[Ġ\p{White_Space}]*$/u.exec(spelling)![0].length;
    let { start, end } = token;
    // A space that was put before the text is in no place.
    const own = leading > 0 && spaced && (first || start === 0) ? leading - 1 : leading;
    start = Math.min(start + own, end);
    if (trailing === spelling.length) end = start;
    else if (end >= trailing) end = Math.max(end - trailing, start);
    return { ...token, start, end };
  },
});

interface Processor {
  /** How many special tokens it puts around one text, or two. */
  adds(texts: number): number;
  /** Each text is one part at first; a template makes it several. */
  apply<T>(parts: T[][], special: boolean, handling: Handling<T>): T[][];
}

/** Takes white space out of tokens' places, where a byte-level step asks for it. */
function trimming(step: Component): <T>(parts: T[][], handling: Handling<T>) => T[][] {
  const trims = flag(step, 'trim_offsets', true);
  const spaced = flag(step, 'add_prefix_space', true);
  return (parts, { trimmed }) =>
    trims && trimmed ? parts.map((part) => part.map((t, i) => trimmed(t, i === 0, spaced))) : parts;
}

function processor(given: unknown, size: number): Processor {
  const step = component(given, 'the post-processor');
  switch (step.type) {
    case 'Sequence': {
      const all = list(step, 'processors').map((part) => processor(part, size));
      return {
        adds: (texts) => all.reduce((sum, part) => sum + part.adds(texts), 0),
        apply: (parts, special, handling) =>
          all.reduce((done, part) => part.apply(done, special, handling), parts),
      };
    }
    case 'ByteLevel': {
      const trim = trimming(step);
      return { adds: () => 0, apply: (parts, _, handling) => trim(parts, handling) };
    }
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const [cls, sep] = ['cls', 'sep'].map((name) => checkId(step, name, list(step, name)[1], size));
      const roberta = step.type === 'RobertaProcessing';
      const trim = roberta ? trimming(step) : null;
      return {
        adds: (texts) => (texts > 1 ? (roberta ? 4 : 3) : 2),
        apply(parts, special, handling) {
          const { inSegment } = handling;
          // RoBERTa knows one segment only.
          const typed =
            trim && inSegment
              ? trim(parts, handling).map((part) => part.map((token) => inSegment(token, 0)))
              : parts;
          if (!special) return typed;
          return typed.map((part, i) => {
            const segment = roberta ? 0 : Math.min(i, 1);
            const [start, end] = [cls, sep].map((id) => handling.special(id, segment));
            return [...(i === 0 ? [start] : roberta ? [end] : []), ...part, end];
          });
        },
      };
    }
    case 'TemplateProcessing':
      return template(step, size);
    default:
      unsupported(`the post-processor ${step.type}`);
  }
}

/** A template's, for one text: more is a mistake, or meant to take all memory. */
const MOST_TEXTS = 16;
const MOST_TOKENS = 4096;
/** As long may padding make a text. */
const MOST_PADDED = 1 << 20;

/** What a place of a template takes: special tokens, or a part of the text. */
type Place = ({ readonly ids: number[] } | { readonly part: 0 | 1 }) & { readonly segment: number };

function template(step: Component, size: number): Processor {
  const tokens = record(step, 'special_tokens');
  const read = (name: 'single' | 'pair'): Place[] =>
    list(step, name).map((piece) => {
      const { Sequence: part, SpecialToken: token } = isRecord(piece) ? piece : {};
      if (isRecord(part) && (part.id === 'A' || (part.id === 'B' && name === 'pair'))) {
        return { part: part.id === 'A' ? 0 : 1, segment: count({ type: step.type, ...part }, 'type_id', 0) };
      }
      const known = isRecord(token) && Object.hasOwn(tokens, String(token.id)) && tokens[String(token.id)];
      if (!isRecord(known) || !Array.isArray(known.ids))
        wrong(step, name, 'places for $A and for known special tokens');
      const segment = count({ type: step.type, ...(token as object) }, 'type_id', 0);
      return { ids: known.ids.map((id) => checkId(step, 'special_tokens', id, size)), segment };
    });
  const single = read('single');
  const pair = step.pair === undefined ? [] : read('pair');
  for (const places of [single, pair]) {
    const texts = places.filter((place) => 'part' in place).length;
    const tokens = places.reduce((sum, place) => sum + ('ids' in place ? place.ids.length : 0), 0);
    if (texts <= MOST_TEXTS && tokens <= MOST_TOKENS) continue;
    const what = `TemplateProcessing puts ${tokens} special tokens around ${texts} texts`;
    throw new DataError('tokenizer.json', what, 'Set post_processor to null and add them yourself.');
  }
  return {
    adds: (texts) =>
      (texts > 1 ? pair : single).reduce((sum, place) => sum + ('ids' in place ? place.ids.length : 0), 0),
    apply<T>(parts: T[][], special: boolean, { special: token, inSegment }: Handling<T>) {
      if (parts.length > 2) unsupported('TemplateProcessing of what a template has put together');
      if (parts.length === 2 && pair.length === 0) unsupported('a pair of texts without a template for it');
      const out: T[][] = [];
      for (const place of parts.length === 2 ? pair : single) {
        const { segment } = place;
        if ('part' in place) {
          const part = parts[place.part];
          out.push(inSegment ? part.map((one) => inSegment(one, segment)) : part);
        } else if (special) out.push(place.ids.map((id) => token(id, segment)));
      }
      return out;
    },
  };
}

function checkId(step: Component, name: string, id: unknown, size: number): number {
  if (Number.isInteger(id) && (id as number) >= 0 && (id as number) < size) return id as number;
  const what = `${step.type} gives ${name} the id ${String(id)}`;
  throw new DataError('tokenizer.json', what, `Ids run from 0 to ${size - 1}: is the file whole?`);
}

function truncation(given: unknown, adds: number) {
  const step = { ...(isRecord(given) ? given : {}), type: 'truncation' } as Component;
  const length = count(step, 'max_length');
  const stride = count(step, 'stride');
  const strategy = oneOf(step, 'strategy', ['LongestFirst', 'OnlyFirst', 'OnlySecond']);
  const left = oneOf(step, 'direction', ['Right', 'Left'], 'Right') === 'Left';
  if (length < adds) {
    const what = `it cuts texts at ${length} tokens, which leaves no place for ${adds} special ones`;
    throw new DataError('tokenizer.json', what, 'Set truncation to null, or its max_length higher.');
  }
  return (ids: number[], special: boolean): number[] => {
    const most = special ? length - adds : length;
    if (ids.length <= most) return ids;
    if (most > 0 && (strategy === 'OnlySecond' || stride >= most)) {
      const why = strategy === 'OnlySecond' ? 'only the second of two texts' : `in strides of ${stride}`;
      const what = `the text has ${ids.length} tokens and is to be cut at ${most}, ${why}`;
      throw new DataError('tokenizer.json', what, 'Set truncation to null and cut the ids yourself.');
    }
    return left ? ids.slice(ids.length - most) : ids.slice(0, most);
  };
}

function padding(given: unknown, size: number) {
  const step = { ...(isRecord(given) ? given : {}), type: 'padding' } as Component;
  const fixed = step.strategy === 'BatchLongest' ? null : record(step, 'strategy');
  const length = fixed ? count({ ...fixed, type: 'padding' }, 'Fixed') : 0;
  const multiple = count(step, 'pad_to_multiple_of', 0);
  const left = oneOf(step, 'direction', ['Left', 'Right']) === 'Left';
  if (length + multiple === 0) return null; // nothing to do for one text
  if (Math.max(length, multiple) > MOST_PADDED) {
    const what = `it pads texts to ${Math.max(length, multiple)} tokens`;
    throw new DataError('tokenizer.json', what, 'Set padding to null and pad the ids yourself.');
  }
  const id = checkId(step, 'pad_id', step.pad_id, size);
  return (ids: number[]): number[] => {
    let wanted = fixed ? length : ids.length;
    if (multiple > 0) wanted = Math.ceil(wanted / multiple) * multiple;
    const pad = new Array<number>(Math.max(0, wanted - ids.length)).fill(id);
    return left ? [...pad, ...ids] : [...ids, ...pad];
  };
}
