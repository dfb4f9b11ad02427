import { expectOptions, ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectDType, type Tensor } from '../../graph/tensor';
import { expectColumns, expectHeads } from '../attention/layout';
import { expectCounts } from '../lib/counts';
import type { Call, Range } from './layout';

const FEATURES = { elu: 0, relu: 1, identity: 2 } as const;

/** Heads, feature map and lengths of `linearAttention` (Katharopoulos et al. 2020). */
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
   * computed with any ops, and passes gradients back to them. φ must give nothing below 0: weights are its products, and
   * denominators near 0 or below make numbers without bound. Features of your own are not checked.
   */
  readonly featureMap?: keyof typeof FEATURES;
  /** Added to every denominator. Default 1e-6. */
  readonly epsilon?: number;
  /** Keys that exist in each sequence, u32 (B): later ones are padding. Counts above S are refused. Default S for all. */
  readonly lengths?: Tensor;
}

/** Checks a call and says where its queries, keys and values are. Throws `ShapeError`. */
export function prepare(
  g: Graph,
  where: string,
  { q, k, v, ...options }: { q: Tensor; k: Tensor; v: Tensor } & LinearAttentionOptions,
): { call: Omit<Call, 'out' | 'inverse'>; ranges: Readonly<Record<'queries' | 'keys' | 'values', Range>> } {
  const { heads, keyValueHeads = heads, width, valueWidth = width, causal = false } = options;
  const { queryOffset = 0, keyOffset = 0, valueOffset = 0, featureMap = 'elu', epsilon = 1e-6 } = options;
  expectOptions(where, options, {
    ...{ heads, keyValueHeads, width, valueWidth, causal },
    ...{ queryOffset, keyOffset, valueOffset, featureMap, epsilon, lengths: 0 },
  });
  if (!Object.hasOwn(FEATURES, featureMap)) {
    throw new ShapeError(where, `there is no featureMap "${featureMap}"`, 'Use elu, relu or identity.');
  }
  expectHeads(where, heads, keyValueHeads, { width, valueWidth });
  if (!(epsilon > 0 && epsilon < Infinity)) {
    throw new ShapeError(where, `epsilon is ${epsilon}`, 'It must be above 0, and finite.');
  }
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
  expectCounts(g, where, lengths, { sequences: B, most: S });

  const call = {
    ...{ q, k, v, lengths, B, T, S, heads, keyValueHeads, width, valueWidth, causal },
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
  return { call, ranges: { queries, keys, values } };
}
