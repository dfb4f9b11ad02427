/** Text as it is generated, up to a stop string. */
import { EngineError } from '../../engine/index';
import { checkEach } from '../option_checks';
import type { GenerateOptions } from './generate_options';
import type { Generator } from './generator';

/** What turns ids into text: a tokenizer, or any object with its `decoder` and, for prompts that are texts, its `encode`. */
export interface TextDecoding {
  /** Text piece by piece: what became certain with an id, and in the end what was held back. */
  decoder(): { push(id: number): string; end(): string };
  encode?(text: string): ArrayLike<number>;
}

/** How `generateText` chooses tokens, with the tokenizer that makes text of them. */
export interface TextOptions extends GenerateOptions {
  /** The tokenizer that belongs to the model, or a function from ids to their text. */
  readonly tokenizer: TextDecoding | ((ids: readonly number[]) => string);
  /** Texts that end the text, wherever tokens begin and end; what comes before one is given out to the letter. Default none. */
  readonly stopStrings?: readonly string[];
}

/**
 * The text that follows `prompt` (ids, or a text where the tokenizer has `encode`), piece by piece as it is made, which
 * `generator.generate` makes with the same options. A piece is held back for as long as it may be the beginning of a stop
 * string; none of a stop string is given out. Throws as `generate` does.
 */
export async function* generateText(
  generator: Generator,
  prompt: string | ArrayLike<number>,
  { tokenizer, stopStrings = [], ...options }: TextOptions,
): AsyncGenerator<string, void, undefined> {
  checkTokenizer(tokenizer);
  const decoder = typeof tokenizer === 'function' ? wholeDecoder(tokenizer) : tokenizer.decoder();
  const stop = new StopStrings(stopStrings);
  for await (const id of generator.generate(idsOf(prompt, tokenizer), options)) {
    const piece = stop.push(decoder.push(id));
    if (piece !== '') yield piece;
    if (stop.met) return;
  }
  const rest = stop.push(decoder.end()) + stop.end();
  if (rest !== '') yield rest;
}

function checkTokenizer(tokenizer: TextOptions['tokenizer'], where = 'generateText'): void {
  const given: unknown = tokenizer;
  if (typeof given === 'function' || (given as TextDecoding | null | undefined)?.decoder) return;
  throw new EngineError(where, 'there is no tokenizer', 'Give one, or a function from ids to text.');
}

function idsOf(prompt: string | ArrayLike<number>, tokenizer: TextOptions['tokenizer']): ArrayLike<number> {
  if (typeof prompt !== 'string') return prompt;
  if (typeof tokenizer !== 'function' && tokenizer.encode) return tokenizer.encode(prompt);
  const todo = 'Give ids, or a tokenizer with encode.';
  throw new EngineError('generateText', 'the prompt is a text, and nothing here encodes it', todo);
}

/** Decodes all ids again with each, for decoders that know only whole texts; waits for characters that are not whole. */
function wholeDecoder(decode: (ids: readonly number[]) => string): ReturnType<TextDecoding['decoder']> {
  const ids: number[] = [];
  let given = '';
  const more = (text: string): string => {
    const piece = text.slice(given.length);
    given = text;
    return piece;
  };
  return {
    push(id) {
      ids.push(id);
      return more(decode(ids).replace(/\uFFFD+$/, ''));
    },
    end: () => (ids.length > 0 ? more(decode(ids)) : ''),
  };
}

/** Lets text through up to the stop string that ends first, of those that end together the one that began first. */
export class StopStrings {
  readonly #stops: readonly string[];
  #held = '';
  #met = false;

  /** Throws `EngineError` for what is no text, or empty. */
  constructor(stops: readonly string[]) {
    const given: unknown = stops;
    const valid = Array.isArray(given) && given.every((stop) => typeof stop === 'string' && stop !== '');
    checkEach('generateText', [
      ['stopStrings', JSON.stringify(stops), valid, 'Give a list of texts that are not empty.'],
    ]);
    this.#stops = stops;
  }

  /** Whether a stop string came up: what follows is dropped. */
  get met(): boolean {
    return this.#met;
  }

  /** The text that is certain now. */
  push(piece: string): string {
    if (this.#met) return '';
    const text = this.#held + piece;
    let [cut, end] = [-1, Infinity];
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      const after = at + stop.length;
      if (at >= 0 && (after < end || (after === end && at < cut))) [cut, end] = [at, after];
    }
    if (cut >= 0) {
      this.#met = true;
      this.#held = '';
      return text.slice(0, cut);
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** What was held back, and became no stop string. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** Whether a text ends, by one of these strings, with the last of its ids: for hypotheses of a search, which are texts from their beginning. */
export function stopsAt(
  stops: readonly string[],
  tokenizer: TextOptions['tokenizer'],
): (ids: readonly number[]) => boolean {
  new StopStrings(stops); // throws for what is none
  checkTokenizer(tokenizer, 'stopStrings');
  // A character takes at most four tokens, and few tokens are nothing by themselves.
  const most = 4 * Math.max(0, ...stops.map(({ length }) => length)) + 16;
  const decode = (ids: readonly number[]): string => {
    if (typeof tokenizer === 'function') return tokenizer(ids);
    const decoder = tokenizer.decoder();
    return ids.map((id) => decoder.push(id)).join('') + decoder.end();
  };
  return (ids) => {
    const text = decode(ids.slice(-most));
    return stops.some((stop) => text.includes(stop));
  };
}

/** How much of the end of `text` is a beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let n = Math.min(text.length, stop.length - 1); n > 0; n--) {
    if (text.endsWith(stop.slice(0, n))) return n;
  }
  return 0;
}
