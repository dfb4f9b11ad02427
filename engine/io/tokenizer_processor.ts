/** The fourth step of tokenizer.json: cuts the ids to a length, puts special tokens around them, and pads. */
import { DataError } from '../errors';
import { component, count, list, oneOf, record, wrong } from './tokenizer_fields';
import { isRecord, unsupported, type Component, type TokenizerJson } from './tokenizer_json';

/** Ids of a text as the model made them -> the ids that are given out. */
export type Finish = (ids: number[], special: boolean) => number[];

export function finisher(json: TokenizerJson, size: number): Finish {
  const process = json.post_processor === null ? null : processor(json.post_processor, size);
  const cut = json.truncation === null ? null : truncation(json.truncation, process?.adds ?? 0);
  const pad = json.padding === null ? null : padding(json.padding, size);
  return (ids, special) => {
    const kept = cut ? cut(ids, special) : ids;
    const whole = process ? process.apply([kept], special).flat() : kept;
    return pad ? pad(whole) : whole;
  };
}

interface Processor {
  /** How many special tokens it puts around one text. */
  readonly adds: number;
  /** A text is one part at first; a template makes it several. */
  apply(parts: number[][], special: boolean): number[][];
}

function processor(given: unknown, size: number): Processor {
  const step = component(given, 'the post-processor');
  switch (step.type) {
    case 'Sequence': {
      const all = list(step, 'processors').map((part) => processor(part, size));
      return {
        adds: all.reduce((sum, { adds }) => sum + adds, 0),
        apply: (parts, special) => all.reduce((done, part) => part.apply(done, special), parts),
      };
    }
    case 'ByteLevel': // moves offsets only
      return { adds: 0, apply: (parts) => parts };
    case 'BertProcessing':
    case 'RobertaProcessing': {
      const [cls, sep] = ['cls', 'sep'].map((name) => checkId(step, name, list(step, name)[1], size));
      const between = step.type === 'RobertaProcessing' ? [sep] : [];
      return {
        adds: 2,
        apply: (parts, special) =>
          special ? parts.map((ids, i) => [...(i === 0 ? [cls] : between), ...ids, sep]) : parts,
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
type Place = { readonly ids: number[] } | { readonly part: 0 | 1 };

function template(step: Component, size: number): Processor {
  const tokens = record(step, 'special_tokens');
  const read = (name: 'single' | 'pair'): Place[] =>
    list(step, name).map((piece) => {
      const { Sequence: part, SpecialToken: token } = isRecord(piece) ? piece : {};
      if (isRecord(part) && (part.id === 'A' || (part.id === 'B' && name === 'pair'))) {
        return { part: part.id === 'A' ? 0 : 1 };
      }
      const known = isRecord(token) && Object.hasOwn(tokens, String(token.id)) && tokens[String(token.id)];
      if (!isRecord(known) || !Array.isArray(known.ids))
        wrong(step, name, 'places for $A and for known special tokens');
      return { ids: known.ids.map((id) => checkId(step, 'special_tokens', id, size)) };
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
    adds: single.reduce((sum, place) => sum + ('ids' in place ? place.ids.length : 0), 0),
    apply(parts, special) {
      if (parts.length > 2) unsupported('TemplateProcessing of what a template has put together');
      const out: number[][] = [];
      for (const place of parts.length === 2 ? pair : single) {
        if ('part' in place) out.push(parts[place.part]);
        else if (special) out.push(place.ids);
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
