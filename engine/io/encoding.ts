/** Texts and pairs of texts as tokens that know where they come from: what answers, names and highlights stand on. */
import { DataError, expectOptions } from '../errors';
import { expectText, type Encoder, type Token, type Tokenizer } from './tokenizer_types';

/** A second text, special tokens and the longest length of `encodingOf`. */
export interface EncodingOptions {
  /** A second text, such as the paragraph that a question is asked about. */
  readonly pair?: string;
  /** The special tokens of the tokenizer's template, such as [CLS] … [SEP] … [SEP]. Default true. */
  readonly special?: boolean;
  /** The most tokens, special ones included; what is over is cut off at the end. Default: all of the text, however long. */
  readonly maxLength?: number;
  /** Which text is cut: whichever is longer, the first, or the second. Default 'longest'. */
  readonly cut?: Cut;
}

/** Which of two texts loses tokens where both are too long together. */
export type Cut = 'longest' | 'first' | 'second';

/** Length and overlap of the windows of `windowsOf`. */
export interface WindowOptions extends Omit<EncodingOptions, 'maxLength' | 'cut'> {
  /** The most tokens of a window, special ones included. */
  readonly maxLength: number;
  /** How many tokens a window shares with the one before. Default 0. */
  readonly stride?: number;
}

/** T tokens. */
export interface Encoding {
  readonly ids: Uint32Array<ArrayBuffer>;
  /** Segment of each, as the template says: 0, or 1 for BERT's second text ("token type"). */
  readonly segments: Uint32Array<ArrayBuffer>;
  /** Text that each is of: 0, or 1 for the pair; -1 for what the template adds. */
  readonly texts: Int8Array<ArrayBuffer>;
  /** Two numbers a token: its [start, end) in UTF-16 units of its text; 0 and 0 for what the template adds. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** Word of its text that each is of, counted as the tokenizer cuts them; -1 for what the template adds. */
  readonly words: Int32Array<ArrayBuffer>;
}

/**
 * Tokens of a text, or of two, and where they come from. What the tokenizer's file says of cutting and padding does not hold here, as
 * in Transformers: `maxLength` cuts.
 *
 * Throws `DataError` for a length that leaves no place.
 */
export function encodingOf(
  { encoder }: Pick<Tokenizer, 'encoder'>,
  text: string,
  options: EncodingOptions = {},
): Encoding {
  const { pair, special = true, maxLength, cut = 'longest' } = options;
  expectOptions('encoding', options, { pair, special, maxLength, cut });
  if (!['longest', 'first', 'second'].includes(cut)) {
    throw new DataError('encoding', `cut is ${cut as string}`, "Use 'longest', 'first' or 'second'.");
  }
  const texts = tokensOf(encoder, text, pair);
  if (maxLength === undefined) return packed(encoder.join(texts, special));
  const room = roomOf('encoding', encoder, texts, special, maxLength);
  return packed(encoder.join(shortened(texts, room, cut), special));
}

/**
 * The windows of a text that is too long for a model: each holds the whole first text and a part of the pair, or a part of the
 * only text. Throws `DataError` for windows that leave no place.
 */
export function windowsOf(
  { encoder }: Pick<Tokenizer, 'encoder'>,
  text: string,
  options: WindowOptions,
): Encoding[] {
  const { pair, special = true, maxLength, stride = 0 } = options;
  expectOptions('windows', options, { pair, special, maxLength, stride });
  const texts = tokensOf(encoder, text, pair);
  const long = texts.pop()!;
  const room =
    roomOf('windows', encoder, [...texts, long], special, maxLength) -
    texts.reduce((sum, { length }) => sum + length, 0);
  if (!Number.isInteger(stride) || stride < 0 || stride >= room) {
    const left = texts.length > 0 ? ` behind the first text's ${texts[0].length} and special ones` : '';
    const what = `windows of ${maxLength} tokens have place for ${Math.max(0, room)}${left}, and share ${stride}`;
    throw new DataError('windows', what, 'Make windows longer, or what they share shorter.');
  }
  const windows: Encoding[] = [];
  for (let start = 0; ; start += room - stride) {
    windows.push(packed(encoder.join([...texts, long.slice(start, start + room)], special)));
    if (start + room >= long.length) return windows;
  }
}

function tokensOf(encoder: Encoder, text: string, pair: string | undefined): Token[][] {
  expectText('encoding', text);
  if (pair === undefined) return [encoder.tokens(text, 0)];
  expectText('encoding', pair);
  return [encoder.tokens(text, 0), encoder.tokens(pair, 1)];
}

/** How many tokens of texts there may be. */
function roomOf(
  where: string,
  encoder: Encoder,
  texts: readonly Token[][],
  special: boolean,
  maxLength: number,
): number {
  const adds = special ? encoder.adds(texts.length) : 0;
  if (Number.isInteger(maxLength) && maxLength > adds) return maxLength - adds;
  const what = `maxLength is ${String(maxLength)}, special tokens are ${adds}`;
  throw new DataError(where, what, `Use a whole number above ${adds}.`);
}

/** As Python's tokenizers cuts: of two texts that are too long both may be. */
function shortened(texts: Token[][], room: number, cut: Cut): Token[][] {
  const [first, second] = texts;
  const over = texts.reduce((sum, { length }) => sum + length, 0) - room;
  if (over <= 0) return texts;
  if (second === undefined) return [first.slice(0, room)];
  if (cut === 'longest') {
    const least = Math.min(first.length, second.length);
    // The shorter one stays whole while it leaves the other at least as many.
    const [less, more] =
      least + Math.max(least, room - least) > room
        ? [Math.floor(room / 2), Math.ceil(room / 2)]
        : [least, room - least];
    return first.length > second.length
      ? [first.slice(0, more), second.slice(0, less)]
      : [first.slice(0, less), second.slice(0, more)];
  }
  const which = cut === 'first' ? 0 : 1;
  if (texts[which].length <= over) {
    const what = `the two texts are ${over} tokens too long, and the ${cut} has ${texts[which].length}`;
    throw new DataError('encoding', what, "Raise maxLength, or set cut to 'longest'.");
  }
  return texts.map((tokens, i) => (i === which ? tokens.slice(0, tokens.length - over) : tokens));
}

function packed(tokens: readonly Token[]): Encoding {
  return {
    ids: Uint32Array.from(tokens, ({ id }) => id),
    segments: Uint32Array.from(tokens, ({ segment }) => segment),
    texts: Int8Array.from(tokens, ({ text }) => text),
    offsets: Uint32Array.from(tokens.flatMap(({ start, end }) => [start, end])),
    words: Int32Array.from(tokens, ({ word }) => word),
  };
}
