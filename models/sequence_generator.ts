import { DataError, EngineError, NO_TOKEN, throwIfAborted, type Device, type Plan } from '../engine/index';
import type { EncoderDecoder } from './encoder_decoder';
import { completing, repeating } from './sequence_generator_bans';
import {
  completeOptions,
  type CompleteOptions,
  type GenerateSequenceOptions,
} from './sequence_generator_options';
import { bansFor, DecodingPlans, type Chosen } from './sequence_generator_plans';
import {
  BeamSearch,
  RowSearch,
  type Hypothesis,
  type Live,
  type SequenceSearch,
} from './sequence_generator_search';

export type { GenerateSequenceOptions, SentenceProgress } from './sequence_generator_options';
export type { Hypothesis } from './sequence_generator_search';

export interface SequenceGeneratorOptions {
  /** The id that targets begin with; Marian's is that of padding. It is fed, never given out. */
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
    const o = completeOptions(sources, options, { config: this.#model.config, beams: this.#beams });
    if (this.#busy) {
      throw new EngineError(WHERE, 'this generator is busy', 'Await the other call or make a second one.');
    }
    this.#busy = true;
    try {
      const searching = { ...o, end: this.#end };
      const all = sources.map((source, index): Sentence => {
        const search = o.mode === 'beam' ? new BeamSearch(searching) : new RowSearch(searching);
        return { index, source, search };
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
    const sources = group.map(({ source }) => source);
    await plans.encode(sources);
    const rows = plans.sentences * K;
    let chosen: Chosen | null = null;
    for (let position = 0; group.some(({ search }) => !search.done); position++) {
      throwIfAborted(o.signal);
      if (o.forceEnd && position === o.tokens - 1) {
        for (const { search } of group) {
          if (!search.done) search.end(() => ({ candidates: [], coverage: 0 }));
        }
      } else {
        const bans = Array.from({ length: rows }, (): readonly number[] => []);
        const ids = new Uint32Array(rows).fill(this.#begin);
        const order = Uint32Array.from({ length: rows }, (_, r) => r);
        const only = new Uint32Array(rows).fill(NO_TOKEN);
        for (const [n, { search, index }] of group.entries()) {
          for (const live of search.live) {
            const row = n * K + live.row;
            bans[row] = this.#bansOf(live, o);
            if (position > 0) ids[row] = live.ids[position - 1];
            order[row] = n * K + live.parent;
            only[row] = o.forced[index][position] ?? NO_TOKEN;
          }
        }
        const most = bansFor(bans.reduce((longest, { length }) => Math.max(longest, length), 1));
        const table = new Uint32Array(rows * most).fill(NO_TOKEN);
        bans.forEach((own, row) => table.set(own, row * most));
        const step = await plans.step(sources, { mode: 'candidates', bans: most });
        this.#newest = step.plan;
        chosen = await step.run({ ids, order, only, bans: table }, position);
        throwIfAborted(o.signal);
        this.#advance(group, chosen, K, position);
      }
      o.onStep?.(
        group.flatMap(({ index, search }) => {
          const best = search.best();
          return best ? [{ sentence: index, done: search.done, ...best }] : [];
        }),
      );
    }
  }

  #advance(group: readonly Sentence[], { candidates, broken }: Chosen, K: number, position: number): void {
    for (const [n, { search, index }] of group.entries()) {
      if (search.done) continue;
      if (search.live.some(({ row }) => broken[n * K + row])) {
        throw new DataError(
          WHERE,
          'the logits are not finite',
          'These weights are damaged or have diverged.',
        );
      }
      search.advance((row) => ({ candidates: candidates[n * K + row], coverage: 0 }));
      if (search.done && search.hypotheses().length === 0) {
        throw new DataError(
          WHERE,
          `sentence ${index} has no token left to go on with after ${position}: all are banned`,
          'Ban fewer tokens, or repeat longer n-grams only.',
        );
      }
    }
  }

  #bansOf({ ids }: Live, { bannedIds, bannedSequences, noRepeatNgram }: CompleteOptions): readonly number[] {
    if (noRepeatNgram === 0 && bannedSequences.length === 0) return bannedIds;
    const text = [this.#begin, ...ids];
    return [
      ...new Set([...bannedIds, ...repeating(text, noRepeatNgram), ...completing(text, bannedSequences)]),
    ];
  }

  [Symbol.dispose](): void {
    for (const plans of this.#plans.values()) plans[Symbol.dispose]();
    this.#plans.clear();
  }
}
