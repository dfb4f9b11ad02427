import { EngineError, type Graph, type Tensor } from '../../engine/index';
import type { Edges } from '../../engine/edges';
import { compressedRows, type GraphData } from './graph_data';

/** A graph in a recording, as models take it. */
export interface GraphTensors {
  /** (N, F), f32. */
  readonly x: Tensor;
  readonly edges: Edges;
  /** (E, D), f32, in the order of `edges`; null where edges have none. */
  readonly edgeFeatures: Tensor | null;
  /** What loops were added with, see `GraphData.loops`. */
  readonly loops: GraphData['loops'];
}

/** Rows of `data` in the order of `order`. */
export function inOrder(data: Float32Array, order: Uint32Array, width: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(order.length * width);
  for (let i = 0; i < order.length; i++) {
    for (let d = 0; d < width; d++) out[i * width + d] = data[order[i] * width + d];
  }
  return out;
}

/** Edges as arrays, as `Edges` has them: sorted by target. */
export interface EdgeArrays {
  readonly source: Uint32Array<ArrayBuffer>;
  readonly of: Uint32Array<ArrayBuffer>;
  readonly offsets: Uint32Array<ArrayBuffer>;
  readonly bySource: Uint32Array<ArrayBuffer>;
}

/** Both orders of edges that are sorted by target, of `sources` and `offsets.length - 1` nodes. */
export function edgeArrays(
  source: Uint32Array<ArrayBuffer>,
  of: Uint32Array<ArrayBuffer>,
  offsets: Uint32Array<ArrayBuffer>,
  sources: number,
): EdgeArrays {
  const other = compressedRows(source, sources);
  const bySource = new Uint32Array(sources + 1 + source.length);
  bySource.set(other.offsets);
  bySource.set(other.order, sources + 1);
  return { source, of, offsets, bySource };
}

/** The edges of a graph, sorted. */
export function sortedEdges(graph: GraphData): EdgeArrays {
  const { offsets, order } = graph.byTarget;
  const source = order.map((e) => graph.source[e]);
  const of = order.map((e) => graph.target[e]);
  return edgeArrays(source, of, offsets, graph.nodes);
}

const NAMES = ['source', 'of', 'offsets', 'bySource'] as const;

/** Edges that a recording holds. */
export function edgeConstants(g: Graph, name: string, arrays: EdgeArrays): Edges {
  const [source, of, offsets, bySource] = NAMES.map((part) =>
    g.constant(`${name} ${part}`, [arrays[part].length], arrays[part]),
  );
  return { source, of, offsets, bySource };
}

/** Edges that each run brings, `E` of them, from `sources` to `targets` nodes. Their names: '{name}.source' … */
export function edgeInputs(
  g: Graph,
  name: string,
  { edges, sources, targets }: { readonly edges: number; readonly sources: number; readonly targets: number },
): Edges {
  const sizes = [edges, edges, targets + 1, sources + 1 + edges];
  const [source, of, offsets, bySource] = NAMES.map((part, i) =>
    g.input(`${name}.${part}`, [sizes[i]], 'u32'),
  );
  return { source, of, offsets, bySource };
}

/** What `edgeInputs` are fed. */
export function edgeFeed(name: string, arrays: EdgeArrays): Record<string, Uint32Array<ArrayBuffer>> {
  return Object.fromEntries(NAMES.map((part) => [`${name}.${part}`, arrays[part]]));
}

/**
 * A graph that a recording holds: for one that is the same at every run. Throws `EngineError` for one without numbers of
 * nodes, or without edges.
 */
export function graphConstants(g: Graph, graph: GraphData): GraphTensors {
  const { nodes, edges, features, width, edgeFeatures, edgeWidth } = graph;
  if (!features) throw new EngineError('graph', 'its nodes have no features', 'Give GraphData features.');
  if (edges === 0) throw new EngineError('graph', 'it has no edge', 'Add self-loops, or edges.');
  return {
    x: g.constant('node features', [nodes, width], features),
    edges: edgeConstants(g, 'edges', sortedEdges(graph)),
    edgeFeatures: edgeFeatures
      ? g.constant(
          'edge features',
          [edges, edgeWidth],
          inOrder(edgeFeatures, graph.byTarget.order, edgeWidth),
        )
      : null,
    loops: graph.loops,
  };
}
