/** Lines of a text by what they mean: rows of numbers, how near each is to a query, and a map of all. */
import { DataError, throwIfAborted } from '../../../engine/index';
import type { SentenceEmbedder } from '../../../models/tasks/index';
import type { Beyond } from './beyond';
import { placeIn, planeOf, product, type Plane } from './plane';
import type { Hit, LineMap, Rows, Searched } from './protocol';

/** Lines at most, and hits that are told. */
export const MOST_LINES = 5000;
const HITS = 12;

/** Lines of a text that say something, once each. Throws `DataError` where there are too few to search. */
export function linesOf(text: string): { readonly lines: readonly string[]; readonly left: number } {
  const all = [
    ...new Set(
      text
        .split(/\r\n?|\n/)
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ];
  if (all.length < 3)
    throw new DataError('Lines', `there are ${all.length}`, 'Give three that differ, at least.');
  return { lines: all.slice(0, MOST_LINES), left: Math.max(0, all.length - MOST_LINES) };
}

/** What reads lines. */
export interface Reads {
  readonly embedder: SentenceEmbedder;
  beyond(text: string): Beyond;
}

/** How rows are made. */
export interface Reader {
  readonly rows: Rows;
  readonly reads: Reads;
  /** The middle of all rows is taken from each: what all have in common would make all alike. */
  readonly centred: boolean;
}

export class ReadLines {
  readonly map: LineMap;
  readonly #rows: readonly Float64Array[];
  readonly #plane: Plane;
  readonly #centred: boolean;

  private constructor(
    map: LineMap,
    { rows, plane, centred }: { rows: readonly Float64Array[]; plane: Plane; centred: boolean },
  ) {
    [this.map, this.#rows, this.#plane, this.#centred] = [map, rows, plane, centred];
  }

  static async of(
    { lines, left }: { readonly lines: readonly string[]; readonly left: number },
    { rows, reads, centred }: Reader,
    signal: AbortSignal,
    onProgress: (done: number, total: number) => void,
  ): Promise<ReadLines> {
    const found = await reads.embedder.embed(lines, { long: 'cut', signal, onProgress });
    throwIfAborted(signal);
    const plane = planeOf(found);
    const points = new Float32Array(2 * lines.length);
    found.forEach((row, i) => points.set(placeIn(plane, row), 2 * i));
    const own = found.map((row) => directed(row, centred ? plane.mean : null));
    const cut = lines.filter((line) => reads.beyond(line).long !== undefined).length;
    const map = { rows, lines, left, cut, points, shares: plane.shares, groups: null };
    return new ReadLines(map, { rows: own, plane, centred });
  }

  /** The nearest lines, by the cosine of the angle. */
  async search(embedder: SentenceEmbedder, query: string, signal: AbortSignal): Promise<Searched> {
    const [row] = await embedder.embed([query], { long: 'cut', signal });
    const own = directed(row, this.#centred ? this.#plane.mean : null);
    const hits = this.#rows
      .map((other, line): Hit => ({ line, score: product(own, other) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, HITS);
    return { hits, point: placeIn(this.#plane, row) };
  }
}

/** A row's direction, in float64; seen from `middle` where there is one. */
function directed(row: Float32Array, middle: Float64Array | null): Float64Array {
  const own = Float64Array.from(row, (value, i) => value - (middle?.[i] ?? 0));
  const length = Math.sqrt(product(own, own)) || 1;
  return own.map((value) => value / length);
}
