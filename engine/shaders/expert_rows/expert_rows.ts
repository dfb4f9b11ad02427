import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectAxes, expectDType, type Tensor } from '../../graph/tensor';
import { rungOf, type Capabilities } from '../../runtime/capabilities';
import { defineKernel } from '../../runtime/kernel';
import countWgsl from './count.wgsl';
import expertWgsl from './expert.wgsl';
import placeWgsl from './place.wgsl';

const countKernel = defineKernel({ name: 'expert_rows.count', wgsl: [expertWgsl, countWgsl] });
const placeKernel = defineKernel({ name: 'expert_rows.place', wgsl: [expertWgsl, placeWgsl] });
const LANES = 64;

/** What of `pairOf` is no pair: a row that fills up a tile. */
export const NO_PAIR = 0xffffffff;

/**
 * Rows for experts: pair p = t · K + j of token t and its choice j has one, those of an expert follow each other, and each
 * expert's begin with a tile of `height` rows. How many an expert has is known to the GPU alone, so that there is room for the
 * worst case; tensors are u32.
 */
export interface ExpertRows {
  /** E. */
  readonly experts: number;
  /** T. */
  readonly tokens: number;
  /** K: experts of a token. */
  readonly choices: number;
  readonly height: number;
  readonly tiles: number;
  /** (tiles): the expert of each tile, E where nobody needs it. */
  readonly tileOf: Tensor;
  /** (tiles · height): the pair of each row, `NO_PAIR` where there is none. */
  readonly pairOf: Tensor;
  /** (T · K): the row of each pair. */
  readonly rowOf: Tensor;
  /** (E + 1): the first tile of each expert; null where rows are not in their order, which gradients need. */
  readonly starts: Tensor | null;
}

/** How many experts there are, and how their rows are cut. */
export interface ExpertRowsOptions {
  /** E, 1 to 65,535. */
  readonly experts: number;
  /**
   * Rows of a tile. Default 1, without any order, for a few tokens in a graph that does not train; else what the device's products
   * take, 16 to 64. Weights have gradients where it is a multiple of `tileUnit`.
   */
  readonly height?: number;
}

/** Tokens that read their experts one by one, as in decoding: sorting costs more than it saves, when experts seldom meet. */
const FEW = 4;

/** What products of the device step by along rows: a tile that is none of its multiples cannot be summed over. */
export function tileUnit(can: Capabilities): 16 | 32 {
  const { software, subgroups } = rungOf(can, 'matmul');
  return software && subgroups ? 16 : 32;
}

/** Larger tiles, which larger products take, for experts that fill them: at most a quarter of all rows then fills up tiles. */
function heightFor(can: Capabilities, pairsOfExpert: number): number {
  const unit = tileUnit(can);
  if (unit === 16) return pairsOfExpert >= 64 ? 32 : 16;
  return rungOf(can, 'matmul').manyRegisters && pairsOfExpert >= 128 ? 64 : 32;
}

/** Tiles of `height` rows that `pairs` take at the most, whoever they go to. */
export function mostTiles(pairs: number, experts: number, height: number): number {
  const begun = Math.min(pairs, experts);
  return begun + Math.floor((pairs - begun) / height);
}

const counting = (length: number, each = 1): Uint32Array =>
  Uint32Array.from({ length }, (_, i) => Math.floor(i / each));

/** The token of each pair, u32 (T · K). */
export const tokenOfPair = (g: Graph, { tokens, choices }: ExpertRows): Tensor =>
  g.constant('token of pair', [tokens * choices], counting(tokens * choices, choices));

/** The first pair of each token, u32 (T + 1). */
export const pairsOfToken = (g: Graph, { tokens, choices }: ExpertRows): Tensor =>
  g.constant(
    'pairs of token',
    [tokens + 1],
    counting(tokens + 1).map((t) => t * choices),
  );

/** Rows of pairs as they come: `pairs` of them, a tile each. */
function inOrder(g: Graph, tokens: number, choices: number): Pick<ExpertRows, 'pairOf' | 'rowOf'> {
  const pairs = tokens * choices;
  const each = g.constant('rows in order', [pairs], counting(pairs));
  return { pairOf: each, rowOf: each };
}

/** Rows of an expert that all tokens have, in their order. */
export function rowsOfAll(g: Graph, tokens: number): ExpertRows {
  const tileOf = g.constant('the only expert', [tokens], new Uint32Array(tokens));
  const sizes = { experts: 1, tokens, choices: 1, height: 1, tiles: tokens };
  return { ...sizes, tileOf, starts: null, ...inOrder(g, tokens, 1) };
}

/**
 * Sorts tokens by their experts, on the GPU and without atomics: rows for `expertMatmul` and `expertSum`. ids (T, K) u32, as
 * `topExperts` gives them; those that are not below E count as the last expert. Throws `ShapeError`.
 */
export function expertRows(g: Graph, ids: Tensor, options: ExpertRowsOptions): ExpertRows {
  const where = g.where('expertRows');
  expectAxes(where, ids, 'T, K');
  expectDType(where, ids, 'u32');
  const [tokens, choices] = ids.shape;
  const pairs = tokens * choices;
  const few = !g.train && tokens <= FEW;
  const { experts, height = few ? 1 : heightFor(g.device.can, pairs / options.experts) } = options;
  expectOptions(where, options, { experts, height });
  for (const [name, n] of Object.entries({ experts, height })) {
    if (Number.isInteger(n) && n >= 1 && n <= 65_535) continue;
    throw new ShapeError(where, `${name} is ${n}`, 'Use a whole number from 1 to 65535.');
  }
  if (height === 1 && few && options.height === undefined) {
    const own = { tileOf: g.view(ids, [pairs]), starts: null, ...inOrder(g, tokens, choices) };
    return { experts, tokens, choices, height, tiles: pairs, ...own };
  }
  const tiles = mostTiles(pairs, experts, height);
  const uniforms = { pairs, experts, height, tiles };
  const counts = g.value('tokens of experts', [experts], 'u32');
  g.dispatch(
    countKernel,
    { ids, counts },
    { uniforms, constants: { LANES }, grid: [experts], bytes: ids.bytes },
  );
  const rows = {
    starts: g.value('first tiles of experts', [experts + 1], 'u32'),
    tileOf: g.value('experts of tiles', [tiles], 'u32'),
    pairOf: g.value('pairs of rows', [tiles * height], 'u32'),
    rowOf: g.value('rows of pairs', [pairs], 'u32'),
  };
  g.dispatch(
    placeKernel,
    {
      ...{ ids, counts, starts: rows.starts, tile_of: rows.tileOf },
      ...{ pair_of: rows.pairOf, row_of: rows.rowOf },
    },
    { uniforms, constants: { LANES }, grid: [experts] },
  );
  return { experts, tokens, choices, height, tiles, ...rows };
}
