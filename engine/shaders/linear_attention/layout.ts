import { ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import scanWgsl from './scan.wgsl';

const scan = defineKernel({ name: 'linear_attention.scan', wgsl: [scanWgsl] });

/** A checked call, as both rungs take it. */
export interface Call {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly lengths: Tensor;
  readonly out: Tensor;
  /** 1 / denominator, (B, T, H). */
  readonly inverse: Tensor;
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly width: number;
  readonly valueWidth: number;
  readonly causal: boolean;
  /** Those fields of sizes.wgsl that are the same for every kernel. */
  readonly sizes: Readonly<Record<string, number>>;
}

export interface Gradients {
  readonly dout: Tensor;
  /** 1 / denominator and the denominator's gradient, (B, T, H, 2). */
  readonly ratio: Tensor;
}

export type Sinks = Readonly<Record<'queries' | 'keys' | 'values', Sink | null>>;

/** Which chunks a row looks at, besides its own. */
export type Looks = 'earlier' | 'later' | 'every';

/** Chunks' states (`states`, `chunks`, `width`), in place, into sums of those that each chunk looks at. */
export function scanStates(
  g: Graph,
  state: Tensor,
  { states, chunks, width }: { states: number; chunks: number; width: number },
  looks: Looks,
): void {
  if (chunks === 1) return;
  g.dispatch(
    scan,
    { state },
    {
      uniforms: { n: states, chunks, width, direction: { earlier: 0, later: 1, every: 2 }[looks] },
      grid: linearGrid(Math.ceil((states * width) / 64)),
      flops: states * chunks * width,
    },
  );
}

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
