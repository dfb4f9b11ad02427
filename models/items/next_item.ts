/** What recommenders of items are trained on: the next item at every place, or items that are hidden. */
import {
  DataError,
  EngineError,
  expectOptions,
  expectSeed,
  IGNORE_INDEX,
  RandomStream,
  textObjective,
  type Graph,
  type IdText,
  type Objective,
  type Tensor,
  type TextBatch,
  type TextBatches,
} from '../../engine/index';
import type { BERT4Rec } from './bert4rec';
import type { SASRec } from './sasrec';

/** Items as a model reads them, and at each place the one that came next. */
export interface ItemRow extends IdText {
  readonly next: Uint32Array;
}

/**
 * Rows for `TextBatches` to train a `SASRec` on: each place of a history tells the next. A history that is longer than `context` + 1 is cut into
 * pieces from its end, each of which begins with the item that the one before ends with: every item but the first is told once.
 */
export function itemRows(histories: readonly Uint32Array[], context: number): ItemRow[] {
  return histories.flatMap((history) => {
    const rows: ItemRow[] = [];
    for (let end = history.length; end > 1; end -= context) {
      const start = Math.max(0, end - context - 1);
      rows.push({ ids: history.slice(start, end - 1), next: history.slice(start + 1, end) });
    }
    return rows.reverse();
  });
}

/** Which items the wanted one is told from. */
export interface NextItemOptions {
  /** Items that are drawn for each batch: the softmax goes over them and the wanted one. Default null: over all items. */
  readonly negatives?: number | null;
  /** Of what is drawn. Default 0. */
  readonly seed?: number;
}

/**
 * The next item at every place, by cross-entropy over all items, or over a sample (Jean et al. 2015). The paper tells it from one drawn item
 * by binary cross-entropy; softmax does better (Klenitskiy and Vasilev 2023). Items are drawn uniformly, each once, as a function of the
 * batch's step. Throws `EngineError` for options that cannot be, at `record` where there are fewer items than `negatives`.
 */
export function nextItem(
  batches: TextBatches<ItemRow>,
  options: NextItemOptions = {},
): Objective<TextBatch<ItemRow>, SASRec> {
  const { negatives = null, seed = 0 } = options;
  expectOptions('nextItem', options, { negatives, seed });
  expectSeed('nextItem', seed);
  if (negatives !== null && !(Number.isInteger(negatives) && negatives >= 1))
    throw new EngineError(
      'nextItem',
      `negatives is ${String(negatives)}`,
      'Use a whole number of at least 1, or null.',
    );
  for (const [i, { ids, next }] of batches.rows.entries()) {
    if (next.length === ids.length) continue;
    const what = `row ${batches.numbers[i]} has ${next.length} next items of ${ids.length}`;
    throw new DataError('nextItem', what, 'Make rows with itemRows.');
  }
  /** Known once a model is. */
  let items = 0;
  return textObjective(
    batches,
    'nextItem',
    { negatives: negatives ?? 0, drawn: seed },
    {
      record: (g: Graph, model: SASRec, { ids, input }, { B, T }): Tensor => {
        const lengths = input.lengths!;
        items = model.config.items;
        if (negatives === null) {
          const targets = g.input('targets', [B, T], 'u32', { below: items + 1 });
          return model.loss(g, ids, targets, { lengths });
        }
        if (negatives > items)
          throw new EngineError(
            'nextItem',
            `negatives is ${negatives} of ${items} items`,
            'Draw fewer, or use null.',
          );
        return model.sampledLoss(g, ids, {
          lengths,
          targets: g.input('targets', [B, T], 'u32', { below: items + 1 }),
          candidates: g.input('candidates', [negatives], 'u32', { below: items + 1 }),
          labels: g.input('labels', [B, T], 'u32', { below: negatives + 1 }),
          apart: g.input('apart', [B, T, 1], 'f32'),
        });
      },
      feed: (batch, { B, T }): Fed => {
        const targets = new Uint32Array(B * T).fill(IGNORE_INDEX);
        for (const [b, { next }] of batch.rows.entries())
          targets.set(next.subarray(0, batch.lengths[b]), b * T);
        const count = targets.reduce((sum, target) => sum + Number(target !== IGNORE_INDEX), 0);
        if (negatives === null) return { inputs: { targets }, labels: count };
        const random = new RandomStream(seed, `negatives of step ${batch.step}`);
        const candidates = drawn(items, negatives, random);
        const places = new Map(Array.from(candidates, (item, s) => [item, s + 1]));
        const labels = targets.map((target) =>
          target === IGNORE_INDEX ? target : (places.get(target) ?? 0),
        );
        const apart = Float32Array.from(targets, (target) => (places.has(target) ? -Infinity : 0));
        return { inputs: { targets, candidates, labels, apart }, labels: count };
      },
    },
  );
}

/** What a batch is fed as, and how many of its places are told. */
interface Fed {
  readonly inputs: Readonly<Record<string, ArrayBufferView>>;
  readonly labels: number;
}

/** `count` of the items 1 to `items`, each once (Floyd's method). */
function drawn(items: number, count: number, random: RandomStream): Uint32Array<ArrayBuffer> {
  const found = new Set<number>();
  for (let most = items - count + 1; most <= items; most++) {
    const item = 1 + random.below(most);
    found.add(found.has(item) ? most : item);
  }
  return Uint32Array.from(found);
}

/** How many items `hiddenItems` hides. */
export interface HiddenItemsOptions {
  /** The share of a history's items that is hidden; at least one. Default 0.2. */
  readonly probability?: number;
  /** How often the last item alone is hidden instead, which is what a recommender is asked in the end. Default 0.1. */
  readonly last?: number;
  /** Of which items are hidden. Default 0. */
  readonly seed?: number;
}

/**
 * Hidden items, told from those on both sides (BERT4Rec 3.6, "Cloze"): other ones in each epoch, as a function of the batch's step. Throws
 * `EngineError` for options that cannot be.
 */
export function hiddenItems(
  batches: TextBatches,
  options: HiddenItemsOptions = {},
): Objective<TextBatch, BERT4Rec> {
  const { probability = 0.2, last = 0.1, seed = 0 } = options;
  expectOptions('hiddenItems', options, { probability, last, seed });
  expectSeed('hiddenItems', seed);
  if (!(probability > 0 && probability <= 1))
    throw new EngineError(
      'hiddenItems',
      `probability is ${String(probability)}`,
      'Use a share above 0, up to 1.',
    );
  if (!(last >= 0 && last <= 1))
    throw new EngineError('hiddenItems', `last is ${String(last)}`, 'Use a share from 0 to 1.');
  let mask = 0;
  return textObjective(
    batches,
    'hiddenItems',
    { probability, last, hidden: seed },
    {
      record: (g: Graph, model: BERT4Rec, { ids, input }, { B, T }): Tensor => {
        mask = model.mask;
        const labels = g.input('labels', [B, T], 'u32', { below: model.config.vocabulary });
        return model.loss(g, ids, labels, input);
      },
      feed: (batch, { B, T }) => {
        const random = new RandomStream(seed, `hidden items of step ${batch.step}`);
        const ids = batch.ids.slice();
        const labels = new Uint32Array(B * T).fill(IGNORE_INDEX);
        let count = 0;
        for (let b = 0; b < batch.rows.length; b++) {
          const length = batch.lengths[b];
          const places =
            random.uniform() < last
              ? Uint32Array.of(length)
              : drawn(length, Math.max(1, Math.round(probability * length)), random);
          for (const place of places) {
            const at = b * T + place - 1;
            labels[at] = ids[at];
            ids[at] = mask;
            count++;
          }
        }
        return { inputs: { ids, labels }, labels: count };
      },
    },
  );
}
