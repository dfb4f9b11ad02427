import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectShape, type Tensor } from '../../graph/tensor';
import { add } from '../add/add';
import { attention } from '../attention/attention';
import { relativeBias } from '../attention/bias_dense';
import type { AttentionOptions } from '../attention/options';
import { matmul } from '../matmul/matmul';
import { headsFirst } from '../rearrange/rearrange';
import { scale } from '../scale/scale';

export interface RelativeAttentionInputs {
  /** (B, T, H·D). */
  readonly q: Tensor;
  /** Keys, then values: (B, S, 2·H·D), S ≥ T; the last T rows are those of the queries. */
  readonly kv: Tensor;
  /** R, projected encodings of distances: (S, H·D), row r for the distance S - 1 - r, as `relativeSinusoidal` has them. */
  readonly distances: Tensor;
  /** u, (H, D): `r_w_bias` of checkpoints. */
  readonly contentBias: Tensor;
  /** v, (H, D): `r_r_bias` of checkpoints. */
  readonly positionBias: Tensor;
}

export type RelativeAttentionOptions = Pick<AttentionOptions, 'heads' | 'window' | 'dropout'>;

/**
 * Transformer-XL's causal attention (Dai et al. 2019, 3.3): softmax over the keys j ≤ t + S - T of
 * ((q_t + u)·k_j + (q_t + v)·R_distance) / √D, times the values. -> (B, T, H·D). Gradients reach all five inputs.
 *
 * The first term is the fused attention's own and takes memory linear in T. The second is a matmul beside it, kept as
 * (H, B, T, S) with its gradient: 2·H·B·T·S numbers in training, meant for segments of a few hundred tokens.
 *
 * @throws ShapeError if shapes do not fit.
 */
export function relativeAttention(
  g: Graph,
  { q, kv, distances, contentBias, positionBias }: RelativeAttentionInputs,
  { heads, ...options }: RelativeAttentionOptions,
): Tensor {
  const where = g.where('relativeAttention');
  const [B = 0, T = 0, C = 0] = q.shape;
  const S = kv.shape[1] ?? 0;
  const width = C / heads;
  if (q.shape.length !== 3 || !Number.isInteger(width)) {
    throw new ShapeError(
      where,
      `rows of ${q.toString()} do not divide into ${heads} heads`,
      'Give queries as (B, T, H·D).',
    );
  }
  if (kv.shape.length === 3 && S < T) {
    throw new ShapeError(
      where,
      `${T} queries but ${S} keys`,
      'Keys are those of the memory and of all queries.',
    );
  }
  expectShape(where, kv, [B, S, 2 * C]);
  if (distances.shape[0] !== S) {
    throw new ShapeError(
      where,
      `${S} keys are up to ${S - 1} apart but ${distances.toString()} has ${distances.shape[0]} rows`,
      `Give relativeSinusoidal(g, ${S}, C), projected.`,
    );
  }
  expectShape(where, distances, [S, C]);
  for (const bias of [contentBias, positionBias]) expectShape(where, bias, [heads, width]);

  const repeated = (bias: Tensor): Tensor => g.view(bias, [C]);
  const byContent = add(g, q, repeated(contentBias));
  const byPosition = headsFirst(g, add(g, q, repeated(positionBias)), heads);
  // Scaled here, because the fused kernel adds biases to what is scaled already; R is the smallest that could be.
  const r = headsFirst(g, scale(g, distances, 1 / Math.sqrt(width)), heads);
  const terms = matmul(g, g.view(byPosition, [heads, B * T, width]), r, { transposeB: true });
  // Column c of row t is key c + t - (T - 1), S - 1 - c before it: the rows of R in order, and no shift is needed.
  const bias = relativeBias(g.view(terms, [heads, B, T, S]));
  return attention(g, { q: byContent, kv, heads, width, causal: true, bias, ...options });
}
