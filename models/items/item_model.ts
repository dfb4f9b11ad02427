/** What recommenders of the next item have in common, whichever way they read. */
import { EngineError, ShapeError, type Graph, type Tensor } from '../../engine/index';

/** A model that tells which item comes next: `SASRec`, `BERT4Rec`. */
export interface ItemModel {
  readonly config: {
    /** N: items are numbered from 1 to N. */
    readonly items: number;
    /** Items that it reads at once. */
    readonly context: number;
    /** Ids that it reads, with those that are no items. */
    readonly vocabulary: number;
  };
  /** What it reads of a history: the newest items, as many as it can, and what asks for the next. */
  asked(history: ArrayLike<number>): Uint32Array<ArrayBuffer>;
  /** What was asked, u32 (B, T), of which `lengths` u32 (B) are real -> logits (B, V) of the next; those of ids that are no items count for nothing. */
  scores(g: Graph, ids: Tensor, lengths: Tensor): Tensor;
}

/** Sizes that both kinds of models have. */
export interface ItemSizes {
  /** N: items are numbered from 1 to N. */
  readonly items: number;
  /** Items that are read at once. Default 50. */
  readonly context?: number;
  /** Default 2. */
  readonly layers?: number;
  /** C: width of the residual stream; a multiple of `heads`. Default 64. */
  readonly width?: number;
  readonly heads?: number;
  /** Probability of dropping a number of the embeddings, of attention's weights and of each sublayer's output while training. Default 0.2. */
  readonly dropout?: number;
}

/** Throws `ShapeError` for a width that its heads cannot share. */
export function expectHeads(
  where: string,
  { width, heads }: { readonly width: number; readonly heads: number },
): void {
  if (width % heads === 0) return;
  throw new ShapeError(where, `width ${width} does not divide into ${heads} heads`, 'Choose a multiple.');
}

/** Throws `EngineError` for a number of items that cannot be. */
export function expectItems(where: string, items: unknown): void {
  if (Number.isInteger(items) && (items as number) >= 1) return;
  throw new EngineError(
    where,
    `items is ${String(items)}`,
    'Give how many there are, a whole number of at least 1.',
  );
}

/** The newest of a history. Throws `EngineError` for what is no item. */
export function newest(
  where: string,
  history: ArrayLike<number>,
  items: number,
  most: number,
): Uint32Array<ArrayBuffer> {
  for (let i = 0; i < history.length; i++) {
    const item = history[i];
    if (Number.isInteger(item) && item >= 1 && item <= items) continue;
    throw new EngineError(
      where,
      `item ${i} of a history is ${String(item)}`,
      `Items are whole numbers from 1 to ${items}.`,
    );
  }
  return Uint32Array.from(
    Array.prototype.slice.call(history, Math.max(0, history.length - most)) as number[],
  );
}
