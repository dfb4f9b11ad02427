/** What `Generator` can be asked for, and what is refused. */
import { expectOptions } from '../../engine/index';
import { checkEach, definedOf, isWhole } from '../option_checks';
import type { Decoder } from './decoder';
import {
  beginCheck,
  checkSource,
  checkText,
  CHOICE_DEFAULTS,
  choiceChecks,
  CHOICES,
  sortBans,
  type ChoiceOptions,
  type CompleteChoice,
} from './option_table';

/** A token with what the model made of it. */
export interface ScoredToken {
  readonly id: number;
  /**
   * The logarithm of its probability after all before it. Penalties count; bans, temperature, topK, topP and minP choose among tokens and
   * change nothing of it.
   */
  readonly logProbability: number;
  /** The likeliest tokens in its place, best first, as many as `alternatives` asks for; it may be one of them. */
  readonly alternatives: readonly { readonly id: number; readonly logProbability: number }[];
}

/** How `Generator.generate` chooses tokens, and when a text ends. */
export interface GenerateOptions extends ChoiceOptions {
  /** Called with each token before it is given out. Not with the end, nor with `forceBegin`, which the model did not choose. */
  readonly onToken?: (token: ScoredToken) => void;
  /** How many of the likeliest tokens `onToken` hears of besides, up to 64. Default 0. */
  readonly alternatives?: number;
  /** Most tokens to make. Default 256. */
  readonly tokens?: number;
  /** Most tokens of prompt and text together, Hugging Face's max_length. Default: any number. */
  readonly length?: number;
  /** Tokens of prompt and text together before the text may end, Hugging Face's min_length. Default 0. */
  readonly minLength?: number;
  /**
   * The first id of the text, whatever the model says, which is given out like the others: Hugging Face's
   * forced_bos_token_id, such as the language to translate into. For models with a source. Default null: none.
   */
  readonly forceBegin?: number | null;
  /** 0 is greedy. Default 1. */
  readonly temperature?: number;
  /** Ids that end the text; the one met is not given out. Default: the generator's `end`. */
  readonly stop?: readonly number[];
  /**
   * What happens when the context is full: 'stop' ends, 'slide' starts over from the later half of the context, of which
   * alone penalties know then. Default 'stop'.
   */
  readonly overflow?: 'stop' | 'slide';
  /**
   * Reads only those tokens of the prompt that the last call's text did not begin with: a conversation's next turn costs what is new in
   * it. What the caches hold was computed token by token then and is not to the last bit what reading it at once gives. Weights that
   * were written or trained since are noticed, and all is read; those that a plan of your own writes are not. Not for models with a
   * source. Default false.
   */
  readonly reuse?: boolean;
}

export type CompleteGenerate = CompleteChoice &
  Required<
    Pick<
      GenerateOptions,
      'temperature' | 'stop' | 'overflow' | 'tokens' | 'length' | 'forceBegin' | 'alternatives' | 'reuse'
    >
  > &
  Pick<GenerateOptions, 'onToken'>;

const KNOWN: Readonly<Record<keyof GenerateOptions, true>> = {
  ...CHOICES,
  ...{ tokens: true, length: true, minLength: true, forceBegin: true },
  ...{ temperature: true, stop: true, overflow: true, reuse: true, onToken: true, alternatives: true },
};

const MOST_ALTERNATIVES = 64;

interface Limits {
  readonly config: Decoder['config'];
  /** The longest source, in tokens. Default: the model's context. */
  readonly source?: number;
  /** What texts begin with where `prompt` is a source. */
  readonly begin?: readonly number[];
  readonly end?: readonly number[];
}

/** Fills the defaults; throws `DataError`, `ShapeError` or `EngineError` for what cannot be done. */
export function completeGeneration(
  prompt: ArrayLike<number>,
  options: GenerateOptions,
  { config, source = config.context, begin = [], end = [] }: Limits,
): CompleteGenerate {
  const where = 'generate';
  expectOptions(where, options, KNOWN);
  const { vocabulary } = config;
  const isSource = begin.length > 0;
  if (isSource) checkSource(where, prompt, 'the source', { config, longest: source });
  else checkText(where, prompt, 'the prompt', config);
  const start = isSource ? begin.length : prompt.length;
  const o = {
    ...CHOICE_DEFAULTS,
    ...{ tokens: 256, length: Infinity, minLength: 0, forceBegin: null },
    ...{ temperature: 1, stop: end, overflow: 'stop' as const, alternatives: 0, reuse: false },
    ...definedOf(options),
  };
  const { temperature, tokens, length, minLength, forceBegin, stop, overflow, alternatives, reuse } = o;
  checkEach(where, [
    ['temperature', temperature, Number.isFinite(temperature) && temperature >= 0, 'Use 0 (greedy) or more.'],
    ...choiceChecks(o),
    ['tokens', tokens, isWhole(tokens, 0), 'Use a whole number.'],
    [
      'length',
      length,
      options.length === undefined || isWhole(length, start + 1),
      `The prompt has ${start} tokens: use a whole number above.`,
    ],
    ['minLength', minLength, isWhole(minLength, 0), 'Use a whole number.'],
    beginCheck(forceBegin, isSource, vocabulary),
    [
      'alternatives',
      alternatives,
      isWhole(alternatives, 0, Math.min(MOST_ALTERNATIVES, vocabulary)),
      `Use a whole number up to ${Math.min(MOST_ALTERNATIVES, vocabulary)}.`,
    ],
    [
      'alternatives',
      alternatives,
      alternatives === 0 || options.onToken !== undefined,
      'Give onToken, which hears of them.',
    ],
    [
      'onToken',
      options.onToken,
      options.onToken === undefined || typeof options.onToken === 'function',
      'Give a function.',
    ],
    ['reuse', reuse, typeof reuse === 'boolean', 'Use true or false.'],
    ['reuse', reuse, !reuse || !isSource, 'A source is read as a whole: leave it out.'],
    ['overflow', overflow, overflow === 'stop' || overflow === 'slide', "Use 'stop' or 'slide'."],
    [
      'stop',
      stop,
      Array.isArray(stop) && stop.every((id) => isWhole(id, 0, vocabulary - 1)),
      `Give a list of ids below ${vocabulary}.`,
    ],
  ]);
  const minTokens = Math.max(o.minTokens, minLength - start);
  return { ...o, minTokens, ...sortBans(where, options.banned ?? [], vocabulary) };
}
