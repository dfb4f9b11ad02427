import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { expectEdges, headsOf, type Edges } from '../lib/edges/edges';
import { dot, walkRows } from '../lib/edges/record';

/**
 * The dot product of both ends of every edge: y[e, h] = Σ a[source of e, h] b[target of e, h]. a (M, H, C), b (N, H, C), or
 * (M, C) and (N, C) as one head -> (E, H), in the order of `edges`. Scores of links, and of attention by dot products.
 * Gradients are sums over the edges of a node, in a fixed order. Throws `ShapeError` or `DataError` for what does not fit.
 */
export function edgeDot(g: Graph, a: Tensor, b: Tensor, edges: Edges): Tensor {
  const where = g.where('edge_dot');
  const counts = expectEdges(g, where, edges);
  const { sources, targets } = counts;
  const [heads, width] = headsOf(where, a, sources, 'source');
  const [otherHeads, otherWidth] = headsOf(where, b, targets, 'target');
  if (heads !== otherHeads || width !== otherWidth) {
    const what = `${a.toString()} has ${heads} heads of ${width}, ${b.toString()} ${otherHeads} of ${otherWidth}`;
    throw new ShapeError(where, what, 'Give both the same.');
  }
  const y = g.value('edge_dot', [counts.edges, heads], a.dtype);
  dot(g, edges, counts, [a, b], { heads, width }, { tensor: y, add: false });

  g.backward(y, () => {
    const dy = g.grad(y);
    const shared = { name: 'edge_dot.backward', edges: counts.edges, heads, width, weights: dy };
    const da = g.sink(a);
    if (da) {
      const order = { kind: 'source', tensor: edges.bySource } as const;
      walkRows(g, { ...shared, x: b, rows: edges.of, order, to: da, segments: sources });
    }
    const db = g.sink(b);
    if (db) {
      const order = { kind: 'target', tensor: edges.offsets } as const;
      walkRows(g, { ...shared, x: a, rows: edges.source, order, to: db, segments: targets });
    }
  });
  return y;
}
