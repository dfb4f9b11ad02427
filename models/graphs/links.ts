import {
  asHex,
  binaryCrossEntropy,
  DataError,
  expectOptions,
  expectSeed,
  fnv1a,
  RandomStream,
  type Graph,
  type Objective,
  type Tensor,
} from '../../engine/index';
import type { Edges } from '../../engine/edges';
import { expectSizes } from '../option_checks';
import { compressedRows, expectIds, type GraphData, type Ids } from './graph_data';
import {
  edgeArrays,
  edgeFeed,
  edgeInputs,
  graphConstants,
  type EdgeArrays,
  type GraphTensors,
} from './graph_tensors';
import { fingerprintOf } from './node_classes';

/** Pairs of nodes, and whether they are linked: 1 or 0. */
export interface LinkBatch {
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  readonly labels: Uint32Array;
}

/** Which links a batch has. */
export interface LinkBatchOptions {
  /** (P): the nodes that known links come from; (P) those that they go to. */
  readonly source: Ids;
  readonly target: Ids;
  /** Links of a batch. Default: all. */
  readonly batch?: number;
  /** Pairs that are no links, for each link. Default 1. */
  readonly negatives?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Pairs that are drawn before it is said that there are none. */
const TRIES = 1000;

/**
 * Batches of links and of pairs that are none, as a function of the step. Pairs are drawn evenly among all of two nodes,
 * and drawn again where they are edges of the graph or links that are given, in either direction. Throws `DataError` for
 * ids that are no nodes, and where a graph has next to no pairs that are no links.
 */
export class LinkBatches {
  /** Pairs of a batch, links and others. */
  readonly pairs: number;
  readonly fingerprint: string;
  readonly #links: { readonly source: Uint32Array; readonly target: Uint32Array };
  readonly #known: ReadonlySet<number>;
  readonly #nodes: number;
  readonly #options: { readonly batch: number; readonly negatives: number; readonly seed: number };

  constructor(graph: GraphData, options: LinkBatchOptions) {
    const { source, target, batch = source.length, negatives = 1, seed = 0 } = options;
    const where = 'LinkBatches';
    expectOptions(where, options, { source, target, batch, negatives, seed });
    expectSeed(where, seed);
    expectSizes(where, { batch }, ['batch']);
    if (!Number.isInteger(negatives) || negatives < 0)
      throw new DataError(where, `negatives is ${negatives}`, 'Use a whole number of at least 0.');
    if (source.length !== target.length || source.length === 0) {
      const what = `source has ${source.length} ids, target ${target.length}`;
      throw new DataError(where, what, 'Give both ends of at least one link.');
    }
    if (batch > source.length)
      throw new DataError(where, `batch is ${batch}, but there are ${source.length} links`);
    const { nodes } = graph;
    this.#links = {
      source: expectIds(where, 'source', source, nodes),
      target: expectIds(where, 'target', target, nodes),
    };
    const known = new Set<number>();
    for (const [from, to] of [
      [graph.source, graph.target],
      [this.#links.source, this.#links.target],
    ])
      for (let e = 0; e < from.length; e++) {
        known.add(from[e] * nodes + to[e]);
        known.add(to[e] * nodes + from[e]);
      }
    this.#known = known;
    this.#nodes = nodes;
    this.#options = { batch, negatives, seed };
    this.pairs = batch * (1 + negatives);
    const hash = [this.#links.source, this.#links.target, [batch, negatives, seed]].reduce(
      (before: number, list: ArrayLike<number>) => fnv1a(list, before),
      fnv1a([]),
    );
    this.fingerprint = asHex(hash);
  }

  /** The batch of a step: links first. */
  at(step: number): LinkBatch {
    if (!Number.isInteger(step) || step < 0)
      throw new DataError('LinkBatches', `step is ${step}`, 'Steps are whole numbers from 0.');
    const { batch, negatives, seed } = this.#options;
    const random = new RandomStream(seed, `links of step ${step}`);
    const P = this.#links.source.length;
    const source = new Uint32Array(this.pairs);
    const target = new Uint32Array(this.pairs);
    // Links in turn, over the epochs; all of them where a batch has all.
    for (let i = 0; i < batch; i++) {
      const link = (step * batch + i) % P;
      [source[i], target[i]] = [this.#links.source[link], this.#links.target[link]];
    }
    for (let i = batch; i < batch * (1 + negatives); i++) {
      let tries = 0;
      do {
        source[i] = random.below(this.#nodes);
        target[i] = random.below(this.#nodes);
        if (++tries > TRIES) {
          const what = `none of ${TRIES} pairs of ${this.#nodes} nodes was without a link`;
          throw new DataError('LinkBatches', what, 'Use negatives: 0, and batches of your own.');
        }
      } while (source[i] === target[i] || this.#known.has(source[i] * this.#nodes + target[i]));
    }
    const labels = new Uint32Array(this.pairs).fill(1, 0, batch);
    return { source, target, labels };
  }
}

/** Pairs as edges, sorted by target, and the order that they were in. */
export function sortedPairs(
  { source, target }: { readonly source: Uint32Array; readonly target: Uint32Array },
  nodes: number,
): { readonly arrays: EdgeArrays; readonly order: Uint32Array } {
  const { offsets, order } = compressedRows(target, nodes);
  const pick = (ids: Uint32Array): Uint32Array<ArrayBuffer> => Uint32Array.from(order, (i) => ids[i]);
  return { arrays: edgeArrays(pick(source), pick(target), offsets, nodes), order };
}

/** What training on links asks of a model: `LinkPredictor` is one. */
export interface LinkModel {
  readonly config: object;
  /** A graph and P pairs of its nodes -> (P, 1). */
  forward(g: Graph, graph: GraphTensors, pairs: Edges): Tensor;
}

/**
 * Whether pairs of nodes are linked: binary cross-entropy, the mean over a batch's pairs. `graph` has the edges that are
 * read, as `model.prepare` returned it; links to predict should not be among them. Batches of any source have `batches.pairs`
 * pairs. Throws `DataError` for other batches.
 */
export function linkPrediction(
  graph: GraphData,
  batches: Pick<LinkBatches, 'pairs' | 'fingerprint'>,
): Objective<LinkBatch, LinkModel> {
  const { nodes } = graph;
  const { pairs } = batches;
  return {
    shapes: 1,
    identity: { kind: 'linkPrediction', graph: fingerprintOf(graph), links: batches.fingerprint },
    record: (g, _, model) => {
      const edges = edgeInputs(g, 'pairs', { edges: pairs, sources: nodes, targets: nodes });
      const logits = model.forward(g, graphConstants(g, graph), edges);
      return binaryCrossEntropy(g, logits, g.input('linked', [pairs, 1], 'u32', { below: 2 }));
    },
    feed: (batch) => {
      const { source, target, labels } = batch;
      if (source.length !== pairs || target.length !== pairs || labels.length !== pairs) {
        const what = `a batch has ${source.length} sources, ${target.length} targets, ${labels.length} labels`;
        throw new DataError('linkPrediction', what, `Give ${pairs} pairs.`);
      }
      for (let i = 0; i < pairs; i++) {
        if (source[i] < nodes && target[i] < nodes) continue;
        const what = `pair ${i} is ${source[i]}, ${target[i]}, but there are ${nodes} nodes`;
        throw new DataError('linkPrediction', what);
      }
      const { arrays, order } = sortedPairs(batch, nodes);
      const linked = Uint32Array.from(order, (i) => labels[i]);
      return {
        ...{ shape: 0, inputs: { ...edgeFeed('pairs', arrays), linked } },
        ...{ labels: pairs, tokens: nodes },
      };
    },
  };
}
