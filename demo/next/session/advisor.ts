/** A recommender on a device, with what it has to beat, and what it says. */
import type { Device } from '../../../engine/index';
import {
  MarkovChain,
  openRecommender,
  Popularity,
  Recommender,
  type ItemScorer,
  type OpenedRecommender,
} from '../../../models/items/index';
import { softmaxOf } from '../../../models/tasks/inputs';
import { K } from '../settings';
import type { Answer, ItemShare } from './protocol';

/** A recommender as a file, and whose choices are known. */
export interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Null: nobody's. */
  readonly histories: readonly ArrayLike<number>[] | null;
}

export class Advisor implements Disposable {
  readonly device: Device;
  readonly #opened: OpenedRecommender;
  readonly #recommender: Recommender;
  readonly #popularity: ItemScorer | null;
  readonly #markov: ItemScorer | null;

  private constructor(device: Device, opened: OpenedRecommender, histories: Kept['histories']) {
    [this.device, this.#opened] = [device, opened];
    this.#recommender = new Recommender(device, opened.model);
    const { length } = opened.items;
    this.#popularity = histories && new Popularity(histories, length);
    this.#markov = histories && new MarkovChain(histories, length);
  }

  /** Throws a `DataError` for what is no recommender. */
  static async open(device: Device, { bytes, histories }: Kept): Promise<Advisor> {
    return new Advisor(device, await openRecommender(device, bytes), histories);
  }

  get opened(): OpenedRecommender {
    return this.#opened;
  }

  /** What may follow some items, at least one. */
  async answer(history: readonly number[], again: boolean): Promise<Answer> {
    const out = again ? new Set<number>() : new Set(history);
    const may = [...this.#opened.items.keys()].map((k) => k + 1).filter((item) => !out.has(item));
    // The whole history, then without each of its items.
    const shorter = history.length > 1 ? history.map((_, at) => history.filter((_, i) => i !== at)) : [];
    const logits = await this.#recommender.scores([history, ...shorter]);
    const [whole, ...without] = logits.map((scores) =>
      sharesOf(may, softmaxOf(may.map((item) => scores[item - 1]))),
    );
    const model = likeliest(whole);
    const reasons = await this.#recommender.because(history);
    const attention = history.map(() => 0);
    for (const { at, share } of reasons) attention[at] = share;
    const counted = (scorer: ItemScorer | null): ItemShare[] | null => {
      if (!scorer) return null;
      const scores = scorer.score(history);
      const sum = may.reduce((so, item) => so + scores[item - 1], 0) || 1;
      return likeliest(
        sharesOf(
          may,
          may.map((item) => scores[item - 1] / sum),
        ),
      );
    };
    return {
      ...{ history, again, model, attention },
      ...{ popularity: counted(this.#popularity), markov: counted(this.#markov) },
      without: model.map(({ item }) => history.map((_, at) => without.at(at)?.get(item) ?? NaN)),
    };
  }

  [Symbol.dispose](): void {
    this.#recommender[Symbol.dispose]();
    this.#opened[Symbol.dispose]();
  }
}

const sharesOf = (items: readonly number[], shares: ArrayLike<number>): Map<number, number> =>
  new Map(items.map((item, i) => [item, shares[i]]));

const likeliest = (shares: ReadonlyMap<number, number>): ItemShare[] =>
  Array.from(shares, ([item, share]) => ({ item, share }))
    .sort((a, b) => b.share - a.share || a.item - b.item)
    .slice(0, K);
