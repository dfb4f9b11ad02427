/**
 * Graph attention networks: each node sums up its neighbours' rows, weighed by a softmax over its edges. GAT (Veličković et al.
 * 2018) scores an edge by a sum of two numbers, so that all nodes rank their neighbours alike; GATv2 (Brody et al. 2022)
 * puts the activation between both ends, so that each has its own ranking. Numbers are PyTorch Geometric's `GATConv` and
 * `GATv2Conv`.
 */
import {
  add,
  dropout,
  elu,
  expectOptions,
  Linear,
  matmul,
  mean,
  multiply,
  Parameter,
  relu,
  ShapeError,
  sum,
  transpose,
  uniform,
  xavierUniform,
  EngineError,
  type Graph,
  type Init,
  type Tensor,
} from '../engine/index';
import { aggregate, edgeScores, segmentSoftmax } from '../engine/edges';
import type { GraphData } from './graphs/graph_data';
import type { GraphTensors } from './graphs/graph_tensors';
import type { LoopFill } from './graphs/self_loops';
import { checkEach, definedOf, expectKinds, expectSizes } from './option_checks';

/** Sizes and options of one layer. */
export interface GraphAttentionConfig {
  /** 1: GAT; 2: GATv2. Default 2. */
  readonly version?: 1 | 2;
  /** F: numbers of a node. */
  readonly inputs: number;
  /** C: numbers of a head's result. */
  readonly outputs: number;
  /** H. Default 1. */
  readonly heads?: number;
  /** true: heads side by side, (N, H C); false: their mean, (N, C). Default true. */
  readonly concat?: boolean;
  /** D: numbers of an edge that scores depend on. Default 0: none. */
  readonly edgeInputs?: number;
  /** Of leaky ReLU below 0. Default 0.2. */
  readonly slope?: number;
  /** Probability of dropping an attention coefficient while training. Default 0. */
  readonly attentionDropout?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** A linear layer beside the attention. Default false. */
  readonly residual?: boolean;
  /** Of version 2: one matrix for both ends of an edge. Default false. Version 1 always has one. */
  readonly shared?: boolean;
}

/** With all defaults. */
export type CompleteGraphAttentionConfig = Required<GraphAttentionConfig>;

/** A probability of dropping. */
const RATE = 'It must be at least 0 and below 1.';
const isRate = (p: unknown): boolean => typeof p === 'number' && p >= 0 && p < 1;

function completeLayer(config: GraphAttentionConfig): CompleteGraphAttentionConfig {
  const defaults = {
    ...({ version: 2, heads: 1, concat: true, edgeInputs: 0, slope: 0.2, attentionDropout: 0 } as const),
    ...{ bias: true, residual: false, shared: false },
  };
  const where = 'GraphAttention';
  expectOptions(where, config, { inputs: 0, outputs: 0, ...defaults });
  const c = { ...defaults, ...definedOf(config) } as CompleteGraphAttentionConfig;
  const flags = [true, false];
  expectKinds(where, c, { concat: flags, bias: flags, residual: flags, shared: flags });
  expectSizes(where, c, ['inputs', 'outputs', 'heads']);
  if (c.edgeInputs !== 0) expectSizes(where, c, ['edgeInputs']);
  checkEach(where, [
    ['version', c.version, c.version === 1 || c.version === 2, 'Use 1 for GAT, 2 for GATv2.'],
    ['slope', c.slope, Number.isFinite(c.slope), 'Use a finite number.'],
    ['attentionDropout', c.attentionDropout, isRate(c.attentionDropout), RATE],
    ['shared', c.shared, !c.shared || c.version === 2, 'Leave it out: version 1 always shares its matrix.'],
  ]);
  return c;
}

/** One number for each head and column, of attention. PyTorch Geometric draws them so. */
const attentionVector = (heads: number, width: number): Parameter => {
  const init: Init = uniform(Math.sqrt(6 / (heads + width)));
  return new Parameter([1, heads, width], { init });
};

/** One layer of graph attention, GAT's or GATv2's. Weight decay takes its matrices and attention vectors. */
export class GraphAttention {
  readonly config: CompleteGraphAttentionConfig;
  /** Rows of nodes that edges come from; those are what is summed up. Of GAT, without a bias, of both ends. */
  readonly source: Linear;
  /** Rows of nodes that edges go to: of GATv2, unless they are shared. */
  readonly target: Linear | null;
  readonly edge: Linear | null;
  /** (1, H, C). GATv2: of the sum of both ends. */
  readonly attention: Parameter | null;
  /** GAT: of the node that an edge comes from. */
  readonly attentionSource: Parameter | null;
  /** GAT: of the node that it goes to. */
  readonly attentionTarget: Parameter | null;
  /** GAT: of its own numbers. */
  readonly attentionEdge: Parameter | null;
  readonly residual: Linear | null;
  readonly bias: Parameter | null;

  constructor(config: GraphAttentionConfig) {
    const c = completeLayer(config);
    const { inputs, heads, outputs, version, edgeInputs } = c;
    const all = heads * outputs;
    const linear = (from: number, to: number, bias: boolean): Linear =>
      new Linear(from, to, { bias, init: xavierUniform(from, to) });
    const old = version === 1;
    this.config = c;
    this.source = linear(inputs, all, !old && c.bias);
    this.target = old || c.shared ? null : linear(inputs, all, c.bias);
    this.edge = edgeInputs > 0 ? linear(edgeInputs, all, false) : null;
    this.attention = old ? null : attentionVector(heads, outputs);
    this.attentionSource = old ? attentionVector(heads, outputs) : null;
    this.attentionTarget = old ? attentionVector(heads, outputs) : null;
    this.attentionEdge = old && edgeInputs > 0 ? attentionVector(heads, outputs) : null;
    const width = c.concat ? all : outputs;
    this.residual = c.residual ? linear(inputs, width, false) : null;
    this.bias = c.bias ? new Parameter([width]) : null;
  }

  /** Numbers of a node behind it: H C, or C where heads are averaged. */
  get width(): number {
    const { heads, outputs, concat } = this.config;
    return concat ? heads * outputs : outputs;
  }

  /**
   * (N, F) -> (N, H C), or (N, C) where heads are averaged. `attentions` is given the coefficients (E, H), those before
   * dropout. Throws `ShapeError` where edges have other numbers than it was made for.
   */
  forward(
    g: Graph,
    x: Tensor,
    { edges, edgeFeatures }: Pick<GraphTensors, 'edges' | 'edgeFeatures'>,
    attentions?: Tensor[],
  ): Tensor {
    const { heads, outputs, concat, slope, attentionDropout, edgeInputs } = this.config;
    const given = edgeFeatures?.shape.at(-1) ?? 0;
    if (given !== edgeInputs) {
      const what = `edges have ${given} numbers, the layer takes ${edgeInputs}`;
      throw new ShapeError(g.where('GraphAttention'), what, 'Say so in edgeInputs, or in edgeFeatures.');
    }
    const E = edges.source.size;
    const N = x.shape[0];
    const rows = g.view(g.call(this, 'source', x), [N, heads, outputs]);
    let scores: Tensor;
    if (this.attention) {
      const target = this.target ? g.view(g.call(this, 'target', x), [N, heads, outputs]) : rows;
      const edge = edgeFeatures ? g.view(g.call(this, 'edge', edgeFeatures), [E, heads, outputs]) : null;
      scores = edgeScores(g, edges, {
        ...{ source: rows, target, edge, attention: g.use(this.attention), slope },
      });
    } else {
      const one = (vector: Parameter | null): Tensor => this.#perNode(g, rows, vector!);
      scores = edgeScores(g, edges, {
        source: one(this.attentionSource),
        target: one(this.attentionTarget),
        edge: edgeFeatures ? this.#perEdge(g, edgeFeatures) : null,
        slope,
      });
    }
    const weights = segmentSoftmax(g, scores, edges);
    attentions?.push(weights);
    const summed = aggregate(g, rows, edges, { weights: dropout(g, weights, attentionDropout) });
    let y = concat
      ? g.view(summed, [N, heads * outputs])
      : heads === 1
        ? g.view(summed, [N, outputs])
        : mean(g, summed, 1);
    if (this.residual) y = add(g, y, g.call(this, 'residual', x));
    return this.bias ? add(g, y, g.use(this.bias)) : y;
  }

  /** GAT's number of a node by head: rows (N, H, C) times the vector (1, H, C), summed up -> (N, H, 1). */
  #perNode(g: Graph, rows: Tensor, vector: Parameter): Tensor {
    const { heads, outputs } = this.config;
    return sum(g, multiply(g, rows, g.view(g.use(vector), [heads, outputs])), -1, { keepdim: true });
  }

  /**
   * GAT's number of an edge by head. Its vector and its matrix (H C, D) are multiplied first, to (D, H), so that no row of
   * H C numbers is made for each edge.
   */
  #perEdge(g: Graph, features: Tensor): Tensor {
    const { heads, outputs, edgeInputs } = this.config;
    const matrix = g.view(transpose(g, g.use(this.edge!.weight)), [edgeInputs, heads, outputs]);
    const vector = g.view(g.use(this.attentionEdge!), [heads, outputs]);
    const folded = sum(g, multiply(g, matrix, vector), -1);
    return g.view(matmul(g, features, folded), [features.shape[0], heads, 1]);
  }
}

/** Sizes and options of a network. */
export interface GATConfig {
  /** 1: GAT; 2: GATv2. Default 2. */
  readonly version?: 1 | 2;
  /** F: numbers of a node. */
  readonly features: number;
  /** D: numbers of an edge. Default 0: none. */
  readonly edgeFeatures?: number;
  /** K: numbers of a node behind the last layer, such as logits of classes. */
  readonly outputs: number;
  /** Default 2. */
  readonly layers?: number;
  /** C of all layers but the last: numbers of a head. Default 8. */
  readonly hidden?: number;
  /** H of all layers but the last, whose results stand side by side. Default 8. */
  readonly heads?: number;
  /** H of the last layer, whose results are averaged. Default 1. */
  readonly outputHeads?: number;
  /** Ahead of each layer but the first. Default 'elu'. */
  readonly activation?: 'elu' | 'relu';
  /** Of leaky ReLU in the scores, below 0. Default 0.2. */
  readonly slope?: number;
  /** Probability of dropping a number of each layer's input while training. Default 0. */
  readonly dropout?: number;
  /** Probability of dropping an attention coefficient while training. Default 0. */
  readonly attentionDropout?: number;
  /** A loop at each node, in place of those that are there: `prepare` adds them. Default true. */
  readonly selfLoops?: boolean;
  /** Features of these loops, see `GraphData.withSelfLoops`. Default 'mean'. */
  readonly fill?: LoopFill;
  /** Default true. */
  readonly bias?: boolean;
  /** A linear layer beside each attention. Default false. */
  readonly residual?: boolean;
  /** Of version 2: one matrix for both ends of an edge. Default false. */
  readonly shared?: boolean;
}

/** With all defaults. */
export type CompleteGATConfig = Required<GATConfig>;

function complete(config: GATConfig): CompleteGATConfig {
  const defaults = {
    ...({ version: 2, edgeFeatures: 0, layers: 2, hidden: 8, heads: 8, outputHeads: 1 } as const),
    ...({ activation: 'elu', slope: 0.2, dropout: 0, attentionDropout: 0 } as const),
    ...({ selfLoops: true, fill: 'mean', bias: true, residual: false, shared: false } as const),
  };
  expectOptions('GAT', config, { features: 0, outputs: 0, ...defaults });
  const c = { ...defaults, ...definedOf(config) } as CompleteGATConfig;
  expectSizes('GAT', c, ['features', 'outputs', 'layers', 'hidden', 'heads', 'outputHeads']);
  const fills: unknown[] = ['mean', 'add', 'min', 'max', 'mul'];
  expectKinds('GAT', c, { activation: ['elu', 'relu'], selfLoops: [true, false] });
  checkEach('GAT', [
    ['dropout', c.dropout, isRate(c.dropout), RATE],
    [
      'fill',
      c.fill,
      typeof c.fill === 'number' ? Number.isFinite(c.fill) : fills.includes(c.fill),
      "Use a finite number, 'mean', 'add', 'min', 'max' or 'mul'.",
    ],
  ]);
  return c;
}

/** What `GAT.forward` may be given besides the graph. */
export interface GATForwardOptions {
  /** Is given each layer's attention coefficients, (E, H), in the order of the graph's `edges`. */
  readonly attentions?: Tensor[];
}

/** A network of graph attention: a number or several of each node of a graph. Classes of nodes are learnt by `nodeClasses`. */
export class GAT {
  readonly config: CompleteGATConfig;
  readonly layers: readonly GraphAttention[];

  /** Throws `ShapeError` or `EngineError` for numbers that cannot work. */
  constructor(config: GATConfig) {
    const c = complete(config);
    this.config = c;
    const { version, slope, attentionDropout, bias, residual, shared, edgeFeatures } = c;
    const common = { version, slope, attentionDropout, bias, residual, shared, edgeInputs: edgeFeatures };
    this.layers = Array.from({ length: c.layers }, (_, i) => {
      const last = i === c.layers - 1;
      return new GraphAttention({
        ...common,
        inputs: i === 0 ? c.features : c.hidden * c.heads,
        outputs: last ? c.outputs : c.hidden,
        heads: last ? c.outputHeads : c.heads,
        concat: !last,
      });
    });
  }

  /** The graph as this model reads it: with self-loops where it has them, and checked for the numbers that it takes. */
  prepare(graph: GraphData): GraphData {
    const { features, edgeFeatures, selfLoops, fill } = this.config;
    for (const [what, has, takes] of [
      ['nodes', graph.width, features],
      ['edges', graph.edgeWidth, edgeFeatures],
    ] as const) {
      if (has === takes || (what === 'edges' && graph.edges === 0)) continue;
      throw new ShapeError('GAT.prepare', `${what} have ${has} numbers, the model takes ${takes}`);
    }
    if (!selfLoops || graph.loops?.fill === fill) return graph;
    if (graph.loops) {
      const what = `its loops have features by ${graph.loops.fill}, the model's by ${fill}`;
      throw new EngineError('GAT.prepare', what, 'Give the graph as it was before.');
    }
    return graph.withSelfLoops({ fill, edgeWidth: edgeFeatures });
  }

  /** A graph -> (N, K). Throws `EngineError` for one that `prepare` should have given loops. */
  forward(g: Graph, graph: GraphTensors, options: GATForwardOptions = {}): Tensor {
    const { attentions } = options;
    expectOptions('GAT.forward', options, { attentions });
    const { selfLoops, fill, activation, dropout: rate } = this.config;
    if (selfLoops && graph.loops?.fill !== fill) {
      throw new EngineError('GAT.forward', 'the graph has no self-loops', 'Use model.prepare(graph).');
    }
    let { x } = graph;
    for (const [i, layer] of this.layers.entries()) {
      g.scope(`layers.${i}`, () => {
        if (i > 0) x = activation === 'elu' ? elu(g, x) : relu(g, x);
        x = layer.forward(g, dropout(g, x, rate), graph, attentions);
      });
    }
    return x;
  }
}
