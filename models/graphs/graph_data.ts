import { DataError, expectOneOf, expectOptions } from '../../engine/index';
import { addSelfLoops, type LoopFill } from './self_loops';

/** Ids of nodes: a list or any array of numbers. */
export type Ids = ArrayLike<number>;

/** What a graph is made of. */
export interface GraphOptions {
  /** N: its nodes have the ids 0 to N - 1. Nodes without edges count, too. */
  readonly nodes: number;
  /** (E): the node that each edge comes from. Edges may repeat and may be loops; an undirected one is two. */
  readonly source: Ids;
  /** (E): the node that each edge goes to, and whose row it changes. */
  readonly target: Ids;
  /** Numbers of the nodes, (N, F) row by row; F follows from their count. Default: none. */
  readonly features?: ArrayLike<number> | null;
  /** Numbers of the edges, (E, D) row by row, in the order of `source`. Default: none. */
  readonly edgeFeatures?: ArrayLike<number> | null;
}

/** An order of edges in which those of a node stand together. */
export interface CompressedRows {
  /** (N + 1): where the edges of each node begin. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** (E): the number of each edge in the order that was sorted. */
  readonly order: Uint32Array<ArrayBuffer>;
}

/** Sorts edges by a node of each, in time linear in both; equal ones keep their order. */
export function compressedRows(ids: Ids, nodes: number): CompressedRows {
  const offsets = new Uint32Array(nodes + 1);
  for (let e = 0; e < ids.length; e++) offsets[ids[e] + 1]++;
  for (let n = 0; n < nodes; n++) offsets[n + 1] += offsets[n];
  const next = offsets.slice(0, nodes);
  const order = new Uint32Array(ids.length);
  for (let e = 0; e < ids.length; e++) order[next[ids[e]]++] = e;
  return { offsets, order };
}

const LARGEST = 2 ** 28;

/** Ids of nodes, checked. @throws DataError for what is none, with its place. */
export function expectIds(where: string, name: string, ids: Ids, nodes: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(ids.length);
  for (let e = 0; e < ids.length; e++) {
    const id = ids[e];
    if (!Number.isInteger(id) || id < 0 || id >= nodes) {
      const what = `${name}[${e}] is ${String(id)}, but there are ${nodes} nodes`;
      throw new DataError(where, what, `Ids are whole numbers from 0 to ${nodes - 1}.`);
    }
    out[e] = id;
  }
  return out;
}

function expectRows(
  where: string,
  name: string,
  data: ArrayLike<number> | null,
  rows: number,
  what: string,
): { readonly data: Float32Array<ArrayBuffer>; readonly width: number } | null {
  if (data === null) return null;
  const width = data.length / rows;
  if (!Number.isInteger(width) || width < 1) {
    const count = `${name} are ${data.length} numbers for ${rows} ${what}s`;
    throw new DataError(where, count, `Give as many for each ${what}, row by row.`);
  }
  const out = Float32Array.from(data);
  for (let i = 0; i < out.length; i++) {
    if (Number.isFinite(out[i])) continue;
    const place = `${name} of ${what} ${Math.floor(i / width)}, column ${i % width}, are ${data[i]}`;
    throw new DataError(where, place, 'Give finite numbers of f32.');
  }
  return { data: out, width };
}

/**
 * A graph as models read it: checked, with its edges in both orders, by the node that they go to and by the one that they
 * come from. Time and memory are linear in nodes and edges. Nothing of it changes.
 *
 * Throws `DataError` for ids that are no nodes, lists of unequal lengths and numbers that are not finite, with the place.
 */
export class GraphData {
  /** N. */
  readonly nodes: number;
  /** E, loops that were added included. */
  readonly edges: number;
  /** (E): where each edge comes from, in the order that they were given in. */
  readonly source: Uint32Array<ArrayBuffer>;
  /** (E): where each edge goes to, in the same order. */
  readonly target: Uint32Array<ArrayBuffer>;
  /** (N, F), null where nodes have none. */
  readonly features: Float32Array<ArrayBuffer> | null;
  /** F, 0 where nodes have no numbers. */
  readonly width: number;
  /** (E, D) in the order of `source`, null where edges have none. */
  readonly edgeFeatures: Float32Array<ArrayBuffer> | null;
  /** D, 0 where edges have no numbers. */
  readonly edgeWidth: number;
  /** Edges by the node that they go to. */
  readonly byTarget: CompressedRows;
  /** What loops were added with, see `withSelfLoops`; null where none were. */
  readonly loops: { readonly fill: LoopFill } | null;
  /** (E): the number that an edge had before loops were added, -1 of an added one. */
  readonly origin: Int32Array<ArrayBuffer>;

  constructor(options: GraphOptions) {
    const { nodes, source, target } = options;
    const [features, edgeFeatures] = [options.features ?? null, options.edgeFeatures ?? null];
    const where = 'GraphData';
    expectOptions(where, options, { nodes, source, target, features, edgeFeatures });
    if (!Number.isInteger(nodes) || nodes < 1 || nodes > LARGEST) {
      throw new DataError(where, `nodes is ${String(nodes)}`, `Use a whole number from 1 to ${LARGEST}.`);
    }
    if (source.length !== target.length) {
      const what = `source has ${source.length} ids, target ${target.length}`;
      throw new DataError(where, what, 'Give both ends of each edge.');
    }
    this.nodes = nodes;
    this.edges = source.length;
    this.source = expectIds(where, 'source', source, nodes);
    this.target = expectIds(where, 'target', target, nodes);
    const own = expectRows(where, 'features', features, nodes, 'node');
    [this.features, this.width] = [own?.data ?? null, own?.width ?? 0];
    if (edgeFeatures && edgeFeatures.length > 0 && this.edges === 0) {
      throw new DataError(where, 'edgeFeatures are given, but there is no edge', 'Leave them out.');
    }
    const ofEdges =
      this.edges > 0 ? expectRows(where, 'edgeFeatures', edgeFeatures, this.edges, 'edge') : null;
    [this.edgeFeatures, this.edgeWidth] = [ofEdges?.data ?? null, ofEdges?.width ?? 0];
    this.byTarget = compressedRows(this.target, nodes);
    this.loops = null;
    this.origin = Int32Array.from(this.source.keys());
  }

  /**
   * The same graph with one loop at each node, as `add_self_loops` of PyTorch Geometric's layers: loops that are there are
   * taken out first, and the new ones stand behind all other edges. `fill` says what their features are: a number, or
   * 'mean', 'add', 'min', 'max' or 'mul' of those of the edges that go to the node (where none does 0, and 1 of 'mul').
   * Default 'mean'. `edgeWidth`: how many numbers loops have in a graph without edges. Default 0.
   */
  withSelfLoops(options: { readonly fill?: LoopFill; readonly edgeWidth?: number } = {}): GraphData {
    const { fill = 'mean', edgeWidth = 0 } = options;
    expectOptions('withSelfLoops', options, { fill, edgeWidth });
    const width = this.edges === 0 ? edgeWidth : this.edgeWidth;
    if (options.edgeWidth !== undefined && width !== edgeWidth) {
      throw new DataError('withSelfLoops', `edgeWidth is ${edgeWidth}, but edges have ${width} numbers`);
    }
    if (typeof fill !== 'number' || !Number.isFinite(fill)) {
      expectOneOf('withSelfLoops', 'fill', fill, ['mean', 'add', 'min', 'max', 'mul']);
    }
    const { origin, ...more } = addSelfLoops(this, fill, width);
    const graph = new GraphData({ nodes: this.nodes, features: this.features, ...more });
    return Object.assign(graph, {
      loops: { fill },
      origin: origin.map((e) => (e < 0 ? e : this.origin[e])),
    } as Partial<GraphData>);
  }
}

/** Edges and their reverses, behind them: an undirected graph has both. Loops have none. */
export function bothWays(source: Ids, target: Ids): { source: number[]; target: number[] } {
  const [from, to] = [Array.from(source), Array.from(target)];
  if (from.length !== to.length) {
    throw new DataError('bothWays', `source has ${from.length} ids, target ${to.length}`);
  }
  const back = [...from.keys()].filter((e) => from[e] !== to[e]);
  return { source: [...from, ...back.map((e) => to[e])], target: [...to, ...back.map((e) => from[e])] };
}
