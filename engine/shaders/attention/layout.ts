import { ShapeError } from '../../errors';
import type { Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/device';
import type { Constants } from '../../runtime/shader';
import { elementType, type ElementType } from '../lib/elementwise';

/** Query rows and keys of a software tile; queries and keys of a workgroup's tile on a GPU. */
export const SOFTWARE_TILE = 16;
export const TILE = 32;

/** Farther than any two rows are apart; sums with row numbers stay in i32. */
export const FAR = 2 ** 29;

/** A range of columns that holds heads of `width` side by side, in every row of a tensor (B, T, C). */
export interface Columns {
  readonly tensor: Tensor;
  readonly offset: number;
}

/** Whether heads can be walked four numbers at a time. */
export function isWide(width: number, ranges: readonly Columns[]): boolean {
  return [width, ...ranges.flatMap(({ tensor, offset }) => [offset, tensor.shape.at(-1)!])].every(
    (n) => n % 4 === 0,
  );
}

/** Storage type of a tensor, one number or four at a time. */
export const storageOf = ({ dtype }: Tensor, wide: boolean): ElementType => elementType(dtype, wide);

/** F that a head's row takes at most: few different sizes of registers, so that one pipeline serves many head widths. */
export const mostPacks = (packs: number): number => 2 ** Math.max(4, Math.ceil(Math.log2(packs)));

/** What a variant of the tile kernels is: the rung of the ladder and the numbers in its constants. */
export interface Mapping {
  readonly software: boolean;
  readonly wide: boolean;
  /** F (numbers, or fours) in a head's row. */
  readonly packs: number;
  readonly constants: Constants;
  /** Rows that a workgroup owns. */
  readonly tile: number;
  /** Heads that a workgroup owns. */
  readonly headsPerGroup: number;
  /** Invocations that share a head's tile. */
  readonly headLanes: number;
}

/** Which tile for which shape and device; README.md tells the ladder. `heads` are those whose rows are owned. */
export function chooseMapping(
  { width, heads, wide }: { width: number; heads: number; wide: boolean },
  can: Pick<Capabilities, 'software'>,
): Mapping {
  const packs = wide ? width / 4 : width;
  const MOST = mostPacks(packs);
  if (!can.software) {
    return { software: false, wide, packs, constants: { MOST }, tile: TILE, headsPerGroup: 1, headLanes: 64 };
  }
  // The quads of a workgroup take neighbouring heads of one sequence.
  const headsPerGroup = heads % 4 === 0 ? 4 : 1;
  const headLanes = 4;
  const constants = { MOST, LANES: headLanes * headsPerGroup };
  return { software: true, wide, packs, constants, tile: SOFTWARE_TILE, headsPerGroup, headLanes };
}

/** Throws unless `heads` heads of `width` fit into the rows of `tensor` from `offset` on. */
export function expectColumns(
  where: string,
  what: string,
  { tensor, offset }: Columns,
  columns: number,
): void {
  const [, , c = 0] = tensor.shape;
  if (tensor.shape.length !== 3 || offset < 0 || offset + columns > c) {
    throw new ShapeError(
      where,
      `${what} takes columns ${offset} to ${offset + columns} of ${tensor.toString()}`,
      'Give a tensor (B, T, C) whose rows hold them; offsets are columns.',
    );
  }
}

/** Throws unless `softcap` can bound logits. */
export function expectCap(where: string, softcap: number | undefined): void {
  if (softcap === undefined || softcap > 0) return;
  throw new ShapeError(where, `softcap is ${softcap}`, 'It bounds the logits: give a positive number.');
}

/** A software workgroup of one quad, where each works for an entry of its own. */
export function oneHead(mapping: Mapping): Mapping {
  if (!mapping.software) return mapping;
  return { ...mapping, headsPerGroup: 1, constants: { ...mapping.constants, LANES: mapping.headLanes } };
}
