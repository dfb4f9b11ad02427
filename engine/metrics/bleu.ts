/**
 * BLEU (Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation"), computed as sacreBLEU
 * does, so that scores can be compared with published ones.
 */
import { DataError, expectOptions } from '../errors';
import { bleuTokenizer } from './language';
import { checkAdded, ofCorpus, referenceList, ReferenceCount, type References } from './references';
import { signature } from './signature';
import { checkTokenizer, tokenizeForBLEU, type BLEUTokenizer } from './tokenizers';
import { countNgrams, sharedNgrams } from './words';

/** What an order without a match counts for (Chen and Cherry 2014): see BLEUOptions. */
export type BLEUSmoothing = 'exp' | 'floor' | 'add-k' | 'none';

/** Tokenizer, smoothing and order of BLEU; defaults are sacreBLEU's. */
export interface BLEUOptions {
  /** How lines become tokens. Default: by `language`, or '13a'. */
  readonly tokenizer?: BLEUTokenizer;
  /** Code of the language that the texts are in, which chooses the tokenizer: see `bleuTokenizer`. */
  readonly language?: string;
  /** Ignore case (default false). */
  readonly lowercase?: boolean;
  /**
   * - `exp` (default): the first order without a match counts as half a match, the next as a quarter, and so on.
   * - `floor`: such orders count as `smoothingValue` matches.
   * - `add-k`: `smoothingValue` is added to matches and totals of all orders above 1.
   * - `none`: one such order makes the score 0.
   *
   * Without any match at all the score is 0 whatever the smoothing.
   */
  readonly smoothing?: BLEUSmoothing;
  /** Default 0.1 for `floor` and 1 for `add-k`. */
  readonly smoothingValue?: number;
  /** The longest n-grams that are counted (default 4). */
  readonly order?: number;
  /** Leave out orders for which the hypotheses are too short; default false, true in `sentenceBLEU`. */
  readonly effectiveOrder?: boolean;
}

/** A BLEU score with all that it was computed from. */
export interface BLEUScore {
  /** 0 to 100. */
  readonly score: number;
  /** Percent for each order from 1, after smoothing. */
  readonly precisions: readonly number[];
  /** Matches for each order. */
  readonly counts: readonly number[];
  /** N-grams of the hypotheses for each order. */
  readonly totals: readonly number[];
  /** 1, or exp(1 - reference length / hypothesis length) where hypotheses are too short. */
  readonly brevityPenalty: number;
  /** Tokens of all hypotheses. */
  readonly hypothesisLength: number;
  /** Tokens of the references that are nearest in length, the shorter of two equally near ones. */
  readonly referenceLength: number;
  /** How it was computed, in sacreBLEU's form with Heed's version: state it with the score. */
  readonly signature: string;
}

/** BLEU of a growing corpus: `add` pairs as they are decoded, ask for the `result` at any time. */
export class BLEU {
  readonly #options: Required<Omit<BLEUOptions, 'smoothingValue' | 'language'>> & { smoothingValue: number };
  readonly #counts: number[];
  readonly #totals: number[];
  readonly #references = new ReferenceCount();
  #hypothesisLength = 0;
  #referenceLength = 0;
  #size = 0;

  constructor(options: BLEUOptions = {}) {
    const {
      language,
      tokenizer = bleuTokenizer(language),
      lowercase = false,
      smoothing = 'exp',
      smoothingValue = smoothing === 'floor' ? 0.1 : 1,
      order = 4,
      effectiveOrder = false,
    } = options;
    expectOptions('BLEU', options, {
      ...{ language, tokenizer, lowercase, smoothing, smoothingValue, order, effectiveOrder },
    });
    checkTokenizer('BLEU', tokenizer);
    if (!['exp', 'floor', 'add-k', 'none'].includes(smoothing)) {
      throw new DataError('BLEU', `unknown smoothing "${smoothing}"`, 'Use exp, floor, add-k or none.');
    }
    if (!(smoothingValue > 0 && smoothingValue < Infinity)) {
      throw new DataError('BLEU', `smoothingValue is ${smoothingValue}`, 'Use a number above 0.');
    }
    if (!(Number.isInteger(order) && order >= 1)) {
      throw new DataError('BLEU', `order is ${order}`, 'Use an integer of at least 1; 4 is usual.');
    }
    this.#options = { tokenizer, lowercase, smoothing, smoothingValue, order, effectiveOrder };
    this.#counts = Array<number>(order).fill(0);
    this.#totals = Array<number>(order).fill(0);
  }

  /** How many hypotheses were added. */
  get size(): number {
    return this.#size;
  }

  /** Counts one hypothesis against its references, all as plain text. Throws a DataError without references. */
  add(hypothesis: string, references: References): this {
    const list = referenceList('BLEU', hypothesis, references, this.#size).map((text) => this.#tokens(text));
    const tokens = this.#tokens(hypothesis);
    for (let n = 1; n <= this.#options.order; n++) {
      const allowed = countNgrams(list[0], n);
      for (const reference of list.slice(1)) {
        for (const [ngram, count] of countNgrams(reference, n)) {
          if (count > (allowed.get(ngram) ?? 0)) allowed.set(ngram, count);
        }
      }
      this.#counts[n - 1] += sharedNgrams(countNgrams(tokens, n), allowed);
      this.#totals[n - 1] += Math.max(0, tokens.length - n + 1);
    }
    this.#hypothesisLength += tokens.length;
    this.#referenceLength += nearest(
      tokens.length,
      list.map((reference) => reference.length),
    );
    this.#references.add(list.length);
    this.#size++;
    return this;
  }

  /** The score of all that was added. Throws a DataError if that is nothing. */
  result(): BLEUScore {
    checkAdded('BLEU', this.#size);
    const { tokenizer, lowercase, smoothing, smoothingValue, effectiveOrder } = this.#options;
    const value = smoothing === 'floor' || smoothing === 'add-k' ? `[${smoothingValue.toFixed(2)}]` : '';
    return {
      ...this.#score(),
      hypothesisLength: this.#hypothesisLength,
      referenceLength: this.#referenceLength,
      signature: signature({
        nrefs: this.#references.toString(),
        case: lowercase ? 'lc' : 'mixed',
        eff: effectiveOrder ? 'yes' : 'no',
        tok: tokenizer,
        smooth: smoothing + value,
      }),
    };
  }

  #tokens(text: string): string[] {
    return tokenizeForBLEU(this.#options.lowercase ? text.toLowerCase() : text, this.#options.tokenizer);
  }

  #score(): Pick<BLEUScore, 'score' | 'precisions' | 'counts' | 'totals' | 'brevityPenalty'> {
    const { smoothing, smoothingValue, order, effectiveOrder } = this.#options;
    const [counts, totals] = [[...this.#counts], [...this.#totals]];
    const precisions = Array<number>(order).fill(0);
    const missing = this.#referenceLength - this.#hypothesisLength;
    const brevityPenalty = missing > 0 ? Math.exp(-missing / this.#hypothesisLength) : 1;
    const parts = { precisions, counts, totals, brevityPenalty };
    if (counts.every((count) => count === 0)) return { score: 0, ...parts };
    let used = effectiveOrder ? 0 : order;
    let halved = 1;
    for (let i = 0; i < order; i++) {
      if (smoothing === 'add-k' && i > 0) {
        counts[i] += smoothingValue;
        totals[i] += smoothingValue;
      }
      if (totals[i] === 0) break;
      if (effectiveOrder) used = i + 1;
      let matches = counts[i];
      if (matches === 0 && smoothing === 'exp') matches = halved /= 2;
      if (matches === 0 && smoothing === 'floor') matches = smoothingValue;
      precisions[i] = (100 * matches) / totals[i];
    }
    const logs = precisions.slice(0, used).map(Math.log);
    return { score: brevityPenalty * Math.exp(logs.reduce((a, b) => a + b) / used), ...parts };
  }
}

/**
 * BLEU of a corpus. `references[i]` belongs to `hypotheses[i]`: a text, or several. (sacreBLEU takes them the other way
 * round, one list for each set of references.) Throws a DataError where the counts differ.
 */
export function corpusBLEU(
  hypotheses: readonly string[],
  references: readonly References[],
  options?: BLEUOptions,
): BLEUScore {
  return ofCorpus('corpusBLEU', new BLEU(options), hypotheses, references);
}

/** BLEU of one sentence; short ones are scored by the orders they have. A corpus's BLEU is not the mean of these. */
export function sentenceBLEU(
  hypothesis: string,
  references: References,
  options: BLEUOptions = {},
): BLEUScore {
  return new BLEU({ effectiveOrder: true, ...options }).add(hypothesis, references).result();
}

function nearest(length: number, candidates: readonly number[]): number {
  return candidates.reduce((best, candidate) => {
    const closer = Math.abs(candidate - length) - Math.abs(best - length);
    return closer < 0 || (closer === 0 && candidate < best) ? candidate : best;
  });
}
