import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, expectShape, formatShape, type Tensor } from '../../graph/tensor';
import { expectCounts } from '../lib/counts';
import { matmul } from '../matmul/matmul';
import { softmax } from '../softmax/softmax';

/** Mask, scale and lengths of `dotProductAttention`. */
export interface DotProductAttentionOptions {
  /** Query row t sees keys up to t + S - T. Default false: it sees all. */
  readonly causal?: boolean;
  /** Factor on q·k: 1 as Luong et al. 2015. Default 1/√D, as Vaswani et al. 2017. */
  readonly scale?: number;
  /** Keys that exist in each sequence, u32 (B): later ones are padding. Counts above S are refused. Default S for all. */
  readonly lengths?: Tensor;
}

/** Every step of dot-product attention. */
export interface DotProductAttention {
  /** (…, T, S): q kᵀ, before scale and mask. */
  readonly scores: Tensor;
  /** (…, T, S): how much each query takes from each key; rows sum to 1, or are 0 where no key is seen. */
  readonly weights: Tensor;
  /** (…, T, E). */
  readonly out: Tensor;
}

/**
 * softmax(scale q kᵀ + mask) v as it is written, with every step kept: for teaching, for small sequence-to-sequence
 * models (Luong, Pham and Manning 2015), and as the plain form that `attention` is measured against. Each step may have
 * readers of its own, and passes their gradients on.
 *
 * q (…, T, D), k (…, S, D), v (…, S, E) with the same leading axes, (B) or (B, H). Memory grows with T S: `attention` has
 * no such matrix. Throws `ShapeError` where shapes do not fit.
 */
export function dotProductAttention(
  g: Graph,
  { q, k, v, ...options }: { q: Tensor; k: Tensor; v: Tensor } & DotProductAttentionOptions,
): DotProductAttention {
  const where = g.where('dotProductAttention');
  for (const x of [q, k, v]) expectDType(where, x, 'f32', 'f16');
  const leading = q.shape.slice(0, -2);
  const [T, D] = q.shape.slice(-2) as [number, number];
  const S = k.shape.at(-2);
  const { causal = false, scale = 1 / Math.sqrt(D), lengths } = options;
  expectOptions(where, options, { causal, scale, lengths });
  if (leading.length < 1 || S === undefined || [k, v].some((x) => x.shape.length !== q.shape.length)) {
    throw new ShapeError(
      where,
      `q is ${formatShape(q.shape)}, k ${formatShape(k.shape)} and v ${formatShape(v.shape)}`,
      'Give (B, T, D) and (B, S, D), or (B, H, T, D) and (B, H, S, D).',
    );
  }
  expectShape(where, k, [...leading, S, D]);
  expectShape(where, v, [...leading, S, v.shape.at(-1)!]);
  if (lengths) expectCounts(g, where, lengths, { sequences: leading[0], most: S });
  const scores = matmul(g, q, k, { transposeB: true });
  const mask = causal
    ? {
        mask: g.constant(
          'causal mask',
          [T, S],
          Uint32Array.from({ length: T * S }, (_, i) => sees(i, T, S)),
        ),
      }
    : {};
  const weights = softmax(g, scores, { scale, ...mask, ...(lengths && { lengths }) });
  return { scores, weights, out: matmul(g, weights, v) };
}

/** Whether the query row of entry i of (T, S) sees its key: causal rows are aligned to the last key. */
const sees = (i: number, T: number, S: number): number => Number(i % S <= Math.floor(i / S) + S - T);
