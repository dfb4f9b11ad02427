import { expectOptions } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { expectEdges, headsOf, type Edges } from '../lib/edges/edges';
import { dot, walkRows } from '../lib/edges/record';

/** What `aggregate` weighs edges by. */
export interface AggregateOptions {
  /** (E, H): how much each edge counts, by head, in the order of `edges`. Default: all count 1. */
  readonly weights?: Tensor;
}

/**
 * The sum of the neighbours' rows: y[n] = Σ w[e] x[source of e] over the edges e that go to node n; a node without edges
 * gets 0. x (M, H, C), or (M, C) as one head -> (N, H, C) or (N, C). Nothing is made for each edge but its weights, so
 * memory is linear in nodes and edges; gradients are sums over the same edges by source, without atomics, in a fixed
 * order. Throws `ShapeError` or `DataError` for shapes, offsets or ids that do not fit.
 */
export function aggregate(g: Graph, x: Tensor, edges: Edges, options: AggregateOptions = {}): Tensor {
  const where = g.where('aggregate');
  const { weights } = options;
  expectOptions(where, options, { weights });
  const counts = expectEdges(g, where, edges);
  const { sources, targets } = counts;
  const [heads, width] = headsOf(where, x, sources, 'source');
  if (weights) {
    expectDType(where, weights, 'f32', 'f16');
    expectShape(where, weights, [counts.edges, heads]);
  }
  const y = g.value('aggregate', [targets, ...x.shape.slice(1)], x.dtype);
  const shared = { edges: counts.edges, heads, width, weights };
  walkRows(g, {
    ...{ ...shared, name: 'aggregate.forward', x, rows: edges.source },
    order: { kind: 'target', tensor: edges.offsets },
    ...{ to: { tensor: y, add: false }, segments: targets },
  });

  g.backward(y, () => {
    const dy = g.grad(y);
    const dx = g.sink(x);
    if (dx) {
      walkRows(g, {
        ...{ ...shared, name: 'aggregate.backward', x: dy, rows: edges.of },
        order: { kind: 'source', tensor: edges.bySource },
        ...{ to: dx, segments: sources },
      });
    }
    const dw = weights ? g.sink(weights) : null;
    if (dw) dot(g, edges, counts, [x, dy], { heads, width }, dw);
  });
  return y;
}
