/** What a sparse pattern is to attention: the lists of tiles by which kernels walk it. */
import type { Graph } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import type { Shader } from '../../../runtime/shader';
import { tileRows } from '../layout';
import walkTiles from './walk_tiles.wgsl';
import type { Reach } from '../tile/work';
import { rungOf } from '../../../runtime/capabilities';

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
  /** For kernels that own tiles of so many queries, by default as many as there are keys in a tile. */
  byQuery(rows?: number): TileList;
  readonly byKey: TileList;
}

/** What a kernel binds, and the pairs that it computes in each tile that it owns. */
export interface TileList {
  readonly bind: { readonly tiles: Tensor };
  readonly pairs: readonly number[];
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
  const tile = tileRows(rungOf(g.device.can, 'attention'));
  const listed = (name: string, { packed, pairs }: Lists): TileList => ({
    bind: { tiles: g.constant(`tiles of ${pattern.name}${name}`, [packed.length], packed) },
    pairs,
  });
  const plain = listed('', listsByQuery(pattern, z, tile, tile));
  const byKey = listed(' by key', listsByKey(pattern, z, tile));
  const queries = new Map([[tile, plain]]);
  const byQuery = (rows = tile): TileList => {
    const list = queries.get(rows) ?? listed(` by ${rows} queries`, listsByQuery(pattern, z, rows, tile));
    queries.set(rows, list);
    return list;
  };
  return { walk: walkTiles, byQuery, byKey };
}

const ALL = 0xffff_ffff;

/** Marks of streamed tiles by their numbers, for an owner. */
type Marks = Map<number, Uint32Array>;

/** The lists of walk_tiles.wgsl, and the pairs in the listed tiles of each owner: what the kernels compute. */
interface Lists {
  readonly packed: Uint32Array;
  readonly pairs: readonly number[];
}

function* runsOf(
  pattern: AttentionPattern,
  { T, S, left, right }: SparseSizes,
  tile: number,
): Generator<readonly [t: number, first: number, last: number]> {
  for (let t = 0; t < T; t++) {
    for (const [first, last] of pattern.keys(t + S - T, S)) {
      const end = Math.min(last, t + right, S - 1);
      for (let j = Math.max(first, t + left, 0); j <= end;) {
        const stop = Math.min(end, (Math.floor(j / tile) + 1) * tile - 1);
        yield [t, j, stop];
        j = stop + 1;
      }
    }
  }
}

function marksOf(lists: readonly Marks[], owner: number, streamed: number, rows: number): Uint32Array {
  let marks = lists[owner].get(streamed);
  if (!marks) lists[owner].set(streamed, (marks = new Uint32Array(rows)));
  return marks;
}

const noMarks = (count: number): Marks[] =>
  Array.from({ length: count }, () => new Map<number, Uint32Array>());

/** Owners are tiles of `rows` queries; keys go by tiles of `tile`. */
function listsByQuery(pattern: AttentionPattern, z: SparseSizes, rows: number, tile: number): Lists {
  const lists = noMarks(Math.ceil(z.T / rows));
  for (const [t, first, last] of runsOf(pattern, z, tile)) {
    const width = last - first + 1;
    const marks = marksOf(lists, Math.floor(t / rows), Math.floor(first / tile), rows);
    marks[t % rows] |= (width === 32 ? ALL : 2 ** width - 1) << (first % tile);
  }
  return pack(lists, z.T, z.S, rows, tile);
}

function listsByKey(pattern: AttentionPattern, z: SparseSizes, tile: number): Lists {
  const lists = noMarks(Math.ceil(z.S / tile));
  for (const [t, first, last] of runsOf(pattern, z, tile)) {
    const marks = marksOf(lists, Math.floor(first / tile), Math.floor(t / tile), tile);
    for (let key = first; key <= last; key++) marks[key % tile] |= 1 << (t % tile);
  }
  return pack(lists, z.S, z.T, tile, tile);
}

/** Owners' beginnings, entries (tile, marks), marks; see walk_tiles.wgsl. */
function pack(lists: readonly Marks[], owned: number, streamed: number, rows: number, tile: number): Lists {
  const head: number[] = [];
  const entries: (readonly [tile: number, marks: Uint32Array | null])[] = [];
  for (const [owner, list] of lists.entries()) {
    head.push(lists.length + 1 + 2 * entries.length);
    for (const n of [...list.keys()].sort((a, b) => a - b)) {
      const marks = list.get(n)!;
      const [own, width] = [Math.min(rows, owned - owner * rows), Math.min(tile, streamed - n * tile)];
      const all = width === 32 ? ALL : 2 ** width - 1;
      entries.push([n, marks.subarray(0, own).every((word) => word >>> 0 === all) ? null : marks]);
    }
  }
  head.push(lists.length + 1 + 2 * entries.length);
  const partial = entries.filter(([, marks]) => marks);
  const packed = new Uint32Array(head.length + 2 * entries.length + partial.length * rows);
  packed.set(head);
  let to = head.length + 2 * entries.length;
  for (const [i, [n, marks]] of entries.entries()) {
    packed.set([n, marks ? to : ALL], head.length + 2 * i);
    if (!marks) continue;
    packed.set(marks, to);
    to += rows;
  }
  return { packed, pairs: lists.map((list) => list.size * rows * tile) };
}
