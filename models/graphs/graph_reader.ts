import { DataError, Graph, type Device, type Plan, type Tensor } from '../../engine/index';
import type { GAT } from '../gat';
import { expectIds, type GraphData, type Ids } from './graph_data';
import { edgeFeed, edgeInputs, graphConstants } from './graph_tensors';
import type { LinkPredictor } from './heads';
import { sortedPairs } from './links';

/** How much each edge of a layer counts, in the order in which the edges were given; loops that were added stand behind. */
export interface EdgeAttention {
  /** (E): the nodes that edges come from. Loops that were given are left out where the model adds its own. */
  readonly source: Uint32Array;
  /** (E): the nodes that they go to. */
  readonly target: Uint32Array;
  /** (E): the number of each edge in the lists that were given, -1 of a loop that was added. */
  readonly edge: Int32Array;
  /** H. */
  readonly heads: number;
  /** (E, H): of each node and head, those of its edges add up to 1. */
  readonly weights: Float32Array;
}

/** Runs a network on a graph, and shows what it looked at. Weights are those that the model has when it is asked. */
export class GraphReader implements Disposable {
  readonly #plan: Plan;
  readonly #graph: GraphData;
  readonly #heads: readonly number[];
  readonly #width: number;

  private constructor(plan: Plan, graph: GraphData, model: GAT) {
    this.#plan = plan;
    this.#graph = graph;
    this.#heads = model.layers.map(({ config }) => config.heads);
    this.#width = model.config.outputs;
  }

  /** For a model that has weights. `graph` is made ready by `model.prepare`. */
  static async create(device: Device, model: GAT, graph: GraphData): Promise<GraphReader> {
    const ready = model.prepare(graph);
    const g = new Graph(device, { label: 'graph reader' });
    const attentions: Tensor[] = [];
    const rows = model.forward(g, graphConstants(g, ready), { attentions });
    const outputs = Object.fromEntries(attentions.map((x, i) => [`attention ${i}`, x]));
    return new GraphReader(await g.compile({ rows, ...outputs }), ready, model);
  }

  /** The rows of all nodes, (N, K): logits of classes, where the model learnt those. */
  async read(): Promise<Float32Array> {
    this.#plan.run();
    return this.#plan.read('rows');
  }

  /** The class of each node, the one with the largest logit. */
  async classes(): Promise<Uint32Array> {
    const rows = await this.read();
    return Uint32Array.from({ length: this.#graph.nodes }, (_, n) => {
      const own = rows.subarray(n * this.#width, (n + 1) * this.#width);
      return own.indexOf(Math.max(...own));
    });
  }

  /** Attention of a layer, counted from 0, by edge and head. Throws `DataError` for a layer that there is not. */
  async attention(layer: number): Promise<EdgeAttention> {
    const heads = this.#heads[layer];
    if (heads === undefined) {
      throw new DataError(
        'attention',
        `layer is ${layer}`,
        `There are layers 0 to ${this.#heads.length - 1}.`,
      );
    }
    const { source, target, origin: edge, byTarget } = this.#graph;
    this.#plan.run();
    const sorted = await this.#plan.read(`attention ${layer}`);
    const weights = new Float32Array(sorted.length);
    for (const [i, e] of byTarget.order.entries())
      weights.set(sorted.subarray(i * heads, (i + 1) * heads), e * heads);
    return { source, target, edge, heads, weights };
  }

  [Symbol.dispose](): void {
    this.#plan[Symbol.dispose]();
  }
}

/** Probabilities of links between pairs of nodes, in the order of the pairs. */
export async function readLinks(
  device: Device,
  model: LinkPredictor,
  graph: GraphData,
  pairs: { readonly source: Ids; readonly target: Ids },
): Promise<Float32Array> {
  const ready = model.gat.prepare(graph);
  const { nodes } = ready;
  const P = pairs.source.length;
  if (P === 0 || pairs.target.length !== P) {
    const what = `source has ${P} ids, target ${pairs.target.length}`;
    throw new DataError('readLinks', what, 'Give both ends of at least one pair.');
  }
  const own = {
    source: expectIds('readLinks', 'source', pairs.source, nodes),
    target: expectIds('readLinks', 'target', pairs.target, nodes),
  };
  const g = new Graph(device, { label: 'links' });
  const edges = edgeInputs(g, 'pairs', { edges: P, sources: nodes, targets: nodes });
  using plan = await g.compile({ logits: model.forward(g, graphConstants(g, ready), edges) });
  const { arrays, order } = sortedPairs(own, nodes);
  plan.run(edgeFeed('pairs', arrays));
  const logits = await plan.read('logits');
  const out = new Float32Array(P);
  for (const [i, pair] of order.entries()) out[pair] = 1 / (1 + Math.exp(-logits[i]));
  return out;
}
