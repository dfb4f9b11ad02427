/** A graph attention network of the page, and what it says of a graph: also of one that was changed since it learnt, without learning anew. */
import { Graph, Plans, type Device, type Plan, type Tensor } from '../../../engine/index';
import { edgeFeed } from '../../../models/graphs/graph_tensors';
import { bothWays, edgeInputs, GAT, GraphData, sortedEdges } from '../../../models/graphs/index';
import { softmaxOf } from '../../../models/tasks/inputs';
import type { Asked, Attention, GraphSettings, Looked } from './protocol';

/** Numbers of a head. */
export const HIDDEN = 4;
const DROPOUT = 0.2;
/** Graphs have room for as many members and edges, in steps: few plans serve all changes. */
const MEMBERS = 32;
const EDGES = 256;

/** The network of some settings, without weights. A member's features are a row of the identity: it is known by who it is. */
export function networkOf(
  { version, layers, heads }: Pick<GraphSettings, 'version' | 'layers' | 'heads'>,
  { features, classes }: { readonly features: number; readonly classes: number },
): GAT {
  const rates = { dropout: DROPOUT, attentionDropout: DROPOUT };
  return new GAT({ version, layers, heads, hidden: HIDDEN, features, outputs: classes, ...rates });
}

/** A graph as a network of F features reads it. Those that it was not taught have zeros: it knows them by their ties alone. */
export function graphOf({ rows, source, target }: Asked, features: number): GraphData {
  const x = new Float32Array(rows.length * features);
  rows.forEach((row, i) => {
    if (row >= 0) x[i * features + row] = 1;
  });
  return new GraphData({ nodes: rows.length, ...bothWays(source, target), features: x });
}

const upTo = (count: number, step: number): number => Math.ceil(count / step) * step;

/** Reads graphs with a network whose weights are on the device. */
export class NetworkReader implements Disposable {
  readonly device: Device;
  readonly #model: GAT;
  readonly #plans = new Plans<string>();

  constructor(device: Device, model: GAT) {
    [this.device, this.#model] = [device, model];
  }

  async look(asked: Asked): Promise<Omit<Looked, 'step'>> {
    const { features, outputs, layers } = this.#model.config;
    const graph = this.#model.prepare(graphOf(asked, features));
    // The last member is none: edges that are none are its loops.
    const [nodes, edges] = [upTo(graph.nodes + 1, MEMBERS), upTo(graph.edges, EDGES)];
    const none = Array.from({ length: edges - graph.edges }, () => nodes - 1);
    const x = new Float32Array(nodes * features);
    x.set(graph.features!);
    const [source, target] = [graph.source, graph.target].map((ids) => [...ids, ...none]);
    const padded = new GraphData({ nodes, source, target });
    const plan = await this.#plans.get(`${nodes} ${edges}`, () => this.#compile(nodes, edges));
    plan.run({ x, ...edgeFeed('edges', sortedEdges(padded)) });
    const [rows, ...attentions] = await Promise.all([
      plan.read('rows'),
      ...Array.from({ length: layers }, (_, layer) => plan.read(`attention ${layer}`)),
    ]);
    const shares = new Float32Array(graph.nodes * outputs);
    for (let n = 0; n < graph.nodes; n++)
      shares.set(softmaxOf(rows.subarray(n * outputs, (n + 1) * outputs)), n * outputs);
    const ties = asked.source.length;
    const attention = attentions.map((sorted, layer): Attention => {
      const { heads } = this.#model.layers[layer].config;
      const weights = new Float32Array(graph.edges * heads);
      padded.byTarget.order.forEach((edge, i) => {
        if (edge < graph.edges) weights.set(sorted.subarray(i * heads, (i + 1) * heads), edge * heads);
      });
      const part = (from: number, to: number): Float32Array => weights.slice(from * heads, to * heads);
      return {
        heads,
        toSource: part(0, ties),
        toTarget: part(ties, 2 * ties),
        own: part(2 * ties, graph.edges),
      };
    });
    return { shares, attention };
  }

  async #compile(nodes: number, edges: number): Promise<Plan> {
    const g = new Graph(this.device, { label: 'network reader' });
    const { features, fill } = this.#model.config;
    const attentions: Tensor[] = [];
    const graph = {
      x: g.input('x', [nodes, features], 'f32'),
      edges: edgeInputs(g, 'edges', { edges, sources: nodes, targets: nodes }),
      edgeFeatures: null,
      loops: { fill },
    };
    const rows = this.#model.forward(g, graph, { attentions });
    const named = Object.fromEntries(attentions.map((weights, layer) => [`attention ${layer}`, weights]));
    return g.compile({ rows, ...named });
  }

  [Symbol.dispose](): void {
    this.#plans[Symbol.dispose]();
  }
}
