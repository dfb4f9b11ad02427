import { TextBatches, type IdText, type TextShape } from '../../engine/index';

export interface TrainingBatchOptions {
  readonly pad: number;
  readonly tokens: number;
  readonly seed: number;
  /** Rows that a batch needs, for a loss that compares them. */
  readonly least: number;
}

/**
 * Batches of the training's rows. As `TextBatches` makes them, but for two cases: a length of which there are fewer rows than `least` goes with
 * longer ones, or they with it; and where held rows are longer than all of training's there is one more shape, or
 * evaluations would cut them.
 */
export function trainingBatches<R extends IdText>(
  rows: readonly R[],
  held: readonly IdText[],
  { pad, tokens, seed, least }: TrainingBatchOptions,
): TextBatches<R> {
  const plain = new TextBatches(rows, { pad, tokens, seed });
  const lengths = rows.map(({ ids }) => ids.length);
  const shapes = plain.shapes.some(({ B }) => B < least)
    ? together(lengths, plain.shapes, tokens, least)
    : [...plain.shapes];
  const longest = held.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  const most = shapes.at(-1)!.T;
  if (longest > most) {
    const count = held.filter(({ ids }) => ids.length > most).length;
    shapes.push(shapeOf(longest, Math.max(count, least), tokens));
  }
  const same = shapes.length === plain.shapes.length && shapes.every(({ B }, k) => B === plain.shapes[k].B);
  return same ? plain : new TextBatches(rows, { pad, shapes, seed });
}

/** Shapes of which each has `least` rows, if there are so many. */
function together(
  lengths: readonly number[],
  shapes: readonly TextShape[],
  tokens: number,
  least: number,
): TextShape[] {
  const all = shapes.map(({ T }) => T);
  const count = (k: number): number => lengths.filter((n) => n <= all[k] && n > (all[k - 1] ?? 0)).length;
  for (let k = all.findIndex((_, i) => count(i) < least); k >= 0 && all.length > 1;) {
    all.splice(k === all.length - 1 ? k - 1 : k, 1);
    k = all.findIndex((_, i) => count(i) < least);
  }
  return all.map((T, k) => shapeOf(T, count(k), tokens));
}

/** As few batches as the tokens allow, all of one size. */
function shapeOf(T: number, count: number, tokens: number): TextShape {
  const batches = Math.ceil(count / Math.max(1, Math.floor(tokens / T)));
  return { B: Math.ceil(count / batches), T };
}
