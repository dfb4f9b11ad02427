/** What decoding can be asked for, and what is refused. */
import { DataError, EngineError, IGNORE_INDEX, ShapeError } from '../engine/index';
import type { CompleteEncoderDecoderConfig } from './encoder_decoder_config';
import type { Hypothesis } from './sequence_generator_search';

/** The best hypothesis of a sentence so far, finished or not. */
export interface SentenceProgress extends Hypothesis {
  /** Which of the sources. */
  readonly sentence: number;
  /** Whether its decoding is over. */
  readonly done: boolean;
}

export interface GenerateSequenceOptions {
  /** 'beam' search, 'greedy' (the likeliest token each time) or 'sample'. Default 'beam'. */
  readonly mode?: 'beam' | 'greedy' | 'sample';
  /** K: beams of a sentence, at most the generator's. Only for beam search. Default the generator's. */
  readonly beams?: number;
  /** Hypotheses to return of each sentence: at most the beams; in samples, how many to draw. Default 1. */
  readonly nBest?: number;
  /** Scores are log-probabilities / length^this; above 0 favours long ones. Default 1. */
  readonly lengthPenalty?: number;
  /**
   * β of the coverage penalty β · Σ log(min(Σ attention, 1)) over the source, with the mean attention of the last
   * layer's heads (Wu et al. 2016, equation 14): against leaving out parts of the source; 0.2 is common. Added to scores.
   * Default 0.
   */
  readonly coverage?: number;
  /**
   * Beam search ends with a sentence (true) once K hypotheses have ended, (false) once no live one scores better at
   * its present length than the worst of K, ('never') once none can do so at any length. Default false.
   */
  readonly earlyStopping?: boolean | 'never';
  /** Most tokens to make, the end included. Default: the context. */
  readonly tokens?: number;
  /** The last of `tokens` must be the end, and costs nothing: Hugging Face's forced_eos_token_id. Default false. */
  readonly forceEnd?: boolean;
  /**
   * What every hypothesis starts with, after begin: one list for all sentences or one for each. Their log-probabilities
   * count. Default none.
   */
  readonly forced?: readonly number[] | readonly (readonly number[])[];
  /** Ids, and sequences of ids, that must not come up. Default none. */
  readonly banned?: readonly (number | readonly number[])[];
  /** No n-gram of this length comes up twice in a hypothesis; 0 allows all. Default 0. */
  readonly noRepeatNgram?: number;
  /** Of samples; above 0. Default 1. */
  readonly temperature?: number;
  /** Samples only from the k likeliest tokens; 0 means all. Default 0. */
  readonly topK?: number;
  /** Samples only from the smallest set whose probabilities reach p; 1 means all. Default 1. */
  readonly topP?: number;
  /** The same seed draws the same samples of a sentence, whatever else is translated with it. Default 0. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called after each token with the best hypotheses of the sentences at work. */
  readonly onStep?: (progress: readonly SentenceProgress[]) => void;
}

export type CompleteOptions = Required<
  Omit<GenerateSequenceOptions, 'signal' | 'onStep' | 'forced' | 'banned'>
> &
  Pick<GenerateSequenceOptions, 'signal' | 'onStep'> & {
    /** One for each sentence. */
    readonly forced: readonly (readonly number[])[];
    readonly bannedIds: readonly number[];
    readonly bannedSequences: readonly (readonly number[])[];
  };

const WHERE = 'SequenceGenerator';
const MODES: readonly GenerateSequenceOptions['mode'][] = ['beam', 'greedy', 'sample'];

interface Limits {
  readonly config: CompleteEncoderDecoderConfig;
  readonly beams: number;
  readonly end: number;
}

/** Fills the defaults; throws `DataError`, `ShapeError` or `EngineError` for what cannot be done. */
export function completeOptions(
  sources: readonly ArrayLike<number>[],
  options: GenerateSequenceOptions,
  { config, beams: most, end }: Limits,
): CompleteOptions {
  const { context, vocabulary, sourceVocabulary } = config;
  const { mode = 'beam', nBest = 1, banned = [], forced = [] } = options;
  const beams = mode === 'beam' ? (options.beams ?? most) : mode === 'sample' ? nBest : 1;
  const o: CompleteOptions = {
    ...{
      lengthPenalty: 1,
      coverage: 0,
      earlyStopping: false,
      tokens: context,
      forceEnd: false,
      noRepeatNgram: 0,
    },
    ...{ temperature: 1, topK: 0, topP: 1, seed: 0 },
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    ...{ mode, beams, nBest },
    forced: isLists(forced) ? forced : sources.map(() => forced),
    bannedIds: [
      ...new Set(banned.flatMap((ban) => (typeof ban === 'number' ? [ban] : ban.length === 1 ? ban : []))),
    ],
    bannedSequences: banned.filter((ban) => typeof ban !== 'number').filter((ban) => ban.length > 1),
  };
  for (const [i, source] of sources.entries()) checkSource(source, i, context, sourceVocabulary);
  const whole = (x: number, from: number, to = Infinity): boolean =>
    Number.isInteger(x) && x >= from && x <= to;
  const ranges: [string, unknown, boolean, string][] = [
    ['mode', mode, MODES.includes(mode), `Use one of ${MODES.join(', ')}.`],
    [
      'earlyStopping',
      o.earlyStopping,
      [true, false, 'never'].includes(o.earlyStopping),
      "Use true, false or 'never'.",
    ],
    [
      'beams',
      beams,
      whole(beams, 1, most),
      `This generator has rows for 1 to ${most}: make one with more beams.`,
    ],
    [
      'nBest',
      nBest,
      whole(nBest, 1, mode === 'greedy' ? 1 : beams),
      `Ask for 1 to ${beams}, or use more beams.`,
    ],
    [
      'tokens',
      o.tokens,
      whole(o.tokens, 1, context),
      `The model's context holds 1 to ${context}: give fewer, or a larger context.`,
    ],
    ['lengthPenalty', o.lengthPenalty, Number.isFinite(o.lengthPenalty), 'Use a finite number.'],
    ['coverage', o.coverage, o.coverage >= 0 && Number.isFinite(o.coverage), 'Use 0 (none) or more.'],
    ['noRepeatNgram', o.noRepeatNgram, whole(o.noRepeatNgram, 0), 'Use 0 (any) or a whole number of tokens.'],
    [
      'temperature',
      o.temperature,
      o.temperature > 0 && Number.isFinite(o.temperature),
      "Use more than 0, or mode: 'greedy'.",
    ],
    ['topK', o.topK, whole(o.topK, 0), 'Use 0 (all) or a whole number of tokens.'],
    ['topP', o.topP, o.topP > 0 && o.topP <= 1, 'Use a share above 0 and at most 1.'],
  ];
  for (const [name, value, valid, todo] of ranges) {
    if (!valid) throw new EngineError(WHERE, `${name} is ${String(value)}`, todo);
  }
  if (o.forced.length !== sources.length) {
    throw new ShapeError(
      WHERE,
      `${o.forced.length} forced beginnings for ${sources.length} sentences`,
      'Give one list of ids for all, or one for each.',
    );
  }
  const target = (ids: readonly number[], what: string): void => checkIds(ids, what, vocabulary);
  for (const [i, ids] of o.forced.entries()) {
    target(ids, `the forced beginning of sentence ${i}`);
    if (ids.includes(end)) {
      throw new DataError(
        WHERE,
        `the forced beginning of sentence ${i} holds the end, ${end}`,
        'Nothing can follow an end: leave it out.',
      );
    }
    if (ids.length >= o.tokens) {
      throw new ShapeError(
        WHERE,
        `the forced beginning of sentence ${i} has ${ids.length} tokens of ${o.tokens} at most`,
        'Shorten it or raise tokens.',
      );
    }
  }
  target(o.bannedIds, 'banned');
  for (const ban of o.bannedSequences) target(ban, 'banned');
  return o;
}

const isLists = (
  forced: readonly number[] | readonly (readonly number[])[],
): forced is readonly (readonly number[])[] => forced.length > 0 && typeof forced[0] !== 'number';

function checkSource(source: ArrayLike<number>, i: number, context: number, vocabulary: number): void {
  if (source.length === 0) {
    throw new DataError(
      WHERE,
      `sentence ${i} is empty`,
      'Give at least one token, such as the end, or leave it out.',
    );
  }
  if (source.length > context) {
    throw new ShapeError(
      WHERE,
      `sentence ${i} has ${source.length} tokens, but the model's context holds ${context}`,
      'Cut it at the ends of sentences, or use a model with a larger context.',
    );
  }
  checkIds(source, `sentence ${i}`, vocabulary);
}

function checkIds(ids: ArrayLike<number>, what: string, vocabulary: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary || id === IGNORE_INDEX) {
      throw new DataError(
        WHERE,
        `${what} holds ${id} at index ${i}, but ids must be below ${vocabulary}`,
        'Encode with the vocabulary that belongs to this model.',
      );
    }
  }
}
