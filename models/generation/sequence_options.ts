/** What `SequenceGenerator` can be asked for, and what is refused. */
import { DataError, EngineError, expectOptions, ShapeError } from '../../engine/index';
import { checkEach, definedOf, isWhole } from '../option_checks';
import type { Decoder } from './decoder';
import {
  beginCheck,
  checkIds,
  checkSource,
  checkText,
  CHOICE_DEFAULTS,
  choiceChecks,
  CHOICES,
  sortBans,
  type ChoiceOptions,
  type CompleteChoice,
  type Special,
} from './option_table';
import type { Hypothesis } from './search';
import { stopsAt, type TextDecoding } from './text';

/** The best hypothesis of a sentence so far, finished or not. */
export interface SentenceProgress extends Hypothesis {
  /** Which of the sources, or prompts. */
  readonly sentence: number;
  /** Whether its decoding is over. */
  readonly done: boolean;
}

/** How `SequenceGenerator.generate` searches, what it may not write, and when a text ends. */
export interface GenerateSequenceOptions extends ChoiceOptions {
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
   * The first id of every text, whatever the model says, at no cost: Hugging Face's forced_bos_token_id, such as the language
   * to translate into. Part of what comes back. For models with a source. Default null: none.
   */
  readonly forceBegin?: number | null;
  /**
   * What every hypothesis starts with, after those: one list for all sentences or one for each. Their log-probabilities
   * count. Default none.
   */
  readonly forced?: readonly number[] | readonly (readonly number[])[];
  /**
   * Probabilities are shared out among the tokens that are not banned, so that bans change scores: Hugging Face's
   * renormalize_logits, which Marian's checkpoints set. Default false: bans only choose.
   */
  readonly renormalize?: boolean;
  /**
   * Texts that end a text, as the end does: the tokens that one comes up with are its last ones. They need a `tokenizer`. Default none.
   */
  readonly stopStrings?: readonly string[];
  /** The tokenizer that belongs to the model, or a function from ids to their text. */
  readonly tokenizer?: TextDecoding | ((ids: readonly number[]) => string);
  /** Which adapter each text has, of a model with one for each row: see `perRow`, `RowAdapters.rows`. Default null: it has none. */
  readonly adapters?: ArrayLike<number> | null;
  /** Of samples; above 0. Default 1. */
  readonly temperature?: number;
  /** Called after each token with the best hypotheses of the sentences at work. */
  readonly onStep?: (progress: readonly SentenceProgress[]) => void;
}

export type CompleteOptions = CompleteChoice &
  Required<
    Omit<
      GenerateSequenceOptions,
      keyof ChoiceOptions | 'onStep' | 'forced' | 'tokens' | 'stopStrings' | 'tokenizer'
    >
  > &
  Pick<GenerateSequenceOptions, 'onStep'> & {
    /** One for each sentence, with `forceBegin` ahead. */
    readonly forced: readonly (readonly number[])[];
    /** Ids that end a text. */
    readonly end: readonly number[];
    /** The same. */
    readonly tokens: readonly number[];
    /** Whether ids end with a stop string; null where none is asked for. */
    readonly stops: ((ids: readonly number[]) => boolean) | null;
  };

const WHERE = 'SequenceGenerator';
const MODES: readonly GenerateSequenceOptions['mode'][] = ['beam', 'greedy', 'sample'];

const KNOWN: Readonly<Record<keyof GenerateSequenceOptions, true>> = {
  ...CHOICES,
  ...{ mode: true, beams: true, nBest: true, lengthPenalty: true, coverage: true, earlyStopping: true },
  ...{
    tokens: true,
    forceEnd: true,
    forceBegin: true,
    forced: true,
    renormalize: true,
    temperature: true,
    onStep: true,
    stopStrings: true,
    tokenizer: true,
    adapters: true,
  },
};

interface Limits extends Special {
  readonly config: Decoder['config'];
  readonly beams: number;
  /** Tokens that the caches of a row hold. Default: the model's context. */
  readonly context?: number;
  /** The longest source, in tokens. Default: the model's context. */
  readonly source?: number;
}

/** Most tokens of a text that a prompt begins, if nobody asks for more or fewer. */
const TOKENS = 256;

/** Fills the defaults; throws `DataError`, `ShapeError` or `EngineError` for what cannot be done. */
export function completeOptions(
  sources: readonly ArrayLike<number>[],
  options: GenerateSequenceOptions,
  { config, begin, end, beams: most, context = config.context, source: longest = config.context }: Limits,
): CompleteOptions {
  expectOptions(WHERE, options, KNOWN);
  const { vocabulary } = config;
  const { mode = 'beam', nBest = 1, banned = [], forced = [], forceBegin = null } = options;
  const beams = mode === 'beam' ? (options.beams ?? most) : mode === 'sample' ? nBest : 1;
  const isSource = begin.length > 0;
  for (const [i, source] of sources.entries()) {
    if (isSource) checkSource(WHERE, source, `sentence ${i}`, { config, longest });
    else checkText(WHERE, source, `prompt ${i}`, config);
  }
  // The last token needs no row in the caches.
  const rooms = sources.map((source) => context + 1 - (isSource ? begin.length : source.length));
  const o = {
    ...CHOICE_DEFAULTS,
    ...{ lengthPenalty: 1, coverage: 0, earlyStopping: false as const, forceEnd: false, renormalize: false },
    ...{ temperature: 1, adapters: null },
    ...definedOf(options),
    ...{ mode, beams, nBest, end, forceBegin },
    forced: (isLists(forced) ? forced : sources.map(() => forced)).map((ids) =>
      forceBegin === null ? ids : [forceBegin, ...ids],
    ),
    tokens: rooms.map((room) => options.tokens ?? (isSource ? room : Math.min(room, TOKENS))),
  };
  checkEach(WHERE, [
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
      isWhole(beams, 1, most),
      `This generator has rows for 1 to ${most}: make one with more beams.`,
    ],
    [
      'nBest',
      nBest,
      isWhole(nBest, 1, mode === 'greedy' ? 1 : beams),
      `Ask for 1 to ${beams}, or use more beams.`,
    ],
    [
      'tokens',
      options.tokens,
      options.tokens === undefined || isWhole(options.tokens, 1, Math.max(1, context)),
      `${context < config.context ? 'The caches hold' : "The model's context holds"} 1 to ${context}: give fewer, or a larger context.`,
    ],
    ['lengthPenalty', o.lengthPenalty, Number.isFinite(o.lengthPenalty), 'Use a finite number.'],
    ['coverage', o.coverage, o.coverage >= 0 && Number.isFinite(o.coverage), 'Use 0 (none) or more.'],
    ['coverage', o.coverage, o.coverage === 0 || isSource, 'Only sources can be covered: use 0.'],
    ['forceEnd', o.forceEnd, !o.forceEnd || end.length > 0, 'Give the generator an end to force.'],
    [
      'temperature',
      o.temperature,
      o.temperature > 0 && Number.isFinite(o.temperature),
      "Use more than 0, or mode: 'greedy'.",
    ],
    ...choiceChecks(o),
    beginCheck(forceBegin, isSource, vocabulary),
    ['forceEnd', o.forceEnd, typeof o.forceEnd === 'boolean', 'Use true or false.'],
    ['renormalize', o.renormalize, typeof o.renormalize === 'boolean', 'Use true or false.'],
  ]);
  const short = o.tokens.findIndex((tokens, i) => tokens > rooms[i] || rooms[i] < 1);
  if (short >= 0) {
    const { length } = sources[short];
    throw new ShapeError(
      WHERE,
      `prompt ${short} has ${length} tokens and ${o.tokens[short]} more are to come, but the caches hold ${context}`,
      'Shorten it, ask for fewer tokens, or make the generator with a larger context.',
    );
  }
  if (o.adapters && o.adapters.length !== sources.length) {
    const what = `${o.adapters.length} adapters for ${sources.length} sentences`;
    throw new ShapeError(WHERE, what, 'Give one for each: see RowAdapters.rows.');
  }
  for (const [i, adapter] of Array.from(o.adapters ?? []).entries()) {
    if (isWhole(adapter, 0)) continue;
    const what = `the adapter of sentence ${i} is ${JSON.stringify(adapter)}`;
    throw new EngineError(WHERE, what, 'Give whole numbers: RowAdapters.rows makes them of names.');
  }
  if (o.forced.length !== sources.length) {
    throw new ShapeError(
      WHERE,
      `${o.forced.length} forced beginnings for ${sources.length} sentences`,
      'Give one list of ids for all, or one for each.',
    );
  }
  for (const [i, ids] of o.forced.entries()) {
    checkIds(WHERE, ids, `the forced beginning of sentence ${i}`, vocabulary);
    const ended = end.find((id) => ids.includes(id));
    if (ended !== undefined) {
      throw new DataError(
        WHERE,
        `the forced beginning of sentence ${i} holds the end, ${ended}`,
        'Nothing can follow an end: leave it out.',
      );
    }
    if (ids.length >= o.tokens[i]) {
      throw new ShapeError(
        WHERE,
        `the forced beginning of sentence ${i} has ${ids.length} tokens of ${o.tokens[i]} at most`,
        'Shorten it or raise tokens.',
      );
    }
  }
  const { stopStrings = [], tokenizer } = options;
  // Without one `stopsAt` says so.
  const stops = stopStrings.length > 0 ? stopsAt(stopStrings, tokenizer!) : null;
  return { ...o, stops, ...sortBans(WHERE, banned, vocabulary) };
}

const isLists = (
  forced: readonly number[] | readonly (readonly number[])[],
): forced is readonly (readonly number[])[] => forced.length > 0 && typeof forced[0] !== 'number';
