import { ShapeError } from '../../errors';
import type { Graph, Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';

/** Rows that a workgroup owns. */
export const TILE = 32;

/**
 * How `rows` are cut. Causal chunks grow with the head, so that a state takes no more memory than its rows do by much;
 * otherwise their number is bounded, because all of them are added up.
 */
export function chunksOf(rows: number, causal: boolean, width: number): { chunk: number; chunks: number } {
  const least = width > 64 ? 128 : 64;
  const chunk = causal ? least : Math.max(least, TILE * Math.ceil(rows / 32 / TILE));
  return { chunk, chunks: Math.ceil(rows / chunk) };
}

/** `columns` columns of every row of a tensor (B, T, C), from `offset` on. */
export interface Range {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly columns: number;
}

/**
 * Where the gradients of column ranges go, written in the order given; null if nobody wants any. Ranges of one tensor
 * lie beside each other, or are the same one: then the second writer adds.
 *
 * @throws ShapeError where ranges overlap in part, or leave columns that no gradient would be written to.
 */
export function gradientSinks<K extends string>(
  g: Graph,
  where: string,
  ranges: Readonly<Record<K, Range>>,
): Readonly<Record<K, Sink | null>> | null {
  const roots = new Map<Tensor, { sink: Sink | null; written: Range[] }>();
  const sinks = {} as Record<K, Sink | null>;
  for (const [name, range] of Object.entries(ranges) as [K, Range][]) {
    const { tensor, offset, columns } = range;
    let root = roots.get(tensor.root);
    if (!root) {
      root = { sink: g.sink(tensor), written: [] };
      roots.set(tensor.root, root);
    }
    const overlaps = root.written.filter((w) => w.offset < offset + columns && offset < w.offset + w.columns);
    const same = overlaps.some((w) => w.offset === offset && w.columns === columns);
    if (root.sink && overlaps.length > 0 && !same) {
      throw new ShapeError(
        where,
        `columns ${offset} to ${offset + columns} of ${tensor.toString()} overlap others in part`,
        'Let them coincide, or lie apart.',
      );
    }
    sinks[name] = root.sink && { ...root.sink, add: root.sink.add || same };
    if (!same) root.written.push(range);
  }
  for (const { sink, written } of roots.values()) {
    const { tensor } = written[0];
    const covered = written.reduce((sum, w) => sum + w.columns, 0);
    if (sink && covered !== tensor.shape.at(-1)) {
      throw new ShapeError(
        where,
        `rows of ${tensor.toString()} have columns besides the ${covered} of its heads`,
        'Split them off before attention when training.',
      );
    }
  }
  return Object.values(sinks).some((s) => s !== null) ? sinks : null;
}
