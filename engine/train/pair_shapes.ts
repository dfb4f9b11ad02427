/** The extents of a batch of pairs, hence of a compiled plan: B rows of S source and T target tokens. */
export interface PairShape {
  readonly B: number;
  readonly S: number;
  readonly T: number;
}

/** Shapes of batches, and which pair goes into which, see `pairBuckets`. */
export interface PairBuckets {
  /** Smallest S + T first. */
  readonly shapes: readonly PairShape[];
  /** For each pair the shape that it is batched in. */
  readonly bucket: Uint8Array;
  /** Tokens of all batches of one pass, padding included. */
  readonly paddedTokens: number;
}

/** How many shapes `pairBuckets` makes, and of what size. */
export interface PairShapeOptions {
  /** B·(S + T) stays within this where one pair does. */
  readonly tokens: number;
  /** At most this many shapes. */
  readonly maxShapes: number;
  /** Stop adding shapes once the share of padding is this low. */
  readonly padding: number;
}

/** Pairs of one size. */
interface Cell {
  readonly S: number;
  readonly T: number;
  count: number;
}

interface Extents {
  S: number;
  T: number;
}

/** So many of the most frequent sizes are tried for a shape that holds nothing yet. */
const COMMON = 64;

/**
 * Few shapes (S, T) that hold all pairs with little padding. A pair goes to the shape with the smallest S + T that it
 * fits; the shapes themselves are found by local search over the histogram of lengths, from shapes that share out the
 * tokens evenly, with the exact number of padded tokens as the objective. Deterministic; some 0.1 s.
 *
 * sourceLengths, targetLengths: of each pair, at least 1.
 */
export function pairBuckets(
  sourceLengths: ArrayLike<number>,
  targetLengths: ArrayLike<number>,
  options: PairShapeOptions,
): PairBuckets {
  const cells = histogram(sourceLengths, targetLengths);
  const real = cells.reduce((sum, { S, T, count }) => sum + count * (S + T), 0);
  let best: Extents[] = [];
  let padded = Infinity;
  for (const count of new Set([1, 2, 4, 6, 8, 12, 16, 24, 32].map((n) => Math.min(n, options.maxShapes)))) {
    const extents = search(cells, count, real, options.tokens);
    const { tokens } = cost(cells, extents, options.tokens);
    if (tokens < padded) [best, padded] = [extents, tokens];
    if (1 - real / padded <= options.padding) break;
  }
  best.sort((a, b) => a.S + a.T - (b.S + b.T));
  const counts = occupancy(cells, best);
  const shapes = best.flatMap(({ S, T }, k) =>
    counts[k] > 0 ? [{ B: rows(counts[k], S, T, options.tokens).B, S, T }] : [],
  );
  const bucket = Uint8Array.from(sourceLengths, (S, i) => smallest(shapes, S, targetLengths[i]));
  return { shapes, bucket, paddedTokens: padded };
}

/** The same for shapes that are given: those of other batches. Every pair must fit one of them. */
export function bucketsOf(
  sourceLengths: ArrayLike<number>,
  targetLengths: ArrayLike<number>,
  shapes: readonly PairShape[],
): PairBuckets {
  const bucket = Uint8Array.from(sourceLengths, (S, i) => smallest(shapes, S, targetLengths[i]));
  const counts = shapes.map(() => 0);
  for (const k of bucket) counts[k]++;
  const paddedTokens = shapes.reduce(
    (sum, { B, S, T }, k) => sum + Math.ceil(counts[k] / B) * B * (S + T),
    0,
  );
  return { shapes, bucket, paddedTokens };
}

/** Whether one of the shapes holds such a pair. */
export function fits(shapes: readonly PairShape[], S: number, T: number): boolean {
  return smallest(shapes, S, T) >= 0;
}

function histogram(sourceLengths: ArrayLike<number>, targetLengths: ArrayLike<number>): Cell[] {
  const cells = new Map<string, Cell>();
  for (let i = 0; i < sourceLengths.length; i++) {
    const [S, T] = [sourceLengths[i], targetLengths[i]];
    const cell = cells.get(`${S} ${T}`);
    if (cell) cell.count++;
    else cells.set(`${S} ${T}`, { S, T, count: 1 });
  }
  return [...cells.values()].sort((a, b) => a.S + a.T - (b.S + b.T) || a.S - b.S);
}

function search(cells: readonly Cell[], count: number, real: number, budget: number): Extents[] {
  const most = extentsOf(cells);
  const extents: Extents[] = [];
  let group: Cell[] = [];
  let tokens = 0;
  for (const cell of cells) {
    group.push(cell);
    tokens += cell.count * (cell.S + cell.T);
    if (extents.length === count - 1 || tokens < (real / count) * (extents.length + 1)) continue;
    extents.push(extentsOf(group));
    group = [];
  }
  while (extents.length < count) extents.push({ ...most }); // the last stays: it holds every pair
  const common = [...cells].sort((a, b) => b.count - a.count).slice(0, COMMON);
  let best = cost(cells, extents, budget).objective;
  for (const stride of [4, 2, 1]) {
    for (let improved = true; improved;) {
      improved = false;
      for (let k = 0; k < extents.length - 1; k++) {
        const unused = occupancy(cells, extents)[k] === 0;
        for (const { S, T } of unused ? common : around(extents[k], stride, most)) {
          const old = extents[k];
          extents[k] = { S, T };
          const { objective } = cost(cells, extents, budget);
          if (objective < best) [best, improved] = [objective, true];
          else extents[k] = old;
        }
      }
    }
  }
  return extents;
}

function around({ S, T }: Extents, stride: number, most: Extents): Extents[] {
  const near = (length: number, limit: number) =>
    [-stride, 0, stride].map((by) => Math.min(limit, Math.max(1, length + by)));
  return near(S, most.S).flatMap((s) => near(T, most.T).map((t) => ({ S: s, T: t })));
}

/** Padded tokens of a pass; the objective also keeps shapes from being left with a handful of pairs. */
function cost(
  cells: readonly Cell[],
  extents: readonly Extents[],
  budget: number,
): { tokens: number; objective: number } {
  let [tokens, penalty] = [0, 0];
  for (const [k, count] of occupancy(cells, extents).entries()) {
    if (count === 0) continue;
    const { S, T } = extents[k];
    const { B, batches } = rows(count, S, T, budget);
    tokens += batches * B * (S + T);
    penalty += Math.max(0, budget / 2 - B * (S + T));
  }
  return { tokens, objective: tokens + penalty };
}

/** As few batches as the budget allows, all of one size: the last lacks fewer rows than there are batches. */
function rows(count: number, S: number, T: number, budget: number): { B: number; batches: number } {
  const batches = Math.ceil(count / Math.max(1, Math.floor(budget / (S + T))));
  return { B: Math.ceil(count / batches), batches };
}

function occupancy(cells: readonly Cell[], extents: readonly Extents[]): number[] {
  const counts = extents.map(() => 0);
  for (const { S, T, count } of cells) counts[smallest(extents, S, T)] += count;
  return counts;
}

function smallest(extents: readonly Extents[], S: number, T: number): number {
  let best = -1;
  let size = Infinity;
  for (let k = 0; k < extents.length; k++) {
    const shape = extents[k];
    if (shape.S < S || shape.T < T || shape.S + shape.T > size) continue;
    best = k;
    size = shape.S + shape.T;
  }
  return best;
}

function extentsOf(cells: readonly Cell[]): Extents {
  const extents = { S: 1, T: 1 };
  for (const { S, T } of cells) {
    extents.S = Math.max(extents.S, S);
    extents.T = Math.max(extents.T, T);
  }
  return extents;
}
