import {
  DataError,
  EngineError,
  expectOptions,
  fnv1a,
  NO_TOKEN,
  throwIfAborted,
  type Device,
  type Plan,
} from '../../engine/index';
import { isWhole } from '../option_checks';
import { stepRows, type Sentence } from './batch';
import { cacheContext, sourceContext } from './cache_context';
import type { Decoder } from './decoder';
import { Decoding } from './decoding';
import { checkSpecial, type Special, type SpecialIds } from './option_table';
import { BeamSearch, candidatesOf, RowSearch, type Hypothesis, type Offer } from './search';
import { completeOptions, type CompleteOptions, type GenerateSequenceOptions } from './sequence_options';
import { stepOf, type Choice, type Chosen } from './steps';
import { expectToken, Turns } from './turns';

export type { GenerateSequenceOptions, SentenceProgress } from './sequence_options';
export type { Hypothesis } from './search';

/** Sizes of a `SequenceGenerator`'s caches, and the ids that begin and end texts. */
export interface SequenceGeneratorOptions extends SpecialIds {
  /** Sentences, or prompts, that are decoded at once. Default 8. */
  readonly sentences?: number;
  /** Most beams, or samples, of a sentence. Default 4. */
  readonly beams?: number;
  /**
   * Tokens that the caches of a row hold, prompt included. Default: the model's context, or as much of it as takes 512 MiB for
   * all rows and as the device can bind.
   */
  readonly context?: number;
  /** Tokens of the longest source, which caches hold besides. Default: the model's context. */
  readonly source?: number;
}

/** What `reorderCache` takes. */
const MOST_ROWS = 64;
const WHERE = 'SequenceGenerator';

/**
 * Whole texts with one set of weights: beam search, greedy decoding and samples of any `Decoder`, for batches. An
 * `EncoderDecoder` says what each source calls for; a `GPT` goes on with each prompt. Each gets what it gets alone. Owns
 * caches and plans, made when first needed and reused by every call, one call at a time; a single sentence has plans of its
 * own, so that it does not wait for rows that nobody asked for. Dispose of it before the weights.
 *
 * A token is one run of a plan: it moves the caches to where hypotheses went, feeds the tokens chosen last and finds the
 * best candidates of each row, which alone are read back. The CPU keeps the hypotheses.
 */
export class SequenceGenerator implements Disposable {
  readonly #device: Device;
  readonly #model: Decoder;
  readonly #special: Special;
  readonly #sentences: number;
  readonly #beams: number;
  /** Tokens that the caches of a row hold. */
  readonly context: number;
  readonly #source: number;
  readonly #decodings = new Map<string, Decoding>();
  #newest: Plan | null = null;
  readonly #turns = new Turns(WHERE);

  /**
   * The model's parameters must have memory (a ParameterStore over it). Throws `EngineError` on bad numbers, and as
   * `Generator` for a context that the model or the device has not.
   */
  constructor(device: Device, model: Decoder, options: SequenceGeneratorOptions) {
    expectOptions(WHERE, options, { begin: 1, end: 1, sentences: 1, beams: 1, context: 1, source: 1 });
    const { sentences = 8, beams = 4 } = options;
    for (const [name, value] of Object.entries({ sentences, beams })) {
      if (isWhole(value, 1)) continue;
      throw new EngineError(WHERE, `${name} is ${value}`, 'It must be a positive integer.');
    }
    if (sentences * beams > MOST_ROWS) {
      throw new EngineError(
        WHERE,
        `${sentences} sentences of ${beams} beams are ${sentences * beams} rows`,
        `It decodes at most ${MOST_ROWS} at once: take fewer sentences, more are done in groups.`,
      );
    }
    this.#special = checkSpecial(WHERE, model, options);
    this.context = cacheContext(device, model, options.context, sentences * beams);
    this.#source = sourceContext(WHERE, model, options.source);
    this.#device = device;
    this.#model = model;
    this.#sentences = sentences;
    this.#beams = beams;
  }

  /** The plan of the newest step, to look at (`plan.attention`): rows are hypotheses. Null before the first. */
  get plan(): Plan | null {
    return this.#newest;
  }

  /**
   * Hypotheses of each source or prompt, best first: at least one of each, at most `nBest`, fewer where fewer were found.
   * Sources are ids as the encoder saw them in training, with an end if it saw one; of models that read pictures the numbers of
   * each, Float32Array, as their image processor makes them. Prompts are not part of what comes back.
   *
   * @throws DataError for empty sources, ids outside the vocabulary, bans that leave nothing, logits that are not finite;
   * ShapeError for sources that are too long; EngineError for options out of range, or disposal meanwhile; the signal's reason
   * on abort.
   */
  async generate(
    sources: readonly ArrayLike<number>[],
    options: GenerateSequenceOptions = {},
  ): Promise<Hypothesis[][]> {
    const { config } = this.#model;
    const sizes = { beams: this.#beams, context: this.context, source: this.#source };
    const limits = { config, ...this.#special, ...sizes };
    const o = completeOptions(sources, options, limits);
    this.#turns.begin();
    try {
      const { begin } = this.#special;
      const all = sources.map((given, index): Sentence => {
        const tokens = o.tokens[index];
        const searching = { ...o, tokens };
        const search = o.mode === 'beam' ? new BeamSearch(searching) : new RowSearch(searching);
        const [source, prompt] = this.#model.encode ? [given, begin] : [null, Array.from(given)];
        return { index, source, prompt, search, tokens, key: keyOf(given) };
      });
      for (const group of this.#groups(all)) await this.#decode(group, o);
      return all.map(({ search }) => search.hypotheses().slice(0, o.nBest));
    } finally {
      this.#turns.end();
    }
  }

  /** What is decoded at once: of like lengths, so that little is padding; the order of equals is kept. */
  #groups(all: readonly Sentence[]): Sentence[][] {
    const length = ({ source, prompt }: Sentence): number => (source ?? prompt).length;
    const sorted = [...all].sort((a, b) => length(b) - length(a));
    const count = Math.ceil(sorted.length / this.#sentences);
    return Array.from({ length: count }, (_, i) =>
      sorted.slice(i * this.#sentences, (i + 1) * this.#sentences),
    );
  }

  async #decodingFor(count: number, beams: number): Promise<Decoding> {
    const sequences = count === 1 ? 1 : this.#sentences;
    const key = `${sequences}×${beams}`;
    let decoding = this.#decodings.get(key);
    if (decoding) return decoding;
    const { context } = this;
    const sizes = { sequences, beams, context, source: this.#source, owner: 'decoder caches' };
    decoding = new Decoding(this.#device, this.#model, sizes);
    this.#decodings.set(key, decoding);
    try {
      await decoding.ready();
    } catch (error) {
      decoding[Symbol.dispose]();
      this.#decodings.delete(key);
      throw error;
    }
    return decoding;
  }

  /** Goes on only where nobody has aborted or disposed meanwhile. */
  #check({ signal }: CompleteOptions): void {
    throwIfAborted(signal);
    this.#turns.assertUsable();
  }

  /** Decodes sentences that fit at once. */
  async #decode(group: readonly Sentence[], o: CompleteOptions): Promise<void> {
    this.#check(o);
    const { beams: K } = o;
    const decoding = await this.#decodingFor(group.length, K);
    this.#check(o);
    decoding.adapt(o.adapters && group.map(({ index }) => o.adapters![index]));
    const sources = group.flatMap(({ source }) => (source ? [source] : []));
    if (sources.length > 0) await decoding.encode(sources);
    await decoding.prepare();
    let chosen: readonly Chosen[] = [];
    for (let index = 0; group.some(({ search }) => !search.done); index++) {
      this.#check(o);
      const offer = (n: number, row: number): Chosen =>
        chosen[n * K + row] ?? { candidates: [], coverage: 0, broken: false };
      const ends = ({ tokens }: Sentence): boolean => o.forceEnd && index === tokens - 1;
      for (const [n, one] of group.entries()) {
        if (ends(one) && !one.search.done) one.search.end((row) => penalised(offer(n, row), o));
      }
      if (group.some(({ search }) => !search.done)) {
        const offered = await this.#step(decoding, group, index, o);
        chosen = index === 0 && o.forceBegin !== null ? offered.map(atNoCost) : offered;
        this.#check(o);
        for (const [n, one] of group.entries()) advance(one, index, (row) => offer(n, row), o);
      }
      o.onStep?.(
        group.flatMap(({ index: sentence, search }) => {
          const best = search.best();
          return best ? [{ sentence, done: search.done, ...best }] : [];
        }),
      );
    }
  }

  /** Runs one token of all sentences: what each row may go on with. */
  async #step(
    decoding: Decoding,
    group: readonly Sentence[],
    index: number,
    o: CompleteOptions,
  ): Promise<readonly Chosen[]> {
    const { rows, bans, now, choice, drawn, forced } = stepRows(decoding, group, index, o);
    const run = async (mode: Choice['mode'], covers: boolean): Promise<Chosen[]> => {
      const { heads = 1 } = this.#model.config;
      const count = candidatesOf(o.beams, this.#special.end.length);
      const step = await stepOf(decoding, { ...choice, mode, count, coverage: covers ? heads : 0 });
      this.#check(o);
      this.#newest = step.plan;
      return step.run(rows, now, o);
    };
    const covers = o.coverage > 0;
    if (o.mode !== 'sample') return run('candidates', covers);
    if (!forced) return dropBanned(await run('sample', covers), bans);
    // Forced rows are not drawn. The same rows again, where others are: caches do not mind, coverage is counted once.
    const candidates = await run('candidates', covers);
    if (!drawn) return candidates;
    const draws = dropBanned(await run('sample', false), bans);
    return candidates.map((one, r) =>
      rows.only[r] === NO_TOKEN ? { ...draws[r], coverage: one.coverage } : one,
    );
  }

  [Symbol.dispose](): void {
    this.#turns.dispose();
    for (const decoding of this.#decodings.values()) decoding[Symbol.dispose]();
    this.#decodings.clear();
  }
}

/** A hash of a source: of ids, or of the bits of numbers. */
const keyOf = (given: ArrayLike<number>): number =>
  fnv1a(
    given instanceof Float32Array ? new Uint32Array(given.buffer, given.byteOffset, given.length) : given,
  );

type Offered = ReturnType<Offer>;

const penalised = ({ candidates, coverage }: Chosen, o: CompleteOptions): Offered => ({
  candidates,
  coverage: o.coverage > 0 ? o.coverage * coverage : 0,
});

/** A token that nobody chose says nothing of a text. */
const atNoCost = (one: Chosen): Chosen => ({
  ...one,
  candidates: one.candidates.map(({ id }) => ({ id, logProbability: 0 })),
});

/** Lets one sentence choose; throws `DataError` where it cannot. */
function advance(
  { search, index }: Sentence,
  position: number,
  offer: (row: number) => Chosen,
  o: CompleteOptions,
): void {
  if (search.done) return;
  expectToken(WHERE, !search.live.some(({ row }) => offer(row).broken));
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
