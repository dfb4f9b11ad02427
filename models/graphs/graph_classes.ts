import {
  asHex,
  crossEntropy,
  DataError,
  EngineError,
  expectOneOf,
  expectOptions,
  expectSeed,
  fnv1aOfText,
  IGNORE_INDEX,
  RandomStream,
  type Graph,
  type Objective,
  type Tensor,
} from '../../engine/index';
import { expectSizes } from '../option_checks';
import type { GraphData } from './graph_data';
import { edgeArrays, edgeFeed, edgeInputs, inOrder, sortedEdges, type EdgeArrays } from './graph_tensors';
import type { GraphsTensors } from './heads';
import { fingerprintOf } from './node_classes';

/** A graph and its class. */
export interface LabelledGraph {
  /** What `model.prepare` returned. */
  readonly graph: GraphData;
  readonly label: number;
}

/** How `GraphBatches` puts graphs together. */
export interface GraphBatchOptions {
  /** B: graphs of a batch. Default 32. */
  readonly batch?: number;
  /** Default 0. */
  readonly seed?: number;
  /** New batches in new order in every epoch (default true). Without it, all epochs are the same: for evaluation. */
  readonly shuffle?: boolean;
  /** Take the sizes of these, so that a run evaluates with the same plan. Default: of its own graphs. */
  readonly like?: GraphBatches | null;
}

/** Graphs of a step. The last batch of an epoch may have fewer than B. */
export interface GraphBatch {
  readonly step: number;
  readonly rows: readonly LabelledGraph[];
}

/** How many nodes and edges a batch has room for. */
interface Room {
  readonly batch: number;
  /** The last one belongs to no graph, and has the edges that are none. */
  readonly nodes: number;
  readonly edges: number;
  readonly width: number;
  readonly edgeWidth: number;
}

/**
 * Batches of graphs as a function of the step: each epoch has every graph once, and a run resumes where its step number
 * says. A batch is one graph without edges between its parts, with room for the largest B of them; what is left over
 * goes to a node of its own. Throws `DataError` for graphs of unequal widths or other loops, with the row's number.
 */
export class GraphBatches {
  readonly rows: readonly LabelledGraph[];
  readonly room: Room;
  /** Batches of an epoch. */
  readonly perEpoch: number;
  /** A saved run goes on only where this is the same. */
  readonly fingerprint: string;
  readonly loops: GraphData['loops'];
  readonly #shuffle: { readonly seed: number } | null;
  readonly #sorted: ReadonlyMap<GraphData, EdgeArrays>;

  constructor(rows: readonly LabelledGraph[], options: GraphBatchOptions = {}) {
    const { batch = options.like?.room.batch ?? 32, seed = 0, shuffle = true, like = null } = options;
    const where = 'GraphBatches';
    expectOptions(where, options, { batch, seed, shuffle, like });
    expectSizes(where, { batch }, ['batch']);
    expectOneOf(where, 'shuffle', shuffle, [true, false]);
    expectSeed(where, seed);
    if (rows.length === 0) throw new DataError(where, 'there are no graphs', 'Give at least one.');
    const [first] = rows;
    const edgeMost = rows.reduce((most, { graph }) => Math.max(most, graph.edgeWidth), 0);
    for (const [i, { graph }] of rows.entries()) {
      const { width, edgeWidth, loops } = graph;
      if (!graph.features) throw new DataError(where, `nodes of graph ${i} have no features`);
      if (width !== first.graph.width || (edgeWidth !== edgeMost && graph.edges > 0)) {
        const what = `graph ${i} has (${width}, ${edgeWidth}) numbers, others (${first.graph.width}, ${edgeMost})`;
        throw new DataError(where, what, 'Give all nodes as many, and all edges.');
      }
      if (loops?.fill !== first.graph.loops?.fill)
        throw new DataError(where, `graph ${i} has other self-loops than graph 0`, 'Prepare all or none.');
    }
    const most = (of: (graph: GraphData) => number): number =>
      rows
        .map(({ graph }) => of(graph))
        .sort((a, b) => b - a)
        .slice(0, batch)
        .reduce((a, b) => a + b, 0);
    const own: Room = {
      batch,
      nodes: most((graph) => graph.nodes) + 1,
      edges: Math.max(
        1,
        most((graph) => graph.edges),
      ),
      width: first.graph.width,
      edgeWidth: edgeMost,
    };
    if (like && (own.nodes > like.room.nodes || own.edges > like.room.edges || batch !== like.room.batch)) {
      const what = `batches of ${batch} take ${own.nodes} nodes and ${own.edges} edges, those of like ${like.room.batch}, ${like.room.nodes} and ${like.room.edges}`;
      throw new DataError(where, what, 'Make the training batches over all graphs, or smaller ones here.');
    }
    if (like && (own.width !== like.room.width || ![0, like.room.edgeWidth].includes(own.edgeWidth))) {
      const what = `graphs have (${own.width}, ${own.edgeWidth}) numbers, those of like (${like.room.width}, ${like.room.edgeWidth})`;
      throw new DataError(where, what, 'Give all nodes as many, and all edges.');
    }
    if (like && like.loops?.fill !== first.graph.loops?.fill)
      throw new DataError(where, 'graphs have other self-loops than those of like', 'Prepare all or none.');
    this.rows = [...rows];
    this.room = like?.room ?? own;
    this.loops = first.graph.loops;
    this.perEpoch = Math.ceil(rows.length / batch);
    this.#shuffle = shuffle ? { seed } : null;
    this.#sorted = new Map(rows.map(({ graph }) => [graph, sortedEdges(graph)]));
    const words = rows.map(({ graph, label }) => `${fingerprintOf(graph)} ${label}`);
    this.fingerprint = asHex(fnv1aOfText(JSON.stringify([this.room, seed, shuffle, words])));
  }

  /** The batch of a step, counted from 0 over all epochs. */
  at(step: number): GraphBatch {
    if (!Number.isInteger(step) || step < 0)
      throw new DataError('GraphBatches', `step is ${step}`, 'Steps are whole numbers from 0.');
    const order = this.#orderOf(Math.floor(step / this.perEpoch));
    const begin = (step % this.perEpoch) * this.room.batch;
    return { step, rows: order.slice(begin, begin + this.room.batch).map((i) => this.rows[i]) };
  }

  /** All batches of an epoch, such as for validation. */
  epoch(number = 0): GraphBatch[] {
    return Array.from({ length: this.perEpoch }, (_, i) => this.at(number * this.perEpoch + i));
  }

  #orderOf(epoch: number): number[] {
    const order = [...this.rows.keys()];
    if (!this.#shuffle) return order;
    const random = new RandomStream(this.#shuffle.seed, `graph batches of epoch ${epoch}`);
    for (let i = order.length - 1; i > 0; i--) {
      const k = random.below(i + 1);
      [order[i], order[k]] = [order[k], order[i]];
    }
    return order;
  }

  /** Declares the inputs of a batch. */
  inputs(g: Graph): GraphsTensors {
    const { batch, nodes, edges, width, edgeWidth } = this.room;
    return {
      x: g.input('nodes', [nodes, width], 'f32'),
      edges: edgeInputs(g, 'edges', { edges, sources: nodes, targets: nodes }),
      edgeFeatures: edgeWidth > 0 ? g.input('edgeFeatures', [edges, edgeWidth], 'f32') : null,
      graphs: {
        offsets: g.input('graphs.offsets', [batch + 2], 'u32'),
        of: g.input('graphs.of', [nodes], 'u32'),
      },
      loops: this.loops,
    };
  }

  /** A batch as these inputs take it. Throws `DataError` for graphs that have no room. */
  feed({ rows }: GraphBatch): Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
    const { batch, nodes, edges, width, edgeWidth } = this.room;
    const x = new Float32Array(nodes * width);
    const edgeFeatures = new Float32Array(edges * edgeWidth);
    const [source, of] = [new Uint32Array(edges).fill(nodes - 1), new Uint32Array(edges).fill(nodes - 1)];
    const offsets = new Uint32Array(nodes + 1);
    const graphOffsets = new Uint32Array(batch + 2);
    const graphOf = new Uint32Array(nodes).fill(batch);
    let [node, edge] = [0, 0];
    for (const [b, { graph }] of rows.entries()) {
      const sorted = this.#sorted.get(graph) ?? sortedEdges(graph);
      if (b >= batch || node + graph.nodes >= nodes || edge + graph.edges > edges) {
        const what = `graph ${b} of the batch has no room among ${nodes} nodes and ${edges} edges`;
        throw new DataError('GraphBatches', what, 'Take batches of the objective’s own, or like: them.');
      }
      x.set(graph.features!, node * width);
      if (graph.edgeFeatures) {
        edgeFeatures.set(inOrder(graph.edgeFeatures, graph.byTarget.order, edgeWidth), edge * edgeWidth);
      }
      for (let e = 0; e < graph.edges; e++) {
        source[edge + e] = node + sorted.source[e];
        of[edge + e] = node + sorted.of[e];
      }
      for (let n = 0; n < graph.nodes; n++) offsets[node + n] = edge + sorted.offsets[n];
      graphOf.fill(b, node, node + graph.nodes);
      graphOffsets[b] = node;
      node += graph.nodes;
      edge += graph.edges;
    }
    // Graphs that the last batch lacks have no nodes; nodes that none has stand in a graph behind them.
    graphOffsets.fill(node, rows.length);
    graphOffsets[batch + 1] = nodes;
    offsets.fill(edge, node, nodes);
    offsets[nodes] = edges;
    return {
      nodes: x,
      ...edgeFeed('edges', edgeArrays(source, of, offsets, nodes)),
      ...(edgeWidth > 0 && { edgeFeatures }),
      'graphs.offsets': graphOffsets,
      'graphs.of': graphOf,
    };
  }
}

/** What training on graphs asks of a model: `GraphClassifier` is one. */
export interface GraphModel {
  readonly config: object;
  /** B + 1 graphs, the last of which is none -> (B + 1, K). */
  forward(g: Graph, graphs: GraphsTensors): Tensor;
}

/**
 * The classes of whole graphs: cross-entropy of the model's (B, K), the mean over a batch's graphs. Throws `DataError` for
 * labels that are no classes, with the row's number.
 */
export function graphClasses(
  batches: GraphBatches,
  options: { readonly classes: number; readonly smoothing?: number },
): Objective<GraphBatch, GraphModel> {
  const { classes, smoothing = 0 } = options;
  expectOptions('graphClasses', options, { classes, smoothing });
  expectSizes('graphClasses', options, ['classes']);
  if (!(batches instanceof GraphBatches))
    throw new EngineError('graphClasses', 'batches are no GraphBatches', 'Make them first.');
  const expectLabel = (label: number, row: number): void => {
    if (Number.isInteger(label) && label >= 0 && label < classes) return;
    const todo = `Give a class, from 0 to ${classes - 1}.`;
    throw new DataError('graphClasses', `the label of graph ${row} is ${String(label)}`, todo);
  };
  for (const [i, { label }] of batches.rows.entries()) expectLabel(label, i);
  const B = batches.room.batch;
  return {
    shapes: 1,
    identity: { kind: 'graphClasses', graphs: batches.fingerprint, classes, smoothing },
    record: (g, _, model) =>
      crossEntropy(
        g,
        model.forward(g, batches.inputs(g)),
        g.input('labels', [B + 1], 'u32', { below: classes }),
        { labelSmoothing: g.train ? smoothing : 0 },
      ),
    feed: (batch) => {
      const labels = new Uint32Array(B + 1).fill(IGNORE_INDEX);
      for (const [b, { label }] of batch.rows.entries()) {
        expectLabel(label, b);
        labels[b] = label;
      }
      return {
        ...{ shape: 0, inputs: { ...batches.feed(batch), labels } },
        ...{ labels: batch.rows.length, tokens: batch.rows.reduce((n, { graph }) => n + graph.nodes, 0) },
      };
    },
  };
}
