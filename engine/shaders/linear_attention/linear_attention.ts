import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { expectColumns } from '../attention/layout';
import { elementType } from '../lib/elementwise';
import { gradientSinks, type Call, type Range } from './layout';
import { packed } from './packed';
import ratioWgsl from './ratio.wgsl';
import { tiled } from './tiled';

const ratioKernel = defineKernel({ name: 'linear_attention.ratio', wgsl: [ratioWgsl] });

const FEATURES = { elu: 0, relu: 1, identity: 2 } as const;

export interface LinearAttentionOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key and value heads; each serves H / G query heads in a row. Default H. */
  readonly keyValueHeads?: number;
  /** D, numbers in a head of queries and keys. */
  readonly width: number;
  /** E, numbers in a head of values. Default D. */
  readonly valueWidth?: number;
  /** Query row t sees keys up to t; needs T = S. Default false: it sees all. */
  readonly causal?: boolean;
  /** First column of the queries in rows of `q`. Default 0. */
  readonly queryOffset?: number;
  /** First column of the keys in rows of `k`. Default 0. */
  readonly keyOffset?: number;
  /** First column of the values in rows of `v`. Default 0. */
  readonly valueOffset?: number;
  /**
   * φ: elu(x) + 1 (default) or relu(x), applied on load; 'identity' takes q and k as features that the caller has
   * computed with any ops, and passes gradients back to them.
   */
  readonly featureMap?: keyof typeof FEATURES;
  /** Added to every denominator. Default 1e-6. */
  readonly epsilon?: number;
  /** Keys that exist in each sequence, u32 (B): later ones are padding, numbers above S mean S. Default S for all. */
  readonly lengths?: Tensor;
}

/**
 * Linear attention per head, forward and backward, in time and memory linear in T (Katharopoulos et al. 2020):
 * out_t = φ(q_t)·Σ_j φ(k_j) v_jᵀ / (φ(q_t)·Σ_j φ(k_j) + ε).
 *
 * `q` is (B, T, ·), `k` and `v` (B, S, ·), each holding its heads side by side from the given columns on; they may be
 * one fused tensor. Result (B, T, H·E). Sums are f32. A row that sees no key gives zeros and no gradient.
 *
 * @throws ShapeError if heads, widths and offsets do not fit, if a causal T differs from S, or if gradients are wanted
 * for a tensor that has other columns.
 */
export function linearAttention(
  g: Graph,
  { q, k, v, ...options }: { q: Tensor; k: Tensor; v: Tensor } & LinearAttentionOptions,
): Tensor {
  const where = g.where('linearAttention');
  const { heads, keyValueHeads = heads, width, valueWidth = width, causal = false } = options;
  const { queryOffset = 0, keyOffset = 0, valueOffset = 0, featureMap = 'elu', epsilon = 1e-6 } = options;
  if (!Number.isInteger(heads / keyValueHeads)) {
    throw new ShapeError(
      where,
      `${heads} heads cannot share ${keyValueHeads} key heads`,
      'H must be a multiple of G.',
    );
  }
  if (!(epsilon > 0)) throw new ShapeError(where, `epsilon is ${epsilon}`, 'It must be above 0.');
  const queries: Range = { tensor: q, offset: queryOffset, columns: heads * width };
  const keys: Range = { tensor: k, offset: keyOffset, columns: keyValueHeads * width };
  const values: Range = { tensor: v, offset: valueOffset, columns: keyValueHeads * valueWidth };
  for (const [what, range] of Object.entries({ q: queries, k: keys, v: values })) {
    expectColumns(where, what, range, range.columns);
    expectDType(where, range.tensor, 'f32', 'f16');
  }
  const [B, T] = q.shape as [number, number, number];
  const [, S] = k.shape as [number, number, number];
  for (const x of [k, v]) {
    if (x.shape[0] !== B || x.shape[1] !== S) {
      throw new ShapeError(
        where,
        `q is ${q.toString()}, k ${k.toString()} and v ${v.toString()}`,
        'All need one B; k and v one S.',
      );
    }
  }
  if (causal && T !== S) {
    throw new ShapeError(
      where,
      `causal, but T is ${T} and S is ${S}`,
      'A causal row t sees keys up to t: T = S.',
    );
  }
  const lengths = options.lengths ?? g.constant('every key', [B], new Uint32Array(B).fill(S));
  expectShape(where, lengths, [B]);
  expectDType(where, lengths, 'u32');

  const out = g.value('linear attention', [B, T, heads * valueWidth], q.dtype);
  const inverse = g.value('linear attention inverse', [B, T, heads], 'f32');
  const call: Call = {
    ...{ q, k, v, lengths, out, inverse, B, T, S, heads, keyValueHeads, width, valueWidth, causal },
    sizes: {
      t: T,
      s: S,
      heads,
      per_key: heads / keyValueHeads,
      width,
      value_width: valueWidth,
      q_stride: q.shape[2],
      q_offset: queryOffset,
      k_stride: k.shape[2],
      k_offset: keyOffset,
      v_stride: v.shape[2],
      v_offset: valueOffset,
      map: FEATURES[featureMap],
      epsilon,
    },
  };
  const rung = g.device.can.software ? packed : tiled;
  rung.forward(g, call);

  g.backward(out, () => {
    const sinks = gradientSinks(g, where, { queries, keys, values });
    if (!sinks) return;
    const dout = g.grad(out);
    const ratio = g.value('linear attention ratio', [B, T, heads, 2], 'f32');
    const n = B * T * heads;
    g.dispatch(
      ratioKernel,
      { out, dout, inverse, ratio },
      {
        uniforms: { n, width: valueWidth },
        constants: { Y: elementType(out.dtype, false) },
        grid: linearGrid(Math.ceil(n / 64)),
      },
    );
    rung.backward(g, call, { dout, ratio }, sinks);
  });
  return out;
}

/** Linear attention of a sequence to itself, on fused rows: qkv (B, T, (H + 2G)·D), queries first, then keys, then values. */
export function linearSelfAttention(
  g: Graph,
  qkv: Tensor,
  options: Pick<
    LinearAttentionOptions,
    'heads' | 'keyValueHeads' | 'causal' | 'featureMap' | 'epsilon' | 'lengths'
  >,
): Tensor {
  const { heads, keyValueHeads = heads } = options;
  const width = (qkv.shape.at(-1) ?? 0) / (heads + 2 * keyValueHeads);
  if (!Number.isInteger(width)) {
    throw new ShapeError(
      g.where('linearSelfAttention'),
      `rows of ${qkv.toString()} do not divide into ${heads} + 2·${keyValueHeads} heads`,
      'Give (B, T, (H + 2G)·D).',
    );
  }
  const keyOffset = heads * width;
  const valueOffset = keyOffset + keyValueHeads * width;
  return linearAttention(g, { q: qkv, k: qkv, v: qkv, ...options, width, keyOffset, valueOffset });
}
