import { ShapeError } from '../../errors';
import { sameShape, type Tensor } from '../../graph/tensor';
import type { Capabilities } from '../../runtime/capabilities';
import type { Constants } from '../../runtime/shader';
import { elementType, type ElementType } from '../lib/elementwise';

/** Query rows and keys of a software tile; queries and keys of a workgroup's tile on a GPU. */
export const SOFTWARE_TILE = 16;
export const TILE = 32;

/** Rows of a tile on this device, for queries and for keys. */
export const tileRows = ({ software }: Pick<Capabilities, 'software'>): number =>
  software ? SOFTWARE_TILE : TILE;

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
  readonly constants: Constants;
  /** Rows that a workgroup owns. */
  readonly tile: number;
  /** Heads that a workgroup owns. */
  readonly headsPerGroup: number;
  /** Invocations that share a head's tile. */
  readonly headLanes: number;
  /** Tiles by outer products, of kernels that have them: whether rows are reduced by shuffles in subgroups. */
  readonly outer?: { readonly shuffles: boolean };
}

/** Which tile for which shape and device; README.md tells the ladder. `heads` are those whose rows are owned. */
export function chooseMapping(
  { width, heads, wide }: { width: number; heads: number; wide: boolean },
  can: Pick<Capabilities, 'software'>,
): Mapping {
  const MOST = mostPacks(wide ? width / 4 : width);
  if (!can.software) {
    return { software: false, wide, constants: { MOST }, tile: TILE, headsPerGroup: 1, headLanes: 64 };
  }
  // The quads of a workgroup take neighbouring heads of one sequence.
  const headsPerGroup = heads % 4 === 0 ? 4 : 1;
  const headLanes = 4;
  const constants = { MOST, LANES: headLanes * headsPerGroup };
  return { software: true, wide, constants, tile: SOFTWARE_TILE, headsPerGroup, headLanes };
}

/** Heads wider than this would take more registers than a lane has, by outer products. */
const OUTER_WIDTH = 128;
/**
 * The widest heads of which lanes own eight rows, by kernel: `backward_query` has two blocks of products beside them,
 * `backward_key` two outputs besides, and always four rows.
 */
export const TALL = { forward: OUTER_WIDTH, backwardQuery: 64, backwardKey: 0 } as const;

/**
 * Which tile kernels that own `rows` queries take where others take `plain`: on GPUs, one by outer products. `tall`: the widest
 * heads of which a lane has registers for eight rows.
 */
export function chooseOuter(
  plain: Mapping,
  { width, rows, tall }: { readonly width: number; readonly rows: number; readonly tall: number },
  { subgroups, manyRegisters: many }: Pick<Capabilities, 'subgroups' | 'manyRegisters'>,
): Mapping {
  if (plain.software || width > OUTER_WIDTH || (width > tall && !many)) return plain;
  const tile = many && rows > TILE && width <= tall ? 2 * TILE : TILE;
  const MOST = 8 * Math.ceil(width / 32); // fours of a row, at most
  // Eight neighbouring lanes share a row.
  const shuffles = subgroups !== null && subgroups.min >= 8;
  return {
    ...plain,
    constants: { MOST, ROWS: tile, EDGE: width !== 4 * MOST },
    tile,
    outer: { shuffles },
  };
}

/** Throws unless `heads` heads of `width` fit into the rows of `tensor` from `offset` on. */
export function expectColumns(
  where: string,
  what: string,
  { tensor, offset }: Columns,
  columns: number,
): void {
  const [, , c = 0] = tensor.shape;
  if (tensor.shape.length !== 3 || !Number.isInteger(offset) || offset < 0 || offset + columns > c) {
    throw new ShapeError(
      where,
      `${what} takes columns ${offset} to ${offset + columns} of ${tensor.toString()}`,
      'Give a tensor (B, T, C) whose rows hold them; offsets are whole columns.',
    );
  }
}

/** Ranges of columns by name. */
export type Ranges = Readonly<Record<string, Columns & { readonly columns: number }>>;

/** Throws unless gradients that are written to each range fill the rows of each tensor, once. */
export function expectCovered(where: string, ranges: Ranges): void {
  const byRoot = new Map<
    Tensor,
    { readonly name: string; readonly x: Tensor; begin: number; end: number }[]
  >();
  for (const [name, { tensor, offset, columns }] of Object.entries(ranges)) {
    const own = byRoot.get(tensor.root) ?? [];
    byRoot.set(tensor.root, own);
    own.push({ name, x: tensor, begin: offset, end: offset + columns });
  }
  for (const own of byRoot.values()) {
    own.sort((a, b) => a.begin - b.begin);
    const [{ x }] = own;
    for (const [i, { name, begin, end, x: other }] of own.entries()) {
      const before = own[i - 1];
      if (before && (begin < before.end || !sameShape(other.shape, x.shape))) {
        throw new ShapeError(
          where,
          `${name} takes columns ${begin} to ${end} of ${other.toString()}, but ${before.name} ${before.begin} to ${before.end} of the same`,
          'Let ranges lie apart when training (queryOffset, keyOffset, valueOffset): each column has one gradient.',
        );
      }
    }
    const covered = own.reduce((sum, { begin, end }) => sum + end - begin, 0);
    if (covered !== x.shape.at(-1)) {
      throw new ShapeError(
        where,
        `rows of ${x.toString()} have columns besides the ${covered} of its heads`,
        'Split them off before attention when training.',
      );
    }
  }
}

/** Throws unless `softcap` can bound logits. */
export function expectCap(where: string, softcap: number | undefined): void {
  if (softcap === undefined || (softcap > 0 && softcap < Infinity)) return;
  throw new ShapeError(
    where,
    `softcap is ${softcap}`,
    'It bounds the logits: give a positive, finite number.',
  );
}

/** Throws unless logits can be multiplied by `scale`. */
export function expectScale(where: string, scale: number): void {
  if (Number.isFinite(scale)) return;
  throw new ShapeError(where, `scale is ${scale}`, 'Give a finite number, or leave it out for 1/√D.');
}

/** Throws unless each of these is a whole number of at least 1. */
export function expectWhole(where: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new ShapeError(where, `${name} is ${size}`, 'Give a whole number of at least 1.');
  }
}

/** Throws unless `heads` query heads of these widths can share key heads. */
export function expectHeads(
  where: string,
  heads: number,
  keyValueHeads: number,
  widths: Readonly<Record<string, number>>,
): void {
  expectWhole(where, { heads, keyValueHeads, ...widths });
  if (heads % keyValueHeads === 0) return;
  throw new ShapeError(
    where,
    `${heads} heads cannot share ${keyValueHeads} key heads`,
    'H must be a multiple of G.',
  );
}

/** A software workgroup of one quad, where each works for an entry of its own. */
export function oneHead(mapping: Mapping): Mapping {
  if (!mapping.software) return mapping;
  return { ...mapping, headsPerGroup: 1, constants: { ...mapping.constants, LANES: mapping.headLanes } };
}
