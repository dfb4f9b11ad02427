import { DataError, EngineError, NO_TOKEN, throwIfAborted, type Device, type Plan } from '../engine/index';
import type { EncoderDecoder } from './encoder_decoder';
import { completing, repeating } from './sequence_generator_bans';
import {
  completeOptions,
  type CompleteOptions,
  type GenerateSequenceOptions,
} from './sequence_generator_options';
import { bansFor, DecodingPlans, type Choice, type Chosen } from './sequence_generator_plans';
import {
  BeamSearch,
  RowSearch,
  type Hypothesis,
  type Live,
  type Offer,
  type SequenceSearch,
} from './sequence_generator_search';

export type { GenerateSequenceOptions, SentenceProgress } from './sequence_generator_options';
export type { Hypothesis } from './sequence_generator_search';

export interface SequenceGeneratorOptions {
  /** The id that targets begin with; Marian's is that of padding. Ban it where the model was not taught to avoid it. */
  readonly begin: number;
  /** The id that ends a target. */
  readonly end: number;
  /** Sentences that are decoded at once. Default 8. */
  readonly sentences?: number;
  /** Most beams, or samples, of a sentence. Default 4. */
  readonly beams?: number;
}

/** What `reorderCache` takes. */
const MOST_ROWS = 64;
const WHERE = 'SequenceGenerator';

interface Sentence {
  readonly index: number;
  readonly source: ArrayLike<number>;
  readonly search: SequenceSearch;
  /** What its samples are keyed by. */
  readonly key: number;
}

/**
 * Translates with one set of weights: beam search, greedy decoding and samples of an `EncoderDecoder`, for batches of
 * sentences. Owns caches and plans, made when first needed and reused by every call, one call at a time; a single
 * sentence has plans of its own, so that it does not wait for rows that nobody asked for. Dispose of it before the
 * weights.
 *
 * A token is one run of a plan: it moves the caches to where hypotheses went, feeds the tokens chosen last and finds the
 * best candidates of each row, which alone are read back. The CPU keeps the hypotheses.
 */
export class SequenceGenerator implements Disposable {
  readonly #device: Device;
  readonly #model: EncoderDecoder;
  readonly #begin: number;
  readonly #end: number;
  readonly #sentences: number;
  readonly #beams: number;
  readonly #plans = new Map<string, DecodingPlans>();
  #newest: Plan | null = null;
  #busy = false;
  #disposed = false;

  /** The model's parameters must have memory (a ParameterStore over it). Throws `EngineError` on bad numbers. */
  constructor(device: Device, model: EncoderDecoder, options: SequenceGeneratorOptions) {
    const { begin, end, sentences = 8, beams = 4 } = options;
    for (const [name, value] of Object.entries({ sentences, beams })) {
      if (!Number.isInteger(value) || value < 1) {
        throw new EngineError(WHERE, `${name} is ${value}`, 'It must be a positive integer.');
      }
    }
    if (sentences * beams > MOST_ROWS) {
      throw new EngineError(
        WHERE,
        `${sentences} sentences of ${beams} beams are ${sentences * beams} rows`,
        `It decodes at most ${MOST_ROWS} at once: take fewer sentences, more are done in groups.`,
      );
    }
    const { vocabulary } = model.config;
    for (const [name, id] of Object.entries({ begin, end })) {
      if (!Number.isInteger(id) || id < 0 || id >= vocabulary) {
        throw new EngineError(WHERE, `${name} is ${id}`, `It must be an id below ${vocabulary}.`);
      }
    }
    this.#device = device;
    this.#model = model;
    this.#begin = begin;
    this.#end = end;
    this.#sentences = sentences;
    this.#beams = beams;
  }

  /** The plan of the newest step, to look at (`plan.attention`): rows are hypotheses. Null before the first. */
  get plan(): Plan | null {
    return this.#newest;
  }

  /**
   * Hypotheses of each source, best first: at least one of each, at most `nBest`, fewer where fewer were found. Sources
   * are ids as the encoder saw them in training, with an end if it saw one.
   *
   * @throws DataError for empty sources, ids outside the vocabulary, bans that leave nothing, logits that are not finite;
   * ShapeError for sources that are too long; EngineError for options out of range; the signal's reason on abort.
   */
  async generate(
    sources: readonly ArrayLike<number>[],
    options: GenerateSequenceOptions = {},
  ): Promise<Hypothesis[][]> {
    const limits = { config: this.#model.config, beams: this.#beams, end: this.#end };
    const o = completeOptions(sources, options, limits);
    if (this.#disposed) {
      throw new EngineError(WHERE, 'this generator was disposed of', 'Make another one.');
    }
    if (this.#busy) {
      throw new EngineError(WHERE, 'this generator is busy', 'Await the other call or make a second one.');
    }
    this.#busy = true;
    try {
      const searching = { ...o, end: this.#end };
      const all = sources.map((source, index): Sentence => {
        const search = o.mode === 'beam' ? new BeamSearch(searching) : new RowSearch(searching);
        return { index, source, search, key: keyOf(source) };
      });
      // Of like lengths together, so that little is padding; the order of equals is kept.
      const sorted = [...all].sort((a, b) => b.source.length - a.source.length);
      for (let first = 0; first < sorted.length; first += this.#sentences) {
        await this.#decode(sorted.slice(first, first + this.#sentences), o);
      }
      return all.map(({ search }) => search.hypotheses().slice(0, o.nBest));
    } finally {
      this.#busy = false;
    }
  }

  #plansFor(count: number, beams: number): DecodingPlans {
    const sentences = count === 1 ? 1 : this.#sentences;
    const key = `${sentences}×${beams}`;
    let plans = this.#plans.get(key);
    if (!plans) {
      plans = new DecodingPlans(this.#device, this.#model, sentences, beams);
      this.#plans.set(key, plans);
    }
    return plans;
  }

  /** Decodes sentences that fit at once. */
  async #decode(group: readonly Sentence[], o: CompleteOptions): Promise<void> {
    throwIfAborted(o.signal);
    const { beams: K } = o;
    const plans = this.#plansFor(group.length, K);
    await plans.encode(group.map(({ source }) => source));
    let chosen: readonly Chosen[] = [];
    for (let position = 0; group.some(({ search }) => !search.done); position++) {
      throwIfAborted(o.signal);
      const offer = (n: number, row: number): Chosen =>
        chosen[n * K + row] ?? { candidates: [], coverage: 0, broken: false };
      if (o.forceEnd && position === o.tokens - 1) {
        for (const [n, { search }] of group.entries()) {
          if (!search.done) search.end((row) => penalised(offer(n, row), o));
        }
      } else {
        chosen = await this.#step(plans, group, position, o);
        throwIfAborted(o.signal);
        for (const [n, sentence] of group.entries()) advance(sentence, position, (row) => offer(n, row), o);
      }
      o.onStep?.(
        group.flatMap(({ index, search }) => {
          const best = search.best();
          return best ? [{ sentence: index, done: search.done, ...best }] : [];
        }),
      );
    }
  }

  /** Runs one token of all sentences: what each row may go on with. */
  async #step(
    plans: DecodingPlans,
    group: readonly Sentence[],
    position: number,
    o: CompleteOptions,
  ): Promise<readonly Chosen[]> {
    const { beams: K } = o;
    const rows = plans.sentences * K;
    const bans = Array.from({ length: rows }, (): readonly number[] => []);
    const ids = new Uint32Array(rows).fill(this.#begin);
    const order = Uint32Array.from({ length: rows }, (_, r) => r);
    const only = new Uint32Array(rows).fill(NO_TOKEN);
    const counters = new Uint32Array(rows);
    let forces = 0;
    let draws = 0;
    for (const [n, { search, index, key }] of group.entries()) {
      const forced = o.forced[index][position] ?? NO_TOKEN;
      for (const live of search.live) {
        const row = n * K + live.row;
        bans[row] = this.#bansOf(live, o);
        if (position > 0) ids[row] = live.ids[position - 1];
        order[row] = n * K + live.parent;
        only[row] = forced;
        counters[row] = mixed(key, live.row);
        if (forced === NO_TOKEN) draws++;
        else forces++;
      }
    }
    const places = bansFor(bans.reduce((most, { length }) => Math.max(most, length), 1));
    const table = new Uint32Array(rows * places).fill(NO_TOKEN);
    bans.forEach((own, row) => table.set(Uint32Array.from(own).sort(), row * places));
    const sources = group.map(({ source }) => source);
    const run = async (mode: Choice['mode'], coverage: boolean): Promise<Chosen[]> => {
      const step = await plans.step(sources, { mode, bans: places, coverage });
      throwIfAborted(o.signal);
      this.#newest = step.plan;
      return step.run({ ids, order, only, counters, bans: table }, position, o);
    };
    const covers = o.coverage > 0;
    if (o.mode !== 'sample') return run('candidates', covers);
    if (forces === 0) return dropBanned(await run('sample', covers), bans);
    // Forced rows are not drawn. The same rows again, where others are: caches do not mind, coverage is counted once.
    const candidates = await run('candidates', covers);
    if (draws === 0) return candidates;
    const drawn = dropBanned(await run('sample', false), bans);
    return candidates.map((one, r) => (only[r] === NO_TOKEN ? { ...drawn[r], coverage: one.coverage } : one));
  }

  #bansOf({ ids }: Live, { bannedIds, bannedSequences, noRepeatNgram }: CompleteOptions): readonly number[] {
    if (noRepeatNgram === 0 && bannedSequences.length === 0) return bannedIds;
    const text = [this.#begin, ...ids];
    return [
      ...new Set([...bannedIds, ...repeating(text, noRepeatNgram), ...completing(text, bannedSequences)]),
    ];
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const plans of this.#plans.values()) plans[Symbol.dispose]();
    this.#plans.clear();
  }
}

type Offered = ReturnType<Offer>;

const penalised = ({ candidates, coverage }: Chosen, o: CompleteOptions): Offered => ({
  candidates,
  coverage: o.coverage > 0 ? o.coverage * coverage : 0,
});

/** Lets one sentence choose; throws `DataError` where it cannot. */
function advance(
  { search, index }: Sentence,
  position: number,
  offer: (row: number) => Chosen,
  o: CompleteOptions,
): void {
  if (search.done) return;
  if (search.live.some(({ row }) => offer(row).broken)) {
    throw new DataError(WHERE, 'the logits are not finite', 'These weights are damaged or have diverged.');
  }
  search.advance((row) => penalised(offer(row), o));
  if (search.done && search.hypotheses().length === 0) {
    throw new DataError(
      WHERE,
      `all tokens that sentence ${index} could go on with after ${position} are banned`,
      'Ban fewer tokens, or repeat longer n-grams only.',
    );
  }
}

/** Where every token is banned, the draw is of banned ones. */
const dropBanned = (chosen: readonly Chosen[], bans: readonly (readonly number[])[]): Chosen[] =>
  chosen.map((one, r) => ({ ...one, candidates: one.candidates.filter(({ id }) => !bans[r].includes(id)) }));

/** FNV-1a over words: keys a sentence's draws by what it is, so that they do not depend on its neighbours. */
const mixed = (hash: number, word: number): number => Math.imul(hash ^ word, 0x0100_0193) >>> 0;
const keyOf = (source: ArrayLike<number>): number => Array.from(source).reduce(mixed, 0x811c_9dc5);
