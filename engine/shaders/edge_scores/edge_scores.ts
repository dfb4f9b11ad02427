import { EngineError, expectOptions, ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import { expectDType, formatShape, type Tensor } from '../../graph/tensor';
import { linkedKernels } from '../../runtime/kernel';
import type { Constants, Shader } from '../../runtime/shader';
import { columnSum } from '../column_sum/column_sum';
import { expectEdges, headsOf, type Edges } from '../lib/edges/edges';
import { walk, type Order } from '../lib/edges/record';
import { elementType, elementwise } from '../lib/elementwise';
import elementwiseWgsl from '../lib/elementwise.wgsl';
import scalarWgsl from '../lib/scalar.wgsl';
import vectorWgsl from '../lib/vector.wgsl';
import attentionGiven from './attention_given.wgsl';
import attentionNone from './attention_none.wgsl';
import beforeWgsl from './before.wgsl';
import edgeBackward from './edge_backward.wgsl';
import edgeGiven from './edge_given.wgsl';
import edgeNone from './edge_none.wgsl';
import forwardWgsl from './forward.wgsl';
import termAttention from './term_attention.wgsl';
import termSource from './term_source.wgsl';
import termTarget from './term_target.wgsl';

const kernel = linkedKernels();
const LANES = 64;

/** What the scores of edges are made of. */
export interface EdgeScoreOptions {
  /** (M, H, C), or (M, C) as one head: a row for each node that edges come from. */
  readonly source: Tensor;
  /** (N, H, C) or (N, C): a row for each node that edges go to. */
  readonly target: Tensor;
  /** (E, H, C) or (E, C): a row for each edge, in the order of `edges`. Default: none. */
  readonly edge?: Tensor | null;
  /** a, H × C numbers: how much each column counts. Default: all count 1. */
  readonly attention?: Tensor | null;
  /** Of leaky ReLU below 0; 0 is ReLU, 1 no activation. Default 0.2. */
  readonly slope?: number;
}

/**
 * A score of every edge by head: y[e, h] = Σ_c a[h, c] leaky(source[h, c] + target[h, c] + edge[h, c]), of the nodes at its
 * ends and its own row -> (E, H), in the order of `edges`. That is GATv2's scoring (Brody et al. 2022); with C = 1 and
 * without `attention` it is GAT's (Veličković et al. 2018), and with one head a two-layer perceptron over pairs of nodes.
 * Sums of rows are never in memory: the backward pass computes them again. Throws `ShapeError` or `DataError` for what
 * does not fit.
 */
export function edgeScores(g: Graph, edges: Edges, options: EdgeScoreOptions): Tensor {
  const where = g.where('edge_scores');
  const { source, target, slope = 0.2 } = options;
  const [edge, attention] = [options.edge ?? null, options.attention ?? null];
  expectOptions(where, options, { source, target, edge, attention, slope });
  if (!Number.isFinite(slope)) throw new EngineError(where, `slope is ${slope}`, 'Use a finite number.');
  const counts = expectEdges(g, where, edges);
  const [heads, width] = headsOf(where, source, counts.sources, 'source');
  const c = heads * width;
  for (const [x, rows, what] of [
    [target, counts.targets, 'target'],
    [edge, counts.edges, 'edge'],
  ] as const) {
    if (!x) continue;
    const [h, w] = headsOf(where, x, rows, what);
    if (h !== heads || w !== width) {
      const shapes = `${x.name} is ${formatShape(x.shape)}, ${source.name} ${formatShape(source.shape)}`;
      throw new ShapeError(where, shapes, 'Give both the same heads and columns.');
    }
  }
  if (attention) {
    expectDType(where, attention, 'f32', 'f16');
    if (attention.size !== c) {
      const what = `${attention.name} is ${formatShape(attention.shape)}`;
      throw new ShapeError(where, what, `Give ${heads} × ${width} numbers.`);
    }
  }

  const wide = width % 4 === 0;
  const unit = wide ? 4 : 1;
  const shared = { c: c / unit, per: width / unit, slope };
  const files: Shader[] = [
    beforeWgsl,
    edge ? edgeGiven : edgeNone,
    attention ? attentionGiven : attentionNone,
  ];
  const bind = { xs: source, xt: target, ...(edge && { xe: edge }), ...(attention && { a: attention }) };
  const types: Constants = {
    ...{ XS: elementType(source.dtype, wide), XT: elementType(target.dtype, wide) },
    ...(edge && { XE: elementType(edge.dtype, wide) }),
    ...(attention && { V: elementType(attention.dtype, wide) }),
  };
  const y = g.value('edge_scores', [counts.edges, heads], source.dtype);
  g.dispatch(
    kernel('edge_scores.forward', [wide ? vectorWgsl : scalarWgsl, forwardWgsl, elementwiseWgsl, ...files]),
    { ...bind, y, source: edges.source, target_of: edges.of },
    {
      uniforms: { n: y.size, ...shared },
      constants: { ...types, LANES, PER: 1, T: elementType(y.dtype, false) },
      grid: linearGrid(Math.ceil(y.size / LANES)),
      flops: 5 * counts.edges * c,
    },
  );

  g.backward(y, () => {
    const dy = g.grad(y);
    const D = elementType(dy.dtype, false);
    const sum = (
      name: string,
      order: Order,
      segments: number,
      to: Sink,
      term: Shader,
      ends: Readonly<Record<string, Tensor>>,
      attends = true,
    ): void => {
      const { a, ...others } = bind;
      const { V, ...rest } = types;
      walk(g, {
        ...{
          name: `edge_scores.${name}`,
          order,
          to,
          segments,
          edges: counts.edges,
          c,
          per: width,
          wide,
          slope,
        },
        term: [term, ...(attends ? files : files.slice(0, 2))],
        bind: { dy, ...ends, ...others, ...(attends && a && { a }) },
        constants: { D, ...rest, ...(attends && V !== undefined && { V }) },
      });
    };
    const both = { source: edges.source, target_of: edges.of };
    const dt = g.sink(target);
    if (dt) {
      const order = { kind: 'target', tensor: edges.offsets } as const;
      sum('target', order, counts.targets, dt, termTarget, { source: edges.source });
    }
    const ds = g.sink(source);
    if (ds) {
      const order = { kind: 'source', tensor: edges.bySource } as const;
      sum('source', order, counts.sources, ds, termSource, { target_of: edges.of });
    }
    const da = attention ? g.sink(attention) : null;
    if (da) {
      const most = g.device.can.software ? 64 : 1024;
      const span = Math.max(64, Math.ceil(counts.edges / most));
      const segments = Math.ceil(counts.edges / span);
      const partial = g.value('partial sums', [segments, c], 'f32');
      const to = { tensor: partial, add: false };
      sum('attention', { kind: 'even', span }, segments, to, termAttention, both, false);
      columnSum(g, partial, da);
    }
    const de = edge ? g.sink(edge) : null;
    if (!de) return;
    const map = elementwise(de.tensor, g.device.can, width);
    g.dispatch(
      kernel('edge_scores.edge', [edgeBackward, elementwiseWgsl, ...files]),
      { ...bind, ...both, dy, y: de.tensor },
      {
        uniforms: { n: map.n, ...shared },
        constants: { ...types, ...map.constants, D, ADD: de.add },
        grid: map.grid,
      },
    );
  });
  return y;
}
