/** Sparse attention: which keys a query sees, as ranges of positions. */
import { expectSeed, ShapeError } from '../../../errors';
import { sparseTiles, type AttentionPattern, type KeyRange } from './sparse';

export type { AttentionPattern, KeyRange } from './sparse';

/**
 * A pattern of your own: `keys` says which keys of S the query at `position` sees. Tiles in which no pair sees are
 * never loaded, so time follows the number of pairs and not T·S. Layers with the same pattern object share its lists.
 *
 * @throws ShapeError when an attention is recorded, if an end of a range is no whole number, nor infinite.
 */
export function sparsePattern(name: string, keys: AttentionPattern['keys']): AttentionPattern {
  return {
    name,
    keys: (position, S) => expectRanges(name, position, keys(position, S)),
    tiles(g, z) {
      return sparseTiles(g, this, z);
    },
  };
}

/** Half a position would be rounded one way by queries and another way by keys. */
function expectRanges(name: string, position: number, ranges: readonly KeyRange[]): readonly KeyRange[] {
  for (const [first, last] of ranges) {
    for (const end of [first, last]) {
      if (Number.isInteger(end) || Math.abs(end) === Infinity) continue;
      throw new ShapeError(
        name,
        `the query at ${position} sees keys ${first} to ${last}`,
        'Give whole numbers, as Math.floor does: the first and the last key, both seen.',
      );
    }
  }
  return ranges;
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
  return sparsePattern(`local ${left}, ${right}`, (t) => [[t - left, t + right]]);
}

/** Every `stride`-th key counted from the query, both ways: the columns of Sparse Transformer (Child et al. 2019). */
export function stridedPattern(stride: number): AttentionPattern {
  expectWhole('stridedPattern', stride);
  return sparsePattern(`strided ${stride}`, (t, S) => {
    const first = t % stride;
    return Array.from({ length: Math.max(0, Math.ceil((S - first) / stride)) }, (_, n) => {
      const key = first + n * stride;
      return [key, key] as const;
    });
  });
}

/** The last `count` keys of each block of `stride`, by all queries: Sparse Transformer's fixed columns. */
export function fixedPattern(stride: number, count = 1): AttentionPattern {
  expectWhole('fixedPattern', stride);
  expectWhole('fixedPattern count', count);
  if (count > stride) {
    throw new ShapeError(
      'fixedPattern',
      `the last ${count} keys of each block of ${stride}`,
      `Give a count of at most ${stride}; with ${stride} every key is seen.`,
    );
  }
  return sparsePattern(`fixed ${stride}, ${count}`, (_, S) =>
    Array.from({ length: Math.ceil(S / stride) }, (__, n) => [
      (n + 1) * stride - count,
      (n + 1) * stride - 1,
    ]),
  );
}

/** Positions that see all and that all see: the global tokens of Longformer and BigBird. */
export function globalPattern(positions: readonly number[]): AttentionPattern {
  for (const p of positions) expectWhole('globalPattern', p, 0);
  const all = new Set(positions);
  const columns = positions.map((p) => [p, p] as const);
  return sparsePattern(`global ${positions.join(' ')}`, (t, S) => (all.has(t) ? [[0, S - 1]] : columns));
}

/**
 * For each block of `block` queries `count` different blocks of keys drawn at random (all, if there are fewer), the same
 * at every run: BigBird (Zaheer et al. 2020).
 */
export function randomPattern(block: number, count: number, seed = 0): AttentionPattern {
  expectWhole('randomPattern block', block);
  expectWhole('randomPattern count', count);
  expectSeed('randomPattern', seed);
  return sparsePattern(`random ${block}, ${count}, ${seed}`, (t, S) => {
    const blocks = Math.ceil(S / block);
    const drawn = new Set<number>();
    // Each set is as likely as any other (Floyd; Bentley and Floyd 1987).
    for (let last = Math.max(0, blocks - count); last < blocks; last++) {
      const n = mix(mix(mix(seed) ^ Math.floor(t / block)) ^ last) % (last + 1);
      drawn.add(drawn.has(n) ? last : n);
    }
    return Array.from(drawn, (n) => [n * block, (n + 1) * block - 1] as const);
  });
}

/** Pairs that any of the patterns has. */
export function unionPattern(...patterns: readonly AttentionPattern[]): AttentionPattern {
  const name = patterns.map((p) => p.name).join(' | ');
  return sparsePattern(name, (t, S) => patterns.flatMap((p) => p.keys(t, S)));
}

/** A well-mixed 32-bit word (finaliser of MurmurHash3). */
function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
