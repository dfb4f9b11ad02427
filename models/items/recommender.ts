/** Recommends items, says why, and is judged by what people chose next. */
import {
  DataError,
  EngineError,
  expectOptions,
  Graph,
  Plans,
  throwIfAborted,
  type Device,
} from '../../engine/index';
import { Ranking } from '../../engine/metrics/index';
import { meanMaps, rollout } from '../explain/rollout';
import { isWhole } from '../option_checks';
import { TextReader, type TaskOptions } from '../tasks/text_reader';
import type { ItemScorer } from './baselines';
import type { NextItem } from './histories';
import type { ItemModel } from './item_model';

/** An item and how likely it is next. */
export interface Recommendation {
  /** From 1. */
  readonly item: number;
  /** Its share among all items that may be recommended: they sum to 1. */
  readonly score: number;
}

/** How many items `recommend` gives, and whether those that a history has are among them. */
export interface RecommendOptions extends TaskOptions {
  /** Default 10. */
  readonly topK?: number;
  /** Items that the history has are left out, or may come again as others may. Default 'out'. */
  readonly seen?: 'out' | 'again';
  /** Tells which items may be recommended, such as those in stock. Default null: all. */
  readonly allowed?: ((item: number) => boolean) | null;
}

/** An item of a history, and how much attention went to it. */
export interface Reason {
  /** Its place in the history, from 0. */
  readonly at: number;
  readonly item: number;
  /** Of all attention to items, from 0 to 1. */
  readonly share: number;
}

/** How well next items were ranked among all items; see `Ranking`. */
export interface ItemJudgement {
  /** Share of cases whose item was among the first k: HR@k. */
  readonly hitRate: number;
  /** nDCG@k of the one item: 1 / log2(1 + its rank), 0 behind k. */
  readonly ndcg: number;
  /** Mean of 1 / rank. */
  readonly mrr: number;
  readonly cases: number;
}

/** How next items are judged. */
export interface JudgeItemsOptions extends TaskOptions {
  /** Default 10. */
  readonly k?: number;
  /** Items that the history has are no candidates, unless one of them is what came next; or all are. Default 'out'. */
  readonly seen?: 'out' | 'again';
}

/** Rows of the attention's maps are padded to multiples of it: few plans serve all. */
const BUCKET = 16;

/** Recommends the next item of histories, with a `SASRec` or a `BERT4Rec` whose weights are on the device. */
export class Recommender implements Disposable {
  readonly #device: Device;
  readonly #model: ItemModel;
  readonly #reader: TextReader;
  readonly #maps = new Plans<number>();

  /** `tokens`: items of a batch, padding included. Default 4096. */
  constructor(device: Device, model: ItemModel, options: { readonly tokens?: number } = {}) {
    const { tokens = 4096 } = options;
    expectOptions('Recommender', options, { tokens });
    [this.#device, this.#model] = [device, model];
    const record = (
      g: Graph,
      { ids, input }: Parameters<ConstructorParameters<typeof TextReader>[2]>[1],
    ) => ({
      scores: model.scores(g, ids, input.lengths),
    });
    this.#reader = new TextReader(device, model, record, { tokens });
  }

  /**
   * For each history, the likeliest next items, the likeliest first. Of users whom the model has never met, too: it knows them by what they chose.
   *
   * Throws `EngineError` for what is no item, an empty history where the model cannot start from nothing, or options that cannot be; the signal's reason.
   */
  async recommend(
    histories: readonly ArrayLike<number>[],
    options: RecommendOptions = {},
  ): Promise<Recommendation[][]> {
    const { topK = 10, seen = 'out', allowed = null, signal, onProgress } = options;
    expectOptions('recommend', options, { topK, seen, allowed, signal, onProgress });
    expectSeen('recommend', seen);
    if (!isWhole(topK, 1))
      throw new EngineError('recommend', `topK is ${String(topK)}`, 'Use a whole number of at least 1.');
    if (allowed !== null && typeof allowed !== 'function')
      throw new EngineError('recommend', `allowed is ${typeof allowed}`, 'Give a function of an item.');
    const found: Recommendation[][] = Array.from(histories, () => []);
    await this.#score(histories, { signal, onProgress }, (index, logits) => {
      const out = new Set(seen === 'out' ? Array.from(histories[index]) : []);
      const candidates = Array.from(logits.keys(), (k) => k + 1).filter(
        (item) => !out.has(item) && (allowed === null || allowed(item)),
      );
      found[index] = likeliest(candidates, logits, topK);
    });
    return found;
  }

  /** Logits of all items for each history: item k + 1 at place k. */
  async scores(histories: readonly ArrayLike<number>[], options: TaskOptions = {}): Promise<Float32Array[]> {
    const { signal, onProgress } = options;
    expectOptions('scores', options, { signal, onProgress });
    const found: Float32Array[] = [];
    await this.#score(histories, options, (index, logits) => (found[index] = logits.slice()));
    return found;
  }

  /**
   * Which items of a history decided what comes next: attention's rollout from the place that asks (Abnar and Zuidema 2020), the most
   * looked at first. Items older than the model reads have no part. Attention is what the model looked at, which need not be what it went by.
   */
  async because(
    history: ArrayLike<number>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Reason[]> {
    const { signal } = options;
    expectOptions('because', options, { signal });
    const asked = this.#model.asked(history);
    const { context, items } = this.#model.config;
    const [own, T] = [asked.length, Math.min(context, Math.ceil(asked.length / BUCKET) * BUCKET)];
    throwIfAborted(signal);
    const plan = await this.#maps.get(T, () => {
      const g = new Graph(this.#device, { label: 'because' });
      const lengths = g.input('lengths', [1], 'u32');
      return g.compile({ scores: this.#model.scores(g, g.input('ids', [1, T], 'u32'), lengths) });
    });
    throwIfAborted(signal);
    const ids = new Uint32Array(T);
    ids.set(asked);
    plan.run({ ids, lengths: Uint32Array.of(own) });
    const row = rollout(await meanMaps(plan, own), own).subarray((own - 1) * own);
    const places = Array.from(asked.keys()).filter((t) => asked[t] >= 1 && asked[t] <= items);
    const total = places.reduce((sum, t) => sum + row[t], 0);
    // What asks may be no item: places count from the end of the history.
    const first = history.length - places.length;
    return places
      .map((t): Reason => ({ at: first + t, item: asked[t], share: row[t] / (total || 1) }))
      .sort((a, b) => b.share - a.share);
  }

  /** How well it ranks what came next among all items. Throws as `recommend`, and `DataError` without a case. */
  async judge(cases: readonly NextItem[], options: JudgeItemsOptions = {}): Promise<ItemJudgement> {
    const { k = 10, seen = 'out', signal, onProgress } = options;
    expectOptions('judge', options, { k, seen, signal, onProgress });
    expectSeen('judge', seen);
    const ranking = new Ranking({ k });
    const histories = cases.map(({ before }) => before);
    await this.#score(histories, { signal, onProgress }, (index, logits) =>
      rankNext(ranking, cases[index], logits, seen),
    );
    return judgementOf(ranking, cases.length);
  }

  #score(
    histories: readonly ArrayLike<number>[],
    { signal, onProgress }: TaskOptions,
    take: (index: number, logits: Float32Array) => void,
  ): Promise<void> {
    const { items } = this.#model.config;
    if (!Array.isArray(histories))
      throw new EngineError('Recommender', 'the histories are no list', 'Give a list of lists of items.');
    const texts = (histories as readonly ArrayLike<number>[]).map((history) => {
      const ids = this.#model.asked(history);
      return { ids, segments: new Uint32Array(ids.length) };
    });
    return this.#reader.read(
      texts,
      (index, { scores }) => {
        const logits = scores.subarray(1, items + 1);
        if (!logits.every(Number.isFinite))
          throw new DataError(
            'Recommender',
            `scores of history ${index} are not finite`,
            'These weights are damaged or have diverged.',
          );
        take(index, logits);
      },
      { ...(signal && { signal }), ...(onProgress && { onProgress }) },
    );
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#maps[Symbol.dispose]();
  }
}

/** How well something else ranks what came next, such as `Popularity`: for the same numbers as `Recommender.judge`. */
export function judgeScorer(
  scorer: ItemScorer,
  cases: readonly NextItem[],
  options: Pick<JudgeItemsOptions, 'k' | 'seen'> = {},
): ItemJudgement {
  const { k = 10, seen = 'out' } = options;
  expectOptions('judgeScorer', options, { k, seen });
  expectSeen('judgeScorer', seen);
  const ranking = new Ranking({ k });
  for (const one of cases) rankNext(ranking, one, scorer.score(one.before), seen);
  return judgementOf(ranking, cases.length);
}

function expectSeen(where: string, seen: unknown): void {
  if (seen === 'out' || seen === 'again') return;
  throw new EngineError(where, `seen is ${String(seen)}`, "Use 'out' or 'again'.");
}

function rankNext(
  ranking: Ranking,
  { before, next }: NextItem,
  scores: ArrayLike<number>,
  seen: 'out' | 'again',
): void {
  const out = new Set(seen === 'out' ? before : []);
  if (!isWhole(next, 1, scores.length)) {
    const todo = `Items are whole numbers from 1 to ${scores.length}.`;
    throw new EngineError('judge', `what came next is ${String(next)}`, todo);
  }
  out.delete(next); // it was chosen again: that is what is asked
  const candidates: number[] = [];
  const relevances: number[] = [];
  for (let k = 0; k < scores.length; k++) {
    if (out.has(k + 1)) continue;
    candidates.push(scores[k]);
    relevances.push(Number(k + 1 === next));
  }
  ranking.add(candidates, relevances);
}

function judgementOf(ranking: Ranking, cases: number): ItemJudgement {
  const { hitRate, ndcg, mrr } = ranking.result();
  return { hitRate, ndcg, mrr, cases };
}

/** The first by logits, with softmax over all candidates. */
function likeliest(candidates: readonly number[], logits: Float32Array, topK: number): Recommendation[] {
  const most = candidates.reduce((so, item) => Math.max(so, logits[item - 1]), -Infinity);
  const sum = candidates.reduce((so, item) => so + Math.exp(logits[item - 1] - most), 0);
  return [...candidates]
    .sort((a, b) => logits[b - 1] - logits[a - 1] || a - b)
    .slice(0, topK)
    .map((item) => ({ item, score: Math.exp(logits[item - 1] - most) / sum }));
}
