import { PACKINGS, type Packed } from '../../graph/packed';
import type { Capabilities } from '../../runtime/capabilities';

/** y (batch, M, N) = a (batch, M, K) b (batch, K, N), by its sizes. */
export interface ProductSizes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** b is stored (N, K). */
  readonly transposeB: boolean;
  /** How b is packed, if it is. */
  readonly packed?: Packed | null;
}

/** The rungs of the ladder; README.md says what each is for and what it bought. */
export type Rung =
  | ('row_1x64' | 'quad_4x64' | 'quad_16x16' | 'quad_32x64' | 'gemv' | 'tile_32x32' | 'tile_64x64')
  | ('row_packed' | 'gemv_packed');

export interface Tile {
  readonly rung: Rung;
  /** Outputs of one workgroup: rows and columns. */
  readonly height: number;
  readonly width: number;
  /**
   * Invocations of a workgroup, where the rung leaves a choice: a quad each is best on software adapters, but lavapipe's SIMD
   * has eight; `gemv` wants many along K where few workgroups are.
   */
  readonly lanes: number | null;
  /** Invocations side by side along K, of `gemv_packed`. */
  readonly along: number | null;
  /** What K is walked in. */
  readonly step: number;
  /** Parts of K that different workgroups sum, and the length of each: a multiple of `step`. */
  readonly splits: number;
  readonly chunk: number;
}

/** Outputs of a quad or, on hardware, of a workgroup, and the step along K. */
const LADDER: Readonly<
  Record<Exclude<Rung, 'gemv' | 'gemv_packed'>, readonly [height: number, width: number, step: number]>
> = {
  row_1x64: [1, 64, 4],
  row_packed: [1, 64, 32],
  quad_4x64: [4, 64, 4],
  quad_16x16: [16, 16, 4],
  quad_32x64: [32, 64, 4],
  tile_32x32: [32, 32, 32],
  tile_64x64: [64, 64, 16],
};

/** Sums of more than LONG terms are cut into parts, because chains of tens of thousands of additions lose digits. */
const LONG = 8192;
/** Workgroups of `gemv` that are too few to be this wide, and so many that they need not be large. */
const [FEW, MANY] = [64, 512];
/** Bytes of a buffer, in which all parts must fit: what every device offers. */
const BINDING = 2 ** 27;

/** Chooses the rung for a product, and whether K is split among workgroups. */
export function tile(
  sizes: ProductSizes,
  can: Pick<Capabilities, 'software' | 'subgroups' | 'manyRegisters'>,
): Tile {
  const { m, n, k, batch } = sizes;
  // A software adapter is busy with a few workgroups; a GPU wants several for each of its processors.
  const wanted = can.software ? 8 : 128;
  // The software rungs stand on swapping within a quad; where it cannot be had, workgroup tiles are next best.
  const software = can.software && can.subgroups !== null;
  const plain = software ? softwareRung(sizes, can) : hardwareRung(sizes, can, wanted);
  const rung = packedRung(plain, sizes);
  if (rung === 'gemv' && !can.software) return hardwareGemv(sizes);
  const along = rung === 'gemv_packed' ? lanesAlong(sizes) : null;
  const [height, base, step] =
    rung === 'gemv'
      ? [4, gemvWidth(sizes), 4]
      : rung === 'gemv_packed'
        ? [4, 256 / along!, codesOfQuad(sizes)]
        : LADDER[rung];
  const lanes = software ? (isSwiftShader(can) ? 4 : 8) : null;
  const width = (base * (lanes ?? 4)) / 4;
  const groups = Math.ceil(m / height) * Math.ceil(n / width) * batch;
  const shortest = can.software ? 128 : 256;
  const most = Math.max(1, Math.min(Math.floor(k / shortest), 64));
  const splits = Math.max(Math.min(Math.ceil(wanted / groups), most), partsOf(sizes, software));
  const chunk = Math.ceil(k / splits / step) * step;
  return { rung, height, width, lanes, along, step, splits: Math.ceil(k / chunk), chunk };
}

/** Parts of sums that are long, where there is room for them. */
function partsOf({ batch, m, n, k }: ProductSizes, software: boolean): number {
  // Software rungs add four products at a time: 256 additions a part.
  const parts = k > LONG ? Math.ceil(k / (software ? 1024 : 2048)) : 1;
  return 4 * batch * m * n * parts > BINDING ? 1 : parts;
}

/**
 * A workgroup of `gemv` has K to itself unless the sums are long, since a second pass takes longer than it saves: on GPUs, where
 * there are few, they are larger instead, and narrower.
 */
function hardwareGemv(sizes: ProductSizes): Tile {
  const { n, k, batch } = sizes;
  const wide = gemvWidth(sizes);
  const width = Math.ceil(n / wide) * batch < FEW ? Math.min(wide, 16) : wide;
  // Each invocation is to have two blocks of four along K at least.
  const lanes = Math.ceil(n / width) * batch < MANY && k >= (2 * 4 * 256) / (width / 4) ? 256 : 64;
  const chunk = Math.ceil(k / partsOf(sizes, false) / 4) * 4;
  return { rung: 'gemv', height: 4, width, lanes, along: null, step: 4, splits: Math.ceil(k / chunk), chunk };
}

/** Subgroups of four are SwiftShader's. Others (lavapipe has eight) take minutes to compile the wide tile. */
function isSwiftShader(can: Pick<Capabilities, 'subgroups'>): boolean {
  return can.subgroups !== null && can.subgroups.max === 4;
}

function softwareRung({ m, n, batch }: ProductSizes, can: Pick<Capabilities, 'subgroups'>): Rung {
  if (m === 1) return 'row_1x64';
  if (m <= 4) return 'quad_4x64';
  if (!isSwiftShader(can)) return 'quad_16x16';
  // Tiles cost the same full or not; the wide one is 1.5 times as fast for each output.
  const wide = Math.ceil(m / 32) * Math.ceil(n / 64);
  const narrow = Math.ceil(m / 16) * Math.ceil(n / 16);
  return wide * batch >= 4 && wide * 32 * 64 <= 1.5 * narrow * 16 * 16 ? 'quad_32x64' : 'quad_16x16';
}

function hardwareRung(
  { m, n, batch }: ProductSizes,
  { manyRegisters }: Pick<Capabilities, 'manyRegisters'>,
  wanted: number,
): Rung {
  if (m <= 4) return 'gemv';
  const tiles = Math.ceil(m / 64) * Math.ceil(n / 64) * batch;
  return manyRegisters && tiles >= wanted ? 'tile_64x64' : 'tile_32x32';
}

/** Kernels of their own for few rows of packed weights; what reads them the other way (gradients) has the others'. */
function packedRung(rung: Rung, { packed, transposeB }: ProductSizes): Rung {
  if (!packed || !transposeB) return rung;
  return rung === 'row_1x64' ? 'row_packed' : rung === 'gemv' ? 'gemv_packed' : rung;
}

/** Codes in four words, which a lane of `gemv_packed` reads at once. */
const codesOfQuad = ({ packed }: ProductSizes): number => 128 / PACKINGS[packed!].bits;

/** As many lanes as a row has quads of words; the others of a workgroup read other columns. */
function lanesAlong(sizes: ProductSizes): number {
  const quads = Math.ceil(sizes.k / codesOfQuad(sizes));
  return [8, 16, 32].find((lanes) => lanes >= quads) ?? 64;
}

/** Columns of a workgroup of `gemv`: neighbouring invocations read along whichever axis b is stored. */
function gemvWidth({ transposeB }: Pick<ProductSizes, 'transposeB'>): number {
  return transposeB ? 4 : 32;
}
