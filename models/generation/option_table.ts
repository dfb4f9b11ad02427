/** What every way of generating can be asked for, and what is refused. */
import { DataError, EngineError, IGNORE_INDEX, isSeed, SEEDS, ShapeError } from '../../engine/index';
import { isWhole, type OptionCheck } from '../option_checks';
import type { Decoder } from './decoder';

/**
 * How the next token is chosen. In this order, which is Transformers': on logits the repetition penalty, presence and
 * frequency, then n-grams and bans; where tokens are drawn, temperature, topK, topP and minP.
 */
export interface ChoiceOptions {
  /** Samples only from the k likeliest tokens; 0 means all. Default 0. */
  readonly topK?: number;
  /** Samples only from the smallest set whose probabilities reach p; 1 means all. Default 1. */
  readonly topP?: number;
  /** Samples only from tokens at least this many times as likely as the likeliest (Nguyen et al. 2024); 0 means all. Default 0. */
  readonly minP?: number;
  /** A whole number below 2^32; the same seed draws the same. Default 0. */
  readonly seed?: number;
  /**
   * Above 1 makes tokens less likely that prompt or text hold already, below 1 more: logits below 0 are multiplied by it,
   * others divided (Keskar et al. 2019), Transformers' repetition_penalty; a source does not count. In beam search it is
   * applied to log-probabilities, as there. Default 1: none.
   */
  readonly repetitionPenalty?: number;
  /** Is subtracted from the logits of tokens that were generated already, OpenAI's presence_penalty. Default 0. */
  readonly presencePenalty?: number;
  /** Is subtracted as many times as the token was generated, OpenAI's frequency_penalty. Default 0. */
  readonly frequencyPenalty?: number;
  /** Ids, and sequences of ids, that must not come up. Default none. */
  readonly banned?: readonly (number | readonly number[])[];
  /** No n-gram of this length comes up twice in prompt and text; 0 allows all. Default 0. */
  readonly noRepeatNgram?: number;
  /** Tokens that are made before a text may end, Hugging Face's min_new_tokens. Default 0. */
  readonly minTokens?: number;
  readonly signal?: AbortSignal;
}

export const CHOICES: Readonly<Record<keyof ChoiceOptions, true>> = {
  ...{ topK: true, topP: true, minP: true, seed: true, repetitionPenalty: true, presencePenalty: true },
  ...{ frequencyPenalty: true, banned: true, noRepeatNgram: true, minTokens: true, signal: true },
};

export const CHOICE_DEFAULTS = {
  ...{ topK: 0, topP: 1, minP: 0, seed: 0, noRepeatNgram: 0, minTokens: 0 },
  ...{ repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
} as const;

export type CompleteChoice = Required<Omit<ChoiceOptions, 'signal' | 'banned'>> &
  Pick<ChoiceOptions, 'signal'> & {
    readonly bannedIds: readonly number[];
    readonly bannedSequences: readonly (readonly number[])[];
  };

/** For `checkEach`. */
export function choiceChecks(o: Required<Omit<ChoiceOptions, 'signal' | 'banned'>>): readonly OptionCheck[] {
  const share = (p: number): boolean => Number.isFinite(p) && p > 0 && p <= 1;
  const finite = (name: 'presencePenalty' | 'frequencyPenalty'): OptionCheck => [
    ...([name, o[name], Number.isFinite(o[name])] as const),
    'Use a finite number; 0 is none.',
  ];
  return [
    ['topK', o.topK, isWhole(o.topK, 0, 2 ** 32 - 1), 'Use 0 (all) or a whole number of tokens.'],
    ['topP', o.topP, share(o.topP), 'Use a share above 0 and at most 1.'],
    ['minP', o.minP, o.minP === 0 || share(o.minP), 'Use 0 (all) or a share of at most 1.'],
    ['seed', o.seed, isSeed(o.seed), SEEDS],
    [
      'repetitionPenalty',
      o.repetitionPenalty,
      Number.isFinite(o.repetitionPenalty) && o.repetitionPenalty > 0,
      'Use a number above 0; 1 is none.',
    ],
    finite('presencePenalty'),
    finite('frequencyPenalty'),
    [
      'noRepeatNgram',
      o.noRepeatNgram,
      isWhole(o.noRepeatNgram, 0),
      'Use 0 (any) or a whole number of tokens.',
    ],
    ['minTokens', o.minTokens, isWhole(o.minTokens, 0), 'Use a whole number.'],
  ];
}

/** Of an id that every text of a source begins with at no cost, or null. */
export const beginCheck = (id: number | null, isSource: boolean, vocabulary: number): OptionCheck => [
  ...(['forceBegin', id, id === null || (isSource && isWhole(id, 0, vocabulary - 1))] as const),
  isSource
    ? `Use an id below ${vocabulary}, or null.`
    : 'Only texts of a source are begun: write it into the prompt.',
];

/** Single ids apart from sequences; throws `DataError` for ids that the model has not. */
export function sortBans(
  where: string,
  banned: NonNullable<ChoiceOptions['banned']>,
  vocabulary: number,
): Pick<CompleteChoice, 'bannedIds' | 'bannedSequences'> {
  const single = banned.flatMap((ban) => (typeof ban === 'number' ? [ban] : ban.length === 1 ? ban : []));
  const bannedIds = [...new Set(single)];
  const bannedSequences = banned.filter((ban) => typeof ban !== 'number').filter((ban) => ban.length > 1);
  for (const ids of [bannedIds, ...bannedSequences]) checkIds(where, ids, 'banned', vocabulary);
  return { bannedIds, bannedSequences };
}

export const penalises = (o: CompleteChoice): boolean =>
  o.repetitionPenalty !== 1 || o.presencePenalty !== 0 || o.frequencyPenalty !== 0;

interface TextLimits {
  /** Most tokens. */
  readonly context: number;
  readonly vocabulary: number;
  /** Who has room for so many, in words. */
  readonly holder?: string;
  /** An id that must not come up. */
  readonly padding?: number | undefined;
}

/** Of sources, in a generator that was made for shorter ones than the model's. */
const sourceLimits = (config: Decoder['config'], source: number): TextLimits => ({
  ...{ context: source, vocabulary: config.sourceVocabulary ?? config.vocabulary },
  padding: config.sourcePadding,
  ...(source < config.context && { holder: 'this generator was made for sources of' }),
});

/** A source: ids, of at most `longest` tokens, or the numbers of one that is no text. */
export function checkSource(
  where: string,
  source: ArrayLike<number>,
  what: string,
  { config, longest }: { readonly config: Decoder['config']; readonly longest: number },
): void {
  const { sourceShape: shape } = config;
  if (!shape) return checkText(where, source, what, sourceLimits(config, longest));
  const size = shape.reduce((a, b) => a * b, 1);
  if (!(source instanceof Float32Array) || source.length !== size) {
    const given = source instanceof Float32Array ? `${source.length} numbers` : 'no Float32Array';
    const todo = `Give (${shape.join(', ')}), as the model's image processor makes them.`;
    throw new ShapeError(where, `${what} is ${given}, not ${size} numbers`, todo);
  }
  const at = source.findIndex((x) => !Number.isFinite(x));
  if (at >= 0)
    throw new DataError(where, `${what} holds ${source[at]} at index ${at}`, 'Give finite numbers.');
}

/** A prompt or a source. */
export function checkText(
  where: string,
  ids: ArrayLike<number>,
  what: string,
  { context, vocabulary, holder = "the model's context holds", padding }: TextLimits,
): void {
  if (ids.length === 0) {
    throw new DataError(
      where,
      `${what} is empty`,
      'Give at least one token, such as the end, or leave it out.',
    );
  }
  if (ids.length > context) {
    throw new ShapeError(
      where,
      `${what} has ${ids.length} tokens, but ${holder} ${context}`,
      'Cut it at the ends of sentences, or use a model with a larger context.',
    );
  }
  checkIds(where, ids, what, vocabulary);
  const at = padding === undefined ? -1 : Array.prototype.indexOf.call(ids, padding);
  if (at >= 0) {
    const found = `${what} holds padding, ${padding}, at index ${at}, and this model counts positions without it`;
    throw new DataError(where, found, 'Leave it out: texts are padded here.');
  }
}

export function checkIds(where: string, ids: ArrayLike<number>, what: string, vocabulary: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (!isWhole(id, 0, vocabulary - 1) || id === IGNORE_INDEX) {
      throw new DataError(
        where,
        `${what} holds ${id} at index ${i}, but ids must be below ${vocabulary}`,
        'Encode with the tokenizer that belongs to this model.',
      );
    }
  }
}

/** The ids that texts of a model begin and end with. */
export interface SpecialIds {
  /** The id that texts begin with, for models with a source (`EncoderDecoder`), which need it; Marian's is that of padding. */
  readonly begin?: number;
  /** The id, or ids, that end a text. Default: none. */
  readonly end?: number | readonly number[];
}

export interface Special {
  /** None where prompts begin texts. */
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** Throws `EngineError` for ids that the model has not, and for a `begin` that is missing or of no use. */
export function checkSpecial(where: string, model: Decoder, { begin, end = [] }: SpecialIds): Special {
  const { vocabulary } = model.config;
  if (!model.encode && begin !== undefined) {
    throw new EngineError(
      where,
      `begin is ${begin}, but this model has no source: prompts begin its texts`,
      'Leave it out, and begin prompts with it where the model was taught to.',
    );
  }
  const special = { begin: model.encode ? [begin!] : [], end: typeof end === 'object' ? end : [end] };
  for (const [name, ids] of Object.entries(special)) {
    for (const id of ids) {
      if (isWhole(id, 0, vocabulary - 1)) continue;
      throw new EngineError(where, `${name} is ${id}`, `It must be an id below ${vocabulary}.`);
    }
  }
  return special;
}
