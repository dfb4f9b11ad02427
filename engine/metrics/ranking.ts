/** How well what is wanted is ranked among all else: of queries one by one. */
import { DataError } from '../errors';
import { checkAdded, checkPairs } from './references';

/** How well what is relevant was ranked, see `Ranking`. */
export interface RankingResult {
  /** Mean reciprocal rank of the first that is relevant; 0 for a query where none is. */
  readonly mrr: number;
  /** Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of the first k. */
  readonly ndcg: number;
  /** Share of queries with a relevant one among the first k: HR@k. */
  readonly hitRate: number;
  /** Share of what is relevant that is among the first k, a mean over queries that have any. */
  readonly recall: number;
  readonly queries: number;
}

/**
 * Scores of a growing list of queries, of which the first `k` results count (default all, and for `mrr` always all).
 * Equal scores share the gains of the places that they share, as in scikit-learn; they stand behind in ranks.
 */
export class Ranking {
  readonly #k: number;
  readonly #sums = { mrr: 0, ndcg: 0, hits: 0, recall: 0 };
  #queries = 0;
  #withRelevant = 0;

  constructor({ k = Infinity }: { readonly k?: number } = {}) {
    if (!(k === Infinity || (Number.isInteger(k) && k >= 1))) {
      throw new DataError('Ranking', `k is ${k}`, 'Give a whole number of at least 1.');
    }
    this.#k = k;
  }

  /**
   * A query's candidates: how the model scores them, and how relevant they are: 0 for not at all, larger for more. Throws
   * `DataError` for relevances below 0, and a query without candidates.
   */
  add(scores: ArrayLike<number>, relevances: ArrayLike<number>): this {
    checkPairs('Ranking', scores, relevances);
    const n = scores.length;
    if (n === 0) throw new DataError('Ranking', `query ${this.#queries} has no candidates`);
    for (let i = 0; i < n; i++) {
      if (Number.isNaN(scores[i]) || !(relevances[i] >= 0 && Number.isFinite(relevances[i]))) {
        const what = `candidate ${i} of query ${this.#queries} has score ${scores[i]}, relevance ${relevances[i]}`;
        throw new DataError('Ranking', what, 'Relevances are numbers of at least 0.');
      }
    }
    const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
    const k = Math.min(n, this.#k);
    const gained = gain(order, scores, relevances, k);
    const ideal = Array.from(relevances).sort((a, b) => b - a);
    const best = ideal.slice(0, k).reduce((sum, relevance, at) => sum + relevance * discount(at), 0);
    const relevant = Array.from(relevances, (r, i) => (r > 0 ? rank(scores, i) : Infinity)).filter(
      (place) => place < Infinity,
    );
    const within = relevant.filter((place) => place <= k).length;
    this.#sums.mrr += relevant.length > 0 ? 1 / Math.min(...relevant) : 0;
    this.#sums.ndcg += best > 0 ? gained / best : 0;
    this.#sums.hits += Number(within > 0);
    if (relevant.length > 0) {
      this.#sums.recall += within / relevant.length;
      this.#withRelevant++;
    }
    this.#queries++;
    return this;
  }

  /** Means over all queries that were added. Throws `DataError` if that is none. */
  result(): RankingResult {
    const queries = this.#queries;
    checkAdded('Ranking', queries, 'queries');
    const { mrr, ndcg, hits, recall } = this.#sums;
    return {
      mrr: mrr / queries,
      ndcg: ndcg / queries,
      hitRate: hits / queries,
      recall: recall / Math.max(1, this.#withRelevant),
      queries,
    };
  }
}

const discount = (at: number): number => 1 / Math.log2(at + 2);

/** Place of a candidate, from 1: behind all whose score is as high. */
function rank(scores: ArrayLike<number>, i: number): number {
  let place = 0;
  for (let j = 0; j < scores.length; j++) if (scores[j] >= scores[i]) place++;
  return place;
}

/** Discounted gain of the first k places; candidates of one score have the mean of their relevances at each of theirs. */
function gain(
  order: readonly number[],
  scores: ArrayLike<number>,
  relevances: ArrayLike<number>,
  k: number,
): number {
  let sum = 0;
  for (let at = 0; at < k;) {
    let end = at;
    while (end < order.length && scores[order[end]] === scores[order[at]]) end++;
    const group = order.slice(at, end);
    const mean = group.reduce((total, i) => total + relevances[i], 0) / group.length;
    for (let place = at; place < Math.min(end, k); place++) sum += mean * discount(place);
    at = end;
  }
  return sum;
}
