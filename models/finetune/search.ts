/** Search for settings: random ones, most of which are given up early (successive halving), within a budget of time. */
import { DataError, EngineError, expectOptions, expectSeed, RandomStream } from '../../engine/index';

/** What a setting may be: one of a list, or a number between two, drawn evenly or by its logarithm. */
export type Choice =
  | readonly (number | string | null)[]
  | {
      readonly from: number;
      readonly to: number;
      readonly scale?: 'linear' | 'log';
      readonly whole?: boolean;
    };

/** The settings of one trial, by the names of the space. */
export type Settings = Readonly<Record<string, number | string | null>>;

/** Settings that were tried, and how well they did. */
export interface Trial {
  readonly number: number;
  readonly settings: Settings;
  /** What it scored with each budget that it was given, the least first. */
  readonly scores: readonly { readonly budget: number; readonly score: number; readonly seconds: number }[];
}

/** What `searchSettings` chooses from, how it judges, and how long it may take. */
export interface SearchOptions {
  readonly space: Readonly<Record<string, Choice>>;
  /**
   * Trains with settings for a budget, such as epochs, and gives the score, the higher the better. What is not finite, or an error that `failed` takes, is
   * the worst of all.
   */
  readonly evaluate: (settings: Settings, budget: number, signal: AbortSignal | undefined) => Promise<number>;
  /** What each trial is given in the end. */
  readonly budget: number;
  /** Settings that are tried first, such as the defaults. Default none. */
  readonly first?: readonly Settings[];
  /** How many settings are drawn in all, those of `first` included. Default 9. */
  readonly trials?: number;
  /** Each round goes on with one in so many of the trials, with so many times their budget. 1 tries all to the end: random search. Default 3. */
  readonly halving?: number;
  /** No trial begins when so many minutes have passed, resumed ones' included. Default: no limit. */
  readonly minutes?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Trials of a search that was cut short, of the same space, seed and budgets; they may have been JSON in between. */
  readonly resume?: readonly Trial[];
  readonly signal?: AbortSignal;
  /** After each score: all trials so far, to keep for `resume`, and to show. */
  readonly onTrial?: (trials: readonly Trial[]) => unknown;
  /** Whether an error of `evaluate` is the settings' own, such as a loss that is not finite. Default: a TrainingError is. */
  readonly failed?: (error: unknown) => boolean;
}

/** What `searchSettings` found, and why it ended. */
export interface SearchResult {
  /** The best of those that had the whole budget; where time ran out before, of those that had most. */
  readonly best: Trial | null;
  readonly trials: readonly Trial[];
  readonly reason: 'finished' | 'out of time' | 'aborted';
}

/**
 * Random search with successive halving (Jamieson and Talwalkar 2016): all trials get a small budget, the best third three times as much, and so on to
 * the whole one. Settings are a function of the seed and their number, so a search can be resumed, and repeated.
 *
 * Throws `EngineError` for options that cannot be, `DataError` for a `resume` of another search, and what `evaluate` throws.
 */
export async function searchSettings(options: SearchOptions): Promise<SearchResult> {
  const o = complete(options);
  const { halving, signal, onTrial } = o;
  const trials = drawn(o).map((settings, number) => taken(o, settings, number));
  const spent = (): number =>
    trials.reduce((sum, { scores }) => scores.reduce((s, { seconds }) => s + seconds, sum), 0);
  for (const { round, share } of rounds(trials.length, halving)) {
    const own = round === 0 ? [...trials] : survivors(trials, round, share);
    for (const { number } of own) {
      if (trials[number].scores.length > round) continue;
      if (signal?.aborted) return ended(trials, 'aborted');
      if (spent() >= o.minutes * 60) return ended(trials, 'out of time');
      const part = budgetOf(o, round);
      const { settings, scores } = trials[number];
      const start = performance.now();
      let score: number;
      try {
        score = await o.evaluate(settings, part, signal);
      } catch (error) {
        if (signal?.aborted) return ended(trials, 'aborted');
        if (!o.failed(error)) throw error;
        score = NaN;
      }
      if (typeof score !== 'number') {
        const what = `evaluate gave ${String(score)} for trial ${number}`;
        throw new EngineError('searchSettings', what, 'Give its score, a number.');
      }
      const seconds = (performance.now() - start) / 1000;
      trials[number] = { number, settings, scores: [...scores, { budget: part, score, seconds }] };
      await onTrial?.([...trials]);
    }
  }
  return ended(trials, 'finished');
}

const roundsOf = (n: number, halving: number): number =>
  halving === 1 ? 1 : Math.floor(Math.log(n) / Math.log(halving) + 1e-9) + 1;

/** What a trial is given in a round. */
const budgetOf = (
  { budget, halving, trials }: Pick<ReturnType<typeof complete>, 'budget' | 'halving' | 'trials'>,
  round: number,
): number => budget / halving ** (roundsOf(trials, halving) - 1 - round);

/** How many trials each round has. */
function rounds(n: number, halving: number): { readonly round: number; readonly share: number }[] {
  return Array.from({ length: roundsOf(n, halving) }, (_, round) => ({
    round,
    share: Math.max(1, Math.floor(n / halving ** round)),
  }));
}

const lastScore = ({ scores }: Trial, round: number): number => {
  const score = scores[round - 1]?.score;
  return Number.isFinite(score) ? score : -Infinity; // null is what JSON makes of NaN
};

/** The best of the round before; of equals the first. */
const survivors = (trials: readonly Trial[], round: number, share: number): Trial[] =>
  trials
    .filter(({ scores }) => scores.length >= round)
    .sort((a, b) => lastScore(b, round) - lastScore(a, round) || a.number - b.number)
    .slice(0, share);

function ended(trials: readonly Trial[], reason: SearchResult['reason']): SearchResult {
  const most = Math.max(...trials.map(({ scores }) => scores.length));
  const judged = survivors(trials, most, trials.length).filter((trial) => lastScore(trial, most) > -Infinity);
  return { best: most === 0 ? null : (judged[0] ?? null), trials: [...trials], reason };
}

/** Settings of all trials. */
function drawn({ space, first, trials, seed }: ReturnType<typeof complete>): Settings[] {
  return Array.from({ length: trials }, (_, number) => {
    if (number < first.length) return first[number];
    const entries = Object.entries(space).map(([name, choice]) => {
      const at = new RandomStream(seed, `trial ${number} ${name}`).uniform();
      return [name, valueOf(choice, at)] as const;
    });
    return Object.fromEntries(entries);
  });
}

function valueOf(choice: Choice, at: number): number | string | null {
  if (!('from' in choice)) return choice[Math.floor(at * choice.length)];
  const { from, to, scale = 'linear', whole = false } = choice;
  const value = scale === 'log' ? from * (to / from) ** at : from + at * (to - from);
  // Whole numbers between both, each as likely.
  return whole
    ? Math.min(to, Math.floor(scale === 'log' ? value + 0.5 : from + at * (to - from + 1)))
    : value;
}

/** A trial, with the scores that it had before. */
function taken(o: ReturnType<typeof complete>, settings: Settings, number: number): Trial {
  const before = o.resume[number] as Trial | undefined;
  if (!before) return { number, settings, scores: [] };
  const same = (one: Settings): string =>
    JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  const other = before.scores.findIndex(
    ({ budget }, round) => Math.abs(budget / budgetOf(o, round) - 1) > 1e-9,
  );
  if (same(before.settings) === same(settings) && other < 0)
    return { number, settings, scores: before.scores };
  const what =
    other < 0
      ? `trial ${number} had ${JSON.stringify(before.settings)}, now ${JSON.stringify(settings)}`
      : `trial ${number} had a budget of ${before.scores[other].budget}, now ${budgetOf(o, other)}`;
  throw new DataError(
    'searchSettings: resume',
    what,
    'Search in the same space with the same seed and budgets, or begin anew.',
  );
}

function complete(options: SearchOptions) {
  const {
    space,
    evaluate,
    budget,
    first = [],
    trials = 9,
    halving = 3,
    minutes = Infinity,
    seed = 0,
  } = options;
  const { resume = [], signal, onTrial, failed = isTraining } = options;
  const all = {
    space,
    evaluate,
    budget,
    first,
    trials,
    halving,
    minutes,
    seed,
    resume,
    signal,
    onTrial,
    failed,
  };
  expectOptions('searchSettings', options, all);
  expectSeed('searchSettings', seed);
  const refuse = (what: string, todo: string): never => {
    throw new EngineError('searchSettings', what, todo);
  };
  if (typeof evaluate !== 'function') refuse('evaluate is no function', 'Give (settings, budget) => score.');
  if (!(budget > 0 && budget < Infinity)) refuse(`budget is ${budget}`, 'Use a positive number.');
  if (!(Number.isInteger(halving) && halving >= 1))
    refuse(`halving is ${halving}`, 'Use a whole number of at least 1.');
  if (!(minutes > 0)) refuse(`minutes is ${minutes}`, 'Use a positive number.');
  if (!(Number.isInteger(trials) && trials >= Math.max(1, first.length)))
    refuse(
      `trials is ${trials}, of which ${first.length} are given`,
      'Use a whole number that has room for them.',
    );
  if (resume.length > trials)
    refuse(
      `trials is ${trials}, fewer than the ${resume.length} of resume`,
      'Use as many as before, or more.',
    );
  if (Object.keys(space).length === 0 && trials > first.length)
    refuse('the space is empty', 'Name what is searched for, or give all trials as first.');
  for (const [name, choice] of Object.entries(space)) {
    if (!fine(choice))
      refuse(
        `${name} may be ${JSON.stringify(choice)}`,
        'Give a list, or { from, to } with from below to (above 0 for log, whole numbers for whole).',
      );
  }
  return all;
}

function fine(choice: Choice): boolean {
  if (Array.isArray(choice)) return choice.length > 0;
  if (typeof choice !== 'object' || choice === null || !('from' in choice)) return false;
  const { from, to, scale = 'linear', whole = false } = choice;
  expectOptions('searchSettings: space', choice, { from, to, scale, whole });
  return (
    ['linear', 'log'].includes(scale) &&
    from < to &&
    (scale !== 'log' || from > 0) &&
    Number.isFinite(to - from) &&
    (!whole || (Number.isInteger(from) && Number.isInteger(to)))
  );
}

const isTraining = (error: unknown): boolean => error instanceof Error && error.name === 'TrainingError';
