/** What is read from a whole graph, or from pairs of its nodes. */
import {
  add,
  expectOneOf,
  expectOptions,
  Linear,
  Parameter,
  uniform,
  type Graph,
  type Tensor,
} from '../../engine/index';
import {
  edgeDot,
  edgeScores,
  segmentMax,
  segmentMean,
  segmentSum,
  type Edges,
  type Segments,
} from '../../engine/edges';
import type { CompleteGATConfig, GAT, GATForwardOptions } from '../gat';
import { expectSizes } from '../option_checks';
import type { GraphTensors } from './graph_tensors';

/** How rows of nodes become one of their graph: a graph without nodes has zeros. */
export type GraphPooling = 'mean' | 'max' | 'sum';

/** What `GraphClassifier` is made of besides its network. */
export interface GraphHead {
  /** K. */
  readonly classes: number;
  /** Default 'mean'. */
  readonly pooling?: GraphPooling;
}

/** Several graphs in one recording: their nodes follow each other, and no edge leads from one to another. */
export interface GraphsTensors extends GraphTensors {
  /** The nodes of each graph. */
  readonly graphs: Segments;
}

const POOLINGS = { mean: segmentMean, max: segmentMax, sum: segmentSum } as const;

/** Classes of whole graphs: a network of its nodes, whose rows are pooled, and a linear layer. */
export class GraphClassifier {
  readonly config: CompleteGATConfig & Required<GraphHead>;
  readonly gat: GAT;
  readonly classifier: Linear;

  constructor(gat: GAT, head: GraphHead) {
    const { classes, pooling = 'mean' } = head;
    expectOptions('GraphClassifier', head, { classes, pooling });
    expectSizes('GraphClassifier', head, ['classes']);
    expectOneOf('GraphClassifier', 'pooling', pooling, Object.keys(POOLINGS));
    this.config = { ...gat.config, classes, pooling };
    this.gat = gat;
    this.classifier = new Linear(gat.config.outputs, classes);
  }

  /** B graphs -> logits (B, K). */
  forward(g: Graph, graphs: GraphsTensors, options: GATForwardOptions = {}): Tensor {
    const x = g.scope('gat', () => this.gat.forward(g, graphs, options));
    return g.call(this, 'classifier', POOLINGS[this.config.pooling](g, x, graphs.graphs));
  }
}

/** What `LinkPredictor` is made of besides its network. */
export interface LinkHead {
  /** 'dot': the dot product of both ends' rows. 'mlp': a linear layer of both, ReLU, and a number. Default 'dot'. */
  readonly score?: 'dot' | 'mlp';
  /** Width of the layer of 'mlp'. Default: that of the rows. */
  readonly hidden?: number;
}

/** Whether two nodes are linked: a network of the nodes, and a score of two of its rows. */
export class LinkPredictor {
  readonly config: CompleteGATConfig & Required<LinkHead>;
  readonly gat: GAT;
  /** Of the node that a link comes from; of 'mlp'. */
  readonly source: Linear | null;
  /** Of the node that it goes to. Together they are one layer over both rows, side by side. */
  readonly target: Linear | null;
  /** (1, hidden). */
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(gat: GAT, head: LinkHead = {}) {
    const { outputs } = gat.config;
    const { score = 'dot', hidden = outputs } = head;
    expectOptions('LinkPredictor', head, { score, hidden });
    expectOneOf('LinkPredictor', 'score', score, ['dot', 'mlp']);
    expectSizes('LinkPredictor', { hidden }, ['hidden']);
    const mlp = score === 'mlp';
    this.config = { ...gat.config, score, hidden };
    this.gat = gat;
    // As one linear layer over 2 K numbers would begin.
    const init = uniform(1 / Math.sqrt(2 * outputs));
    this.source = mlp ? new Linear(outputs, hidden, { init }) : null;
    this.target = mlp ? new Linear(outputs, hidden, { init, bias: false }) : null;
    this.weight = mlp ? new Parameter([1, hidden], { init: uniform(1 / Math.sqrt(hidden)) }) : null;
    this.bias = mlp ? new Parameter([1]) : null;
  }

  /** A graph, and P pairs of its nodes as edges -> logits (P, 1), in the order of `pairs`. */
  forward(g: Graph, graph: GraphTensors, pairs: Edges, options: GATForwardOptions = {}): Tensor {
    const x = g.scope('gat', () => this.gat.forward(g, graph, options));
    if (!this.weight) return edgeDot(g, x, x, pairs);
    const [source, target] = [g.call(this, 'source', x), g.call(this, 'target', x)];
    const scores = edgeScores(g, pairs, { source, target, attention: g.use(this.weight), slope: 0 });
    return add(g, scores, g.use(this.bias!));
  }
}
