/** The bookkeeping of decoding, sentence by sentence, on the CPU. Knows tokens and log-probabilities, no model. */

/** A finished, or cut off, sequence of a sentence. */
export interface Hypothesis {
  /** Without begin and end. */
  readonly ids: readonly number[];
  /** logProbability / length^lengthPenalty + coverage penalty; the length counts the end. What n-best lists go by. */
  readonly score: number;
  /** Natural logarithm, of all tokens and the end. A forced end counts nothing. */
  readonly logProbability: number;
  /** Those of each token after all before it, and of the end where it has one: `logProbability` is their sum. */
  readonly logProbabilities: readonly number[];
  /** Whether it ends with the end, or with a stop string; else it was cut off. */
  readonly finished: boolean;
}

/** A sequence that goes on, in one row of its sentence. */
export interface Live {
  /** Its row among the sentence's. */
  readonly row: number;
  /** The row that it was in when its last token was chosen. */
  readonly parent: number;
  readonly ids: readonly number[];
  readonly logProbability: number;
  readonly logProbabilities: readonly number[];
}

/** A sequence with the token that was chosen last. */
type Chosen = Pick<Live, 'ids' | 'logProbability' | 'logProbabilities'> & { readonly coverage: number };

export interface Candidate {
  readonly id: number;
  readonly logProbability: number;
}

/** What a row may go on with, best first, and the penalty that it would get for its coverage of the source (0 or less). */
export type Offer = (row: number) => { readonly candidates: readonly Candidate[]; readonly coverage: number };

export interface SearchOptions {
  /** Ids that end a text. */
  readonly end: readonly number[];
  /** Rows. */
  readonly beams: number;
  readonly lengthPenalty: number;
  /** See `GenerateSequenceOptions.earlyStopping`. */
  readonly earlyStopping: boolean | 'never';
  /** Most tokens, the end included. */
  readonly tokens: number;
  /** Whether a text ends with the last of these ids, by a stop string. Default: none does. */
  readonly stops?: ((ids: readonly number[]) => boolean) | null;
}

interface Scored extends Hypothesis {
  /** Order of arrival, which breaks ties as Hugging Face's sorting does. */
  readonly number: number;
}

/** Decodes one sentence: `advance` once a token until `done`. */
export abstract class SequenceSearch {
  protected readonly options: SearchOptions;
  protected readonly kept: Scored[] = [];
  protected alive: Live[];
  protected stopped = false;
  #length = 0;
  #arrived = 0;

  constructor(options: SearchOptions, rows: number) {
    this.options = options;
    const nothing = { ids: [], logProbability: 0, logProbabilities: [] };
    this.alive = Array.from({ length: rows }, (_, row) => ({ row, parent: row, ...nothing }));
  }

  /** At most one a row. */
  get live(): readonly Live[] {
    return this.stopped ? [] : this.alive;
  }

  get done(): boolean {
    return this.stopped || this.alive.length === 0;
  }

  /** Tokens chosen so far. */
  get length(): number {
    return this.#length;
  }

  /** Chooses the next token of every live sequence. */
  advance(offer: Offer): void {
    this.#length++;
    this.choose(offer);
    if (this.#length >= this.options.tokens && !this.done) {
      for (const one of this.alive) this.keep({ ...one, coverage: offer(one.parent).coverage }, false);
      this.stopped = true;
    }
  }

  /** Every live sequence ends here, at no cost: Hugging Face's forced_eos_token_id. */
  end(offer: Offer): void {
    this.#length++;
    for (const one of this.alive) {
      const logProbabilities = [...one.logProbabilities, 0];
      this.keep({ ...one, logProbabilities, coverage: offer(one.parent).coverage }, true);
    }
    this.stopped = true;
  }

  /** All that were kept, best first. */
  hypotheses(): Hypothesis[] {
    return [...this.kept]
      .sort((a, b) => b.score - a.score || b.number - a.number)
      .map(({ number: _, ...hypothesis }) => hypothesis);
  }

  /** The best so far, ended or not; null before the first token. */
  best(): Hypothesis | null {
    const [kept] = this.hypotheses();
    let best = kept ?? null;
    for (const { ids, logProbability, logProbabilities } of this.live) {
      const score = this.score(logProbability, ids.length, 0);
      if (ids.length > 0 && (best === null || score > best.score)) {
        best = { ids, logProbability, logProbabilities, score, finished: false };
      }
    }
    return best;
  }

  protected abstract choose(offer: Offer): void;

  protected score(logProbability: number, length: number, coverage: number): number {
    return logProbability / Math.max(1, length) ** this.options.lengthPenalty + coverage;
  }

  protected keep({ ids, logProbability, logProbabilities, coverage }: Chosen, finished: boolean): void {
    const score = this.scoreOf({ logProbability, logProbabilities, coverage });
    this.kept.push({ ids, score, logProbability, logProbabilities, finished, number: this.#arrived++ });
  }

  /** Of a whole text; the length counts the end. */
  protected scoreOf({ logProbability, logProbabilities, coverage }: Omit<Chosen, 'ids'>): number {
    return this.score(logProbability, logProbabilities.length, coverage);
  }

  protected isStopped(ids: readonly number[]): boolean {
    return this.options.stops?.(ids) ?? false;
  }
}

/** Candidates of a row that beam search looks at: enough that K of them go on, whichever end. */
export const candidatesOf = (beams: number, ends: number): number => Math.max(2, 1 + ends) * beams;

/**
 * Beam search as Hugging Face's BeamSearchScorer does it: of all continuations of all beams the best 2·K, or (1 + E)·K
 * where E > 1 ids end a text; those among the first K that end are kept, of which the best K stay; the best K of the others
 * go on.
 *
 * A coverage penalty (Wu et al. 2016, equation 14) counts for what is kept, not for the choice of what goes on.
 */
export class BeamSearch extends SequenceSearch {
  #worst = Infinity;

  constructor(options: SearchOptions) {
    super(options, 1); // all beams would begin alike
  }

  protected choose(offer: Offer): void {
    const { beams, end } = this.options;
    const all = this.alive.flatMap(({ row, ids, logProbability: sum, logProbabilities: logs }) => {
      const { candidates, coverage } = offer(row);
      return candidates.map(({ id, logProbability: log }) => ({
        row,
        ids,
        coverage,
        id,
        logs,
        log,
        sum: sum + log,
      }));
    });
    // Stable: of equal ones the lowest row, then the order given.
    const best = all.sort((a, b) => b.sum - a.sum).slice(0, candidatesOf(beams, end.length));
    const next: Live[] = [];
    for (const [rank, { row, ids, coverage, id, logs, log, sum }] of best.entries()) {
      const isEnd = end.includes(id);
      const grown = isEnd ? ids : [...ids, id];
      const chosen = { ids: grown, logProbability: sum, logProbabilities: [...logs, log] };
      if (isEnd || this.isStopped(grown)) {
        if (rank < beams) this.keep({ ...chosen, coverage }, true);
      } else next.push({ row: next.length, parent: row, ...chosen });
      if (next.length === beams) break;
    }
    this.alive = next;
    if (best.length > 0 && this.#isDone(best[0].sum)) this.stopped = true;
  }

  protected override keep(chosen: Chosen, finished: boolean): void {
    const { beams } = this.options;
    if (this.kept.length >= beams && !(this.scoreOf(chosen) > this.#worst)) return;
    super.keep(chosen, finished);
    if (this.kept.length > beams) {
      const lowest = this.kept.reduce((a, b) => (b.score < a.score ? b : a));
      this.kept.splice(this.kept.indexOf(lowest), 1);
    }
    this.#worst = Math.min(...this.kept.map((h) => h.score));
  }

  /** Whether nothing that goes on can beat what is kept; coverage penalties are never above 0. */
  #isDone(bestSum: number): boolean {
    const { beams, earlyStopping, lengthPenalty, tokens } = this.options;
    if (this.kept.length < beams) return false;
    if (earlyStopping === true) return true;
    const length = earlyStopping === 'never' && lengthPenalty > 0 ? tokens : this.length;
    return this.#worst >= this.score(bestSum, length, 0);
  }
}

/** Every row goes its own way with its first candidate: greedy decoding, and samples. */
export class RowSearch extends SequenceSearch {
  constructor(options: SearchOptions) {
    super(options, options.beams);
  }

  protected choose(offer: Offer): void {
    const next: Live[] = [];
    for (const { row, ids, logProbability: sum, logProbabilities: logs } of this.alive) {
      const { candidates, coverage } = offer(row);
      if (candidates.length === 0) continue;
      const [{ id, logProbability: log }] = candidates;
      const isEnd = this.options.end.includes(id);
      const grown = isEnd ? ids : [...ids, id];
      const chosen = { ids: grown, logProbability: sum + log, logProbabilities: [...logs, log] };
      if (isEnd || this.isStopped(grown)) this.keep({ ...chosen, coverage }, true);
      else next.push({ row, parent: row, ...chosen });
    }
    this.alive = next;
  }
}
