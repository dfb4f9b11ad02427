import {
  asHex,
  crossEntropy,
  DataError,
  expectOptions,
  fnv1a,
  IGNORE_INDEX,
  type Graph,
  type Objective,
  type Tensor,
} from '../../engine/index';
import { expectSizes } from '../option_checks';
import type { GraphData } from './graph_data';
import { graphConstants, type GraphTensors } from './graph_tensors';

/** A number for a graph: a saved run goes on only with the same. */
export function fingerprintOf({ source, target, features, edgeFeatures }: GraphData): string {
  const bits = [features, edgeFeatures].map((x) => new Uint32Array(x?.buffer ?? new ArrayBuffer(0)));
  const hash = [source, target, ...bits].reduce((before, list) => fnv1a(list, before), fnv1a([]));
  return asHex(hash);
}

/** What training on nodes asks of a model: `GAT` is one. */
export interface NodeModel {
  readonly config: object;
  /** A graph -> (N, K). */
  forward(g: Graph, graph: GraphTensors): Tensor;
}

/** Nodes whose labels count in a step, or in an evaluation. All others are read all the same. */
export interface NodeBatch {
  readonly nodes: ArrayLike<number>;
}

/** What `nodeClasses` learns. */
export interface NodeClassOptions {
  /** (N): the class of each node; IGNORE_INDEX of those that have none. */
  readonly labels: ArrayLike<number>;
  /** K. */
  readonly classes: number;
  /** Label smoothing while training. Default 0. */
  readonly smoothing?: number;
}

/**
 * The classes of nodes of one graph: cross-entropy of the model's (N, K), the mean over a batch's nodes. Give it what
 * `model.prepare` returned. Batches say which nodes' labels count, so training and validation are two lists of nodes.
 * Throws `DataError` for labels that are no classes and for nodes that are none or have no label, with the place.
 */
export function nodeClasses(graph: GraphData, options: NodeClassOptions): Objective<NodeBatch, NodeModel> {
  const { labels, classes, smoothing = 0 } = options;
  expectOptions('nodeClasses', options, { labels, classes, smoothing });
  expectSizes('nodeClasses', options, ['classes']);
  const { nodes: N } = graph;
  if (labels.length !== N) {
    const what = `there are ${labels.length} labels of ${N} nodes`;
    throw new DataError('nodeClasses', what, 'Give one for each: IGNORE_INDEX where there is none.');
  }
  const own = new Uint32Array(N);
  for (let n = 0; n < N; n++) {
    const label = labels[n];
    own[n] = label;
    if (label === IGNORE_INDEX || (Number.isInteger(label) && label >= 0 && label < classes)) continue;
    const todo = `Give a class, from 0 to ${classes - 1}, or IGNORE_INDEX.`;
    throw new DataError('nodeClasses', `labels[${n}] is ${String(label)}`, todo);
  }
  return {
    shapes: 1,
    identity: { kind: 'nodeClasses', graph: fingerprintOf(graph), classes, smoothing },
    record: (g, _, model) =>
      crossEntropy(
        g,
        model.forward(g, graphConstants(g, graph)),
        g.input('labels', [N], 'u32', { below: classes }),
        { labelSmoothing: g.train ? smoothing : 0 },
      ),
    feed: ({ nodes }) => {
      const counted = new Uint32Array(N).fill(IGNORE_INDEX);
      let count = 0;
      for (let i = 0; i < nodes.length; i++) {
        const n = nodes[i];
        if (!Number.isInteger(n) || n < 0 || n >= N) {
          throw new DataError('nodeClasses', `nodes[${i}] is ${String(n)}, but there are ${N} nodes`);
        }
        if (own[n] === IGNORE_INDEX) {
          const what = `nodes[${i}] is ${n}, which has no label`;
          throw new DataError('nodeClasses', what, 'Leave it out.');
        }
        if (counted[n] === IGNORE_INDEX) count++;
        counted[n] = own[n];
      }
      return { shape: 0, inputs: { labels: counted }, labels: count, tokens: N };
    },
  };
}
