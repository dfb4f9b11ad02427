/**
 * Sparse attention: which keys a query sees, as ranges of positions, and the lists of tiles that the kernels walk.
 * Tiles in which no pair sees are never loaded, so time and lists follow the number of pairs and not T·S.
 */
import { ShapeError } from '../../errors';

/** First and last of a range of key positions, both seen. */
export type KeyRange = readonly [first: number, last: number];

/** Says which keys of S the query at `position` sees; ranges may overlap and may reach outside 0 … S - 1. */
export interface AttentionPattern {
  readonly name: string;
  keys(position: number, S: number): readonly KeyRange[];
}

function expectWhole(name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ShapeError(name, `got ${value}`, `It takes a whole number of at least ${least}.`);
  }
}

/** Keys at most `left` before and `right` after the query: the band of Longformer (Beltagy et al. 2020). */
export function localPattern(left: number, right = left): AttentionPattern {
  expectWhole('localPattern', left, 0);
  expectWhole('localPattern', right, 0);
  return { name: `local ${left}, ${right}`, keys: (t) => [[t - left, t + right]] };
}

/** Every `stride`-th key counted from the query, both ways: the columns of Sparse Transformer (Child et al. 2019). */
export function stridedPattern(stride: number): AttentionPattern {
  expectWhole('stridedPattern', stride);
  return {
    name: `strided ${stride}`,
    keys: (t, S) => {
      const first = t % stride;
      return Array.from({ length: Math.max(0, Math.ceil((S - first) / stride)) }, (_, n) => {
        const key = first + n * stride;
        return [key, key] as const;
      });
    },
  };
}

/** The last `count` keys of each block of `stride`, by all queries: Sparse Transformer's fixed columns. */
export function fixedPattern(stride: number, count = 1): AttentionPattern {
  expectWhole('fixedPattern', stride);
  expectWhole('fixedPattern count', count);
  return {
    name: `fixed ${stride}, ${count}`,
    keys: (_, S) =>
      Array.from({ length: Math.ceil(S / stride) }, (__, n) => [
        (n + 1) * stride - count,
        (n + 1) * stride - 1,
      ]),
  };
}

/** Positions that see all and that all see: the global tokens of Longformer and BigBird. */
export function globalPattern(positions: readonly number[]): AttentionPattern {
  for (const p of positions) expectWhole('globalPattern', p, 0);
  const all = new Set(positions);
  const columns = positions.map((p) => [p, p] as const);
  return { name: `global ${positions.join(' ')}`, keys: (t, S) => (all.has(t) ? [[0, S - 1]] : columns) };
}

/**
 * For each block of `block` queries `count` blocks of keys drawn at random, the same at every run: BigBird
 * (Zaheer et al. 2020).
 */
export function randomPattern(block: number, count: number, seed = 0): AttentionPattern {
  expectWhole('randomPattern block', block);
  expectWhole('randomPattern count', count);
  return {
    name: `random ${block}, ${count}, ${seed}`,
    keys: (t, S) => {
      const blocks = Math.ceil(S / block);
      return Array.from({ length: Math.min(count, blocks) }, (_, n) => {
        const drawn = mix(mix(mix(seed) ^ Math.floor(t / block)) ^ n) % blocks;
        return [drawn * block, (drawn + 1) * block - 1];
      });
    },
  };
}

/** Pairs that any of the patterns has. */
export function unionPattern(...patterns: readonly AttentionPattern[]): AttentionPattern {
  return {
    name: patterns.map((p) => p.name).join(' | '),
    keys: (t, S) => patterns.flatMap((p) => p.keys(t, S)),
  };
}

/** A well-mixed 32-bit word (finaliser of MurmurHash3). */
function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const ALL = 0xffff_ffff;

/** The lists of walk_tiles.wgsl, for kernels that own queries and for those that own keys. */
export interface Tiles {
  readonly byQuery: Uint32Array;
  readonly byKey: Uint32Array;
  /** Pairs in the listed tiles: what the kernels compute. */
  readonly pairs: number;
}

/** Lists the tiles of a pattern, within `left` and `right` of query row t (keys t + left … t + right). */
export function tilesOf(
  pattern: AttentionPattern,
  z: {
    readonly T: number;
    readonly S: number;
    readonly left: number;
    readonly right: number;
    readonly tile: number;
  },
): Tiles {
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
  const listed = rows.reduce((sum, row) => sum + row.size, 0);
  return { byQuery: pack(rows, T, S, tile), byKey: pack(columns, S, T, tile), pairs: listed * tile * tile };
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
