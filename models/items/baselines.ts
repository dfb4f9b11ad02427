/** What a recommender has to beat: what everybody chooses, and what mostly follows the last item. */
import { expectItems, newest } from './item_model';

/** Something that scores all items for a history: item k + 1 at place k. */
export interface ItemScorer {
  score(history: ArrayLike<number>): Float64Array;
}

/** Every history gets what was chosen most. */
export class Popularity implements ItemScorer {
  readonly #counts: Float64Array;

  /** Throws `EngineError` for what is no item. */
  constructor(histories: readonly ArrayLike<number>[], items: number) {
    expectItems('Popularity', items);
    this.#counts = new Float64Array(items);
    for (const history of histories)
      for (const item of newest('Popularity', history, items, history.length)) this.#counts[item - 1]++;
  }

  score(): Float64Array {
    return this.#counts.slice();
  }
}

/**
 * What followed the last item most, a first-order Markov chain. What never followed it is ranked by how often it was chosen, behind all that
 * did.
 */
export class MarkovChain implements ItemScorer {
  readonly #items: number;
  readonly #popular: Float64Array;
  readonly #after = new Map<number, Map<number, number>>();

  /** Throws `EngineError` for what is no item. */
  constructor(histories: readonly ArrayLike<number>[], items: number) {
    expectItems('MarkovChain', items);
    this.#items = items;
    const counts = new Popularity(histories, items).score();
    const all = counts.reduce((sum, count) => sum + count, 0);
    this.#popular = counts.map((count) => count / (all + 1)); // below 1: less than having followed once
    for (const history of histories) {
      for (let i = 1; i < history.length; i++) {
        const [from, to] = [history[i - 1], history[i]];
        if (!this.#after.has(from)) this.#after.set(from, new Map());
        const counted = this.#after.get(from)!;
        counted.set(to, (counted.get(to) ?? 0) + 1);
      }
    }
  }

  score(history: ArrayLike<number>): Float64Array {
    const scores = this.#popular.slice();
    const [last] = newest('MarkovChain', history, this.#items, 1);
    for (const [item, count] of this.#after.get(last) ?? []) scores[item - 1] += count;
    return scores;
  }
}
