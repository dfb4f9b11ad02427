import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectAxes, expectShape, type Tensor } from '../../graph/tensor';
import { add } from '../add/add';
import { attention } from '../attention/attention';
import { relativeBias } from '../attention/bias/bias_dense';
import type { AttentionOptions } from '../attention/options';
import { matmul } from '../matmul/matmul';
import { concat, headsFirst, slice } from '../rearrange/rearrange';
import { scale } from '../scale/scale';
import { showAsOne, type ChunkOfRows } from './show';

/** What `relativeAttention` reads: queries, keys, values, encodings of distances and the two biases. */
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

/** Heads, window and memory of `relativeAttention`. */
export interface RelativeAttentionOptions extends Pick<AttentionOptions, 'heads' | 'window' | 'dropout'> {
  /** Query rows whose terms of position are in memory at a time. Default 128; fewer where they would fill a binding. */
  readonly chunk?: number;
}

/** Enough rows for a matrix product to be worth its loads, and few beside the rows of keys that are kept anyway. */
const CHUNK = 128;

/**
 * Transformer-XL's causal attention (Dai et al. 2019, 3.3): softmax over the keys j ≤ t + S - T of
 * ((q_t + u)·k_j + (q_t + v)·R_distance) / √D, times the values. -> (B, T, H·D). Gradients reach all five inputs.
 *
 * The first term is the fused attention's own. The second is a matrix product beside it, (H, B, rows, keys) for a chunk
 * of query rows and the keys that these can see. Longer sequences take one chunk after the other, and training computes
 * each again in the backward pass (`Graph.recompute`): so memory is linear in T and S. One chunk is kept as it is.
 *
 * @throws ShapeError if shapes do not fit.
 */
export function relativeAttention(
  g: Graph,
  { q, kv, distances, contentBias, positionBias }: RelativeAttentionInputs,
  { heads, chunk, ...options }: RelativeAttentionOptions,
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
  expectAxes(where, kv, 'B, S, 2·H·D');
  expectAxes(where, distances, 'S, H·D');
  if (S < T) {
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

  // Scaled here, because the fused kernel adds biases to what is scaled already; R is the smallest that could be.
  const r = headsFirst(g, scale(g, distances, 1 / Math.sqrt(width)), heads);
  const chunks = chunksOf(g, { where, B, T, S, heads, chunk, window: options.window });
  if (chunks.length === 1) return over(g, q, kv, r);
  const before = g.probes.length;
  const parts = chunks.map(({ row, rows, key, keys }) =>
    g.recompute(() => {
      const own = slice(g, q, 1, row, rows);
      if (keys === S) return over(g, own, kv, r);
      return over(g, own, slice(g, kv, 1, key, keys), slice(g, r, 1, S - keys, keys));
    }),
  );
  showAsOne(g, before, chunks, { T, S });
  return concat(g, parts, 1);

  /** q (B, T', C) and the keys up to its last, kv (B, S', 2C); r (H, S', D) -> (B, T', C). */
  function over(g: Graph, q: Tensor, kv: Tensor, r: Tensor): Tensor {
    const [t, s] = [q.shape[1], kv.shape[1]];
    const repeated = (bias: Tensor): Tensor => g.view(bias, [C]);
    const byContent = add(g, q, repeated(contentBias));
    const byPosition = headsFirst(g, add(g, q, repeated(positionBias)), heads);
    const terms = matmul(g, g.view(byPosition, [heads, B * t, width]), r, { transposeB: true });
    // Column c of row t is key c + t - (T' - 1), S' - 1 - c before it: the rows of R in order, and no shift is needed.
    const bias = relativeBias(g.view(terms, [heads, B, t, s]));
    return attention(g, { q: byContent, kv, heads, width, causal: true, bias, ...options });
  }
}

/** Query rows, chunk by chunk, each with the keys that some row of it sees. Throws ShapeError if `chunk` is no count. */
function chunksOf(
  g: Graph,
  {
    where,
    B,
    T,
    S,
    heads,
    chunk,
    window,
  }: { where: string; B: number; T: number; S: number; heads: number } & Partial<RelativeAttentionOptions>,
): ChunkOfRows[] {
  const fits = Math.floor(g.device.can.maxBinding / (4 * B * heads * S));
  const most = chunk ?? Math.max(1, Math.min(CHUNK, fits >= 32 ? fits - (fits % 32) : fits));
  if (!Number.isInteger(most) || most < 1) {
    throw new ShapeError(where, `chunks of ${most} rows`, 'Give a whole number of at least 1.');
  }
  const left = typeof window === 'number' ? window - 1 : (window?.left ?? S);
  return Array.from({ length: Math.ceil(T / most) }, (_, i) => {
    const row = i * most;
    const rows = Math.min(most, T - row);
    const end = row + rows + S - T;
    // A window that makes no sense is left to `attention`, which refuses it.
    const key = left >= 0 ? Math.max(0, row + S - T - left) : 0;
    return { row, rows, key, keys: end - key };
  });
}
