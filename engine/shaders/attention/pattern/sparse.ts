/** What a sparse pattern is to attention: the lists of tiles by which kernels walk it. */
import type { Graph } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import type { Shader } from '../../../runtime/shader';
import { tileRows } from '../layout';
import walkTiles from './walk_tiles.wgsl';
import type { ByTile, Reach } from '../tile/work';

/** First and last of a range of key positions, both seen. */
export type KeyRange = readonly [first: number, last: number];

/** A pattern of those below, or of `sparsePattern`. */
export interface AttentionPattern {
  readonly name: string;
  /** Which keys of S the query at `position` sees; ranges may overlap, be empty and reach outside 0 … S - 1. */
  readonly keys: (position: number, S: number) => readonly KeyRange[];
  /** The tiles that the kernels walk. */
  tiles(g: Graph, z: SparseSizes): SparseTiles;
}

/** A pattern's lists as tensors, for kernels that own queries and kernels that own keys. */
export interface SparseTiles {
  readonly walk: Shader;
  readonly byQuery: { readonly tiles: Tensor };
  readonly byKey: { readonly tiles: Tensor };
  /** Pairs that the kernels compute. */
  readonly pairs: ByTile;
}

/** Sizes of an attention, and what a query row sees at most. */
export interface SparseSizes extends Reach {
  readonly T: number;
  readonly S: number;
}

const known = new WeakMap<Graph, Map<string, SparseTiles>>();
const numbers = new WeakMap<AttentionPattern, number>();
let patterns = 0;

/** The lists of a pattern, once a graph: layers that share the pattern object share its memory. */
export function sparseTiles(g: Graph, pattern: AttentionPattern, z: SparseSizes): SparseTiles {
  if (!numbers.has(pattern)) numbers.set(pattern, patterns++);
  const key = [numbers.get(pattern), z.T, z.S, z.left, z.right].join();
  const graph = known.get(g) ?? new Map<string, SparseTiles>();
  known.set(g, graph);
  let sparse = graph.get(key);
  if (!sparse) graph.set(key, (sparse = build(g, pattern, z)));
  return sparse;
}

function build(g: Graph, pattern: AttentionPattern, z: SparseSizes): SparseTiles {
  const { byQuery, byKey, pairs } = tilesOf(pattern, { ...z, tile: tileRows(g.device.can) });
  const rows = { tiles: g.constant(`tiles of ${pattern.name}`, [byQuery.length], byQuery) };
  const columns = { tiles: g.constant(`tiles of ${pattern.name} by key`, [byKey.length], byKey) };
  return { walk: walkTiles, byQuery: rows, byKey: columns, pairs };
}

const ALL = 0xffff_ffff;

/** The lists of walk_tiles.wgsl, for kernels that own queries and for those that own keys. */
interface Tiles {
  readonly byQuery: Uint32Array;
  readonly byKey: Uint32Array;
  /** Pairs in the listed tiles: what the kernels compute. */
  readonly pairs: ByTile;
}

function tilesOf(pattern: AttentionPattern, z: SparseSizes & { readonly tile: number }): Tiles {
  const { T, S, left, right, tile } = z;
  const count = { queries: Math.ceil(T / tile), keys: Math.ceil(S / tile) };
  const rows = Array.from({ length: count.queries }, () => new Map<number, Uint32Array>());
  const columns = Array.from({ length: count.keys }, () => new Map<number, Uint32Array>());
  const marksOf = (list: Map<number, Uint32Array>[], owner: number, streamed: number): Uint32Array => {
    let marks = list[owner].get(streamed);
    if (!marks) list[owner].set(streamed, (marks = new Uint32Array(tile)));
    return marks;
  };
  for (let t = 0; t < T; t++) {
    for (const [first, last] of pattern.keys(t + S - T, S)) {
      const end = Math.min(last, t + right, S - 1);
      for (let j = Math.max(first, t + left, 0); j <= end;) {
        const stop = Math.min(end, (Math.floor(j / tile) + 1) * tile - 1);
        const [row, column] = [Math.floor(t / tile), Math.floor(j / tile)];
        const width = stop - j + 1;
        marksOf(rows, row, column)[t % tile] |= (width === 32 ? ALL : 2 ** width - 1) << (j % tile);
        const transposed = marksOf(columns, column, row);
        for (let key = j; key <= stop; key++) transposed[key % tile] |= 1 << (t % tile);
        j = stop + 1;
      }
    }
  }
  const pairs = {
    byQuery: rows.map((list) => list.size * tile ** 2),
    byKey: columns.map((list) => list.size * tile ** 2),
  };
  return { byQuery: pack(rows, T, S, tile), byKey: pack(columns, S, T, tile), pairs };
}

/** Owners' beginnings, entries (tile, marks), marks; see walk_tiles.wgsl. */
function pack(
  lists: readonly Map<number, Uint32Array>[],
  owned: number,
  streamed: number,
  tile: number,
): Uint32Array {
  const head: number[] = [];
  const entries: (readonly [tile: number, marks: Uint32Array | null])[] = [];
  for (const [owner, list] of lists.entries()) {
    head.push(lists.length + 1 + 2 * entries.length);
    for (const n of [...list.keys()].sort((a, b) => a - b)) {
      const marks = list.get(n)!;
      const [rows, width] = [Math.min(tile, owned - owner * tile), Math.min(tile, streamed - n * tile)];
      const all = width === 32 ? ALL : 2 ** width - 1;
      entries.push([n, marks.subarray(0, rows).every((word) => word >>> 0 === all) ? null : marks]);
    }
  }
  head.push(lists.length + 1 + 2 * entries.length);
  const partial = entries.filter(([, marks]) => marks);
  const packed = new Uint32Array(head.length + 2 * entries.length + partial.length * tile);
  packed.set(head);
  let to = head.length + 2 * entries.length;
  for (const [i, [n, marks]] of entries.entries()) {
    packed.set([n, marks ? to : ALL], head.length + 2 * i);
    if (!marks) continue;
    packed.set(marks, to);
    to += tile;
  }
  return packed;
}
