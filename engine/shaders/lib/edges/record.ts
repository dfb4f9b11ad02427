import { linearGrid, type Graph, type Sink } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import { defineKernel, linkedKernels } from '../../../runtime/kernel';
import type { Constants, Shader } from '../../../runtime/shader';
import { elementType } from '../elementwise';
import elementwiseWgsl from '../elementwise.wgsl';
import scalarWgsl from '../scalar.wgsl';
import vectorWgsl from '../vector.wgsl';
import dotWgsl from './dot.wgsl';
import type { EdgeCounts, Edges } from './edges';
import rowsListed from './rows_listed.wgsl';
import rowsOwn from './rows_own.wgsl';
import bySource from './segments_by_source.wgsl';
import byTarget from './segments_by_target.wgsl';
import even from './segments_even.wgsl';
import termRows from './term_rows.wgsl';
import walkWgsl from './walk.wgsl';
import walkSoftware from './walk_software.wgsl';
import weightsHeads from './weights_heads.wgsl';
import weightsNone from './weights_none.wgsl';

const kernel = linkedKernels();
const dots = {
  scalar: defineKernel({ name: 'edges.dot', wgsl: [scalarWgsl, dotWgsl, elementwiseWgsl] }),
  vector: defineKernel({ name: 'edges.dot', wgsl: [vectorWgsl, dotWgsl, elementwiseWgsl] }),
};
const LANES = 64;
const SOFTWARE_LANES = 16;

/** Which edges make a sum, and what it is bound to. */
export type Order =
  | { readonly kind: 'target' | 'source'; readonly tensor: Tensor }
  | { readonly kind: 'even'; readonly span: number };

/** A sum over the edges of each segment. */
export interface Walk {
  /** Of the kernel. */
  readonly name: string;
  readonly order: Order;
  /** (segments, c). */
  readonly to: Sink;
  readonly segments: number;
  readonly edges: number;
  /** Numbers of a row, and those of one head. */
  readonly c: number;
  readonly per: number;
  /** Whether a term is four numbers. */
  readonly wide: boolean;
  /** Files that declare `term`, and what they bind and are specialised with. */
  readonly term: readonly Shader[];
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly constants: Constants;
  /** Of `leaky` where the term has one. */
  readonly slope?: number;
  readonly mean?: boolean;
  /** Bytes that it moves, for profiles. */
  readonly bytes?: number;
}

const ORDERS = { target: byTarget, source: bySource, even } as const;

/** Records y[n] = Σ term(n, e) over the edges of each segment, by walk.wgsl. */
export function walk(g: Graph, w: Walk): void {
  const { order, to, segments, edges, wide } = w;
  const { software } = g.device.can;
  const unit = wide ? 4 : 1;
  const c = w.c / unit;
  const COLUMNS = Math.min(16, 2 ** Math.ceil(Math.log2(c)));
  const bind: Record<string, Tensor> =
    order.kind === 'even' ? {} : { [order.kind === 'target' ? 'offsets' : 'by_source']: order.tensor };
  g.dispatch(
    kernel(w.name, [software ? walkSoftware : walkWgsl, ORDERS[order.kind], ...w.term]),
    { y: to.tensor, ...bind, ...w.bind },
    {
      uniforms: {
        ...{ segments, edges, c, per: w.per / unit, slope: w.slope ?? 0 },
        span: order.kind === 'even' ? order.span : 0,
      },
      constants: {
        ...(software ? { LANES: SOFTWARE_LANES } : { LANES, COLUMNS }),
        ...{ ADD: to.add, MEAN: w.mean ?? false, T: elementType(to.tensor.dtype, wide) },
        F: elementType('f32', wide),
        ...w.constants,
      },
      grid: linearGrid(
        software ? Math.ceil((segments * c) / SOFTWARE_LANES) : segments * Math.ceil(c / COLUMNS),
      ),
      ...(w.bytes !== undefined && { bytes: w.bytes }),
    },
  );
}

/** What `walkRows` adds up: rows of x, of edges themselves or of a node of each, with weights or without. */
export interface RowWalk {
  readonly name: string;
  readonly x: Tensor;
  readonly order: Order;
  readonly to: Sink;
  readonly segments: number;
  readonly edges: number;
  readonly heads: number;
  /** C: numbers of a head. */
  readonly width: number;
  /** u32 (E): the row of x of each edge. Default: its own. */
  readonly rows?: Tensor;
  /** (E, H). */
  readonly weights?: Tensor | undefined;
  readonly mean?: boolean;
}

/** Records y[n] = Σ weights[e, h] x[rows[e]] over the edges of each segment. */
export function walkRows(g: Graph, { x, rows, weights, heads, width, edges, ...rest }: RowWalk): void {
  const wide = width % 4 === 0;
  const c = heads * width;
  walk(g, {
    ...rest,
    ...{ edges, c, per: width, wide },
    term: [termRows, rows ? rowsListed : rowsOwn, weights ? weightsHeads : weightsNone],
    bind: { x, ...(rows && { rows }), ...(weights && { weights }) },
    constants: {
      X: elementType(x.dtype, wide),
      ...(weights && { W: elementType(weights.dtype, false) }),
    },
    bytes: edges * c * (x.bytes / x.size) + rest.to.tensor.bytes + (rows?.bytes ?? 0) + (weights?.bytes ?? 0),
  });
}

/** Records y[e, h] = Σ a[source[e], h] b[target[e], h] over the numbers of a head. a (M, H C), b (N, H C), y (E, H). */
export function dot(
  g: Graph,
  edges: Pick<Edges, 'source' | 'of'>,
  counts: Pick<EdgeCounts, 'edges'>,
  [a, b]: readonly [a: Tensor, b: Tensor],
  { heads, width }: { readonly heads: number; readonly width: number },
  to: Sink,
): void {
  const wide = width % 4 === 0;
  const unit = wide ? 4 : 1;
  const n = counts.edges * heads;
  g.dispatch(
    wide ? dots.vector : dots.scalar,
    { a, b, source: edges.source, target_of: edges.of, y: to.tensor },
    {
      uniforms: { n, c: (heads * width) / unit, per: width / unit },
      constants: {
        ...{ LANES, PER: 1, ADD: to.add, T: elementType(to.tensor.dtype, false) },
        ...{ A: elementType(a.dtype, wide), B: elementType(b.dtype, wide) },
      },
      grid: linearGrid(Math.ceil(n / LANES)),
      flops: 2 * n * width,
      bytes: n * width * (a.bytes / a.size + b.bytes / b.size) + to.tensor.bytes,
    },
  );
}
