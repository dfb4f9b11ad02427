/**
 * What attention asks of a bias. Each kind brings its own kernels (bias_dense.ts, bias_buckets.ts, bias_slopes.ts), so
 * that programs carry only those of the kinds that they name.
 */
import type { Graph, Sink } from '../../../graph/graph';
import type { Tensor } from '../../../graph/tensor';
import type { Constants } from '../../../runtime/shader';
import biasNone from './bias_none.wgsl';
import biasStrided from './bias_strided.wgsl';
import decodeBiasNone from './decode_bias_none.wgsl';
import type { BiasForm, Form } from '../tile/form';

/**
 * What is added to the logits of query row t and key j: `denseBias`, `bucketBias`, `slopeBias` or `relativeBias`. Query
 * row t of T stands at position t + S - T among the S keys, so that the last query stands at the last key; a distance
 * is the key's position minus the query's.
 */
export interface AttentionBias {
  /** In a word, for `AttentionInfo`. */
  readonly kind: string;
  /** Checks it against the sizes of an attention; throws ShapeError. */
  resolve(g: Graph, where: string, z: BiasSizes): Bias;
}

/** A bias by distance, which goes on when a text grows: `bucketBias` or `slopeBias`. */
export interface DistanceBias extends AttentionBias {
  resolveDecode(
    g: Graph,
    where: string,
    z: { readonly heads: number; readonly capacity: number; readonly sinks: number },
  ): DecodeBias;
}

export interface BiasSizes {
  readonly B: number;
  readonly T: number;
  readonly S: number;
  readonly heads: number;
  readonly causal: boolean;
}

/** What the kernels are told of a bias. */
export interface Bias {
  readonly form: BiasForm;
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly constants: Constants;
  readonly uniforms: Readonly<Record<string, number>>;
  /** Whose gradient may be wanted, and how it is recorded. */
  readonly learned: Tensor | null;
  /** Whose tiles the gradient's kernel owns. */
  readonly owner: 'queries' | 'keys';
  readonly backward: ((pass: BiasBackward) => void) | null;
  /**
   * Whether one entry of its gradient sums over many keys of a row. They share the row's Σ p dp, so what that errs by,
   * taken from an output in f16, would add up.
   */
  readonly sumsKeys: boolean;
}

/** What the decode kernels are told of one. */
export interface DecodeBias {
  readonly form: BiasForm;
  readonly bind: Readonly<Record<string, Tensor>>;
  /** The same for the tiled kernel of `attention`, with its keys in a cache. */
  readonly tiled: (g: Graph) => Pick<Bias, 'form' | 'bind' | 'uniforms'>;
}

/** What the attention op hands on to a bias's backward rule. */
export interface BiasBackward {
  readonly g: Graph;
  readonly form: Form;
  readonly sink: Sink;
  /** q, kv, dout, saved, lengths and what else every backward kernel binds, but for the bias itself. */
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants: Constants;
  /** Floating-point operations of one product over the pairs of each tile of its owner. */
  readonly work: readonly number[];
}

export const strides = (b: number, h: number, t: number, s: number, offset: number, size: number) => ({
  bias_b: b,
  bias_h: h,
  bias_t: t,
  bias_s: s,
  bias_offset: offset,
  bias_last: size - 1,
});

export const NONE: Bias = {
  form: { name: 'none', wgsl: biasNone },
  bind: {},
  constants: {},
  uniforms: strides(0, 0, 0, 0, 0, 1),
  learned: null,
  owner: 'queries',
  backward: null,
  sumsKeys: false,
};

export const NONE_DECODE: DecodeBias = {
  form: { name: 'none', wgsl: decodeBiasNone },
  bind: {},
  tiled: () => NONE,
};

export const STRIDED: BiasForm = { name: 'strided', wgsl: biasStrided };
