/** How much an attention computes, tile by tile, and what of it goes into one dispatch. */
import type { Graph, Grid } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import type { Kernel } from '../../../runtime/kernel';
import type { Constants } from '../../../runtime/shader';

/** Which rows a row sees of the other kind: row n sees n + left … n + right. */
export interface Reach {
  readonly left: number;
  readonly right: number;
}

/** Numbers for each tile of queries and for each tile of keys, for kernels that own the one or the other. */
export interface ByTile {
  readonly byQuery: readonly number[];
  readonly byKey: readonly number[];
}

export const times = (factor: number, numbers: readonly number[]): number[] => numbers.map((n) => factor * n);

/** Pairs of T queries and S keys within reach. */
export function pairsWithin(
  { T, S, left, right }: Reach & { readonly T: number; readonly S: number },
  tile: number,
): ByTile {
  return {
    byQuery: pairsOf(T, S, { left, right }, tile),
    byKey: pairsOf(S, T, { left: -right, right: -left }, tile),
  };
}

function pairsOf(rows: number, others: number, { left, right }: Reach, tile: number): number[] {
  const pairs = new Array<number>(Math.ceil(rows / tile)).fill(0);
  for (let n = 0; n < rows; n++) {
    const seen = Math.min(others - 1, n + right) - Math.max(0, n + left) + 1;
    pairs[Math.floor(n / tile)] += Math.max(0, seen);
  }
  return pairs;
}

/** Of kernels that load what they multiply from memory, each lane for itself. */
export const SLOWNESS = 8;

export interface TileDispatch {
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants: Constants;
  /** Floating-point operations of one product over the pairs of each tile. */
  readonly work: readonly number[];
  /** How many such products the kernel computes. */
  readonly products: number;
  /** How many times as long an operation takes as in kernels that share loads among lanes. Default 1. */
  readonly slowness?: number;
  /** A run decides how much of `work` there is, so that profiles are not told, unless it takes several dispatches. */
  readonly atMost?: boolean;
  /** Workgroups for so many tiles. */
  readonly grid: (tiles: number) => Grid;
}

/**
 * Records a kernel whose workgroups own tiles of rows, from tile `sizes.first` on: in one dispatch, or in several over
 * ranges of tiles where one would take more than the device's `dispatchFlops`. Each number keeps its one owner, so that
 * results are the same to the bit.
 */
export function dispatchTiles(
  g: Graph,
  kernel: Kernel,
  bind: Readonly<Record<string, Tensor>>,
  { uniforms, constants, work, products, slowness = 1, atMost = false, grid }: TileDispatch,
): void {
  const flops = work.map((n) => products * n);
  const ranges = rangesOf(flops, g.device.can.dispatchFlops / slowness);
  for (const { first, end, sum } of ranges) {
    g.dispatch(kernel, bind, {
      uniforms: { ...uniforms, first },
      constants,
      grid: grid(end - first),
      flops: atMost && ranges.length === 1 ? 0 : sum,
    });
  }
}

/** WebGPU's most workgroups along a dimension. */
const MOST_TILES = 65_535;

/** Tiles `first` to before `end`, and their operations. */
interface Range {
  readonly first: number;
  readonly end: number;
  readonly sum: number;
}

/** Ranges of at least one tile with at most so many operations, in order. */
function rangesOf(flops: readonly number[], most: number): Range[] {
  const ranges: Range[] = [];
  let first = 0;
  let sum = 0;
  for (const [tile, own] of flops.entries()) {
    if (tile > first && (sum + own > most || tile - first === MOST_TILES)) {
      ranges.push({ first, end: tile, sum });
      [first, sum] = [tile, 0];
    }
    sum += own;
  }
  return [...ranges, { first, end: flops.length, sum }];
}
