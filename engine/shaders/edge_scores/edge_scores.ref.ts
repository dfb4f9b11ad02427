import type { EdgeList } from '../aggregate/aggregate.ref';

/** What the scores of edges are made of: rows of sources (M, H C), of targets (N, H C), of edges (E, H C), and a (H C). */
export interface EdgeScoreRows {
  readonly source: Float64Array;
  readonly target: Float64Array;
  readonly edge: Float64Array | null;
  readonly a: Float64Array | null;
}

interface Sizes {
  readonly heads: number;
  readonly width: number;
  readonly slope: number;
}

/** Calls `each` with every edge, column and pre-activation. */
function walk(
  rows: EdgeScoreRows,
  { source, of }: EdgeList,
  c: number,
  each: (e: number, i: number, z: number) => void,
): void {
  for (let e = 0; e < source.length; e++)
    for (let i = 0; i < c; i++)
      each(
        e,
        i,
        rows.source[source[e] * c + i] + rows.target[of[e] * c + i] + (rows.edge ? rows.edge[e * c + i] : 0),
      );
}

/** y[e, h] = Σ a leaky(source row + target row + edge row) over the columns of head h. */
export function edgeScoresRef(
  rows: EdgeScoreRows,
  edges: EdgeList,
  { heads, width, slope }: Sizes,
): Float64Array {
  const y = new Float64Array(edges.source.length * heads);
  walk(rows, edges, heads * width, (e, i, z) => {
    y[e * heads + Math.floor(i / width)] += (rows.a ? rows.a[i] : 1) * (z > 0 ? z : slope * z);
  });
  return y;
}

export function edgeScoresRefGrad(
  rows: EdgeScoreRows,
  dy: Float64Array,
  edges: EdgeList,
  { heads, width, slope }: Sizes,
): { source: Float64Array; target: Float64Array; edge: Float64Array; a: Float64Array } {
  const c = heads * width;
  const d = {
    source: new Float64Array(rows.source.length),
    target: new Float64Array(rows.target.length),
    edge: new Float64Array(edges.source.length * c),
    a: new Float64Array(c),
  };
  walk(rows, edges, c, (e, i, z) => {
    const up = dy[e * heads + Math.floor(i / width)];
    const dz = up * (rows.a ? rows.a[i] : 1) * (z > 0 ? 1 : slope);
    d.source[edges.source[e] * c + i] += dz;
    d.target[edges.of[e] * c + i] += dz;
    d.edge[e * c + i] += dz;
    d.a[i] += up * (z > 0 ? z : slope * z);
  });
  return d;
}
