import { ShapeError } from '../../errors';
import { linearGrid, type Graph, type Sink } from '../../graph/graph';
import { expectDType, expectShape, type Tensor } from '../../graph/tensor';
import { defineKernel, type Kernel } from '../../runtime/kernel';
import type { Constants, Shader } from '../../runtime/shader';
import { expectColumns } from '../attention/layout';
import { elementType } from '../lib/elementwise';
import { chunksOf, gradientSinks, TILE, type Range } from './layout';
import applyWgsl from './apply.wgsl';
import dkWgsl from './dk.wgsl';
import dqWgsl from './dq.wgsl';
import dvWgsl from './dv.wgsl';
import gradientsWgsl from './gradients.wgsl';
import keysWgsl from './keys.wgsl';
import outWgsl from './out.wgsl';
import queriesWgsl from './queries.wgsl';
import ratioWgsl from './ratio.wgsl';
import scanWgsl from './scan.wgsl';
import sizesWgsl from './sizes.wgsl';
import stateWgsl from './state.wgsl';
import streamKeys from './stream_keys.wgsl';
import streamQueries from './stream_queries.wgsl';
import tileWgsl from './tile.wgsl';

const define = (name: string, ...wgsl: Shader[]): Kernel =>
  defineKernel({ name: `linear_attention.${name}`, wgsl: [sizesWgsl, ...wgsl, tileWgsl] });
const keyState = define('key_state', keysWgsl, streamKeys, stateWgsl);
const queryState = define('query_state', queriesWgsl, gradientsWgsl, streamQueries, stateWgsl);
const forward = define('forward', queriesWgsl, keysWgsl, streamKeys, outWgsl, applyWgsl);
const both = [queriesWgsl, keysWgsl, gradientsWgsl] as const;
const backwardQuery = define('backward_query', ...both, streamKeys, dqWgsl, applyWgsl);
const backwardKey = define('backward_key', ...both, streamQueries, dkWgsl, applyWgsl);
const backwardValue = define('backward_value', ...both, streamQueries, dvWgsl, applyWgsl);
const scan = defineKernel({ name: 'linear_attention.scan', wgsl: [scanWgsl] });
const ratioKernel = defineKernel({ name: 'linear_attention.ratio', wgsl: [ratioWgsl] });

const FEATURES = { elu: 0, relu: 1, identity: 2 } as const;
const [EARLIER, LATER, EVERY] = [0, 1, 2] as const;

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

  const shares = heads / keyValueHeads;
  const sizes = {
    t: T,
    s: S,
    heads,
    per_key: shares,
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
  };
  const Q = elementType(q.dtype, false);
  const K = elementType(k.dtype, false);
  const V = elementType(v.dtype, false);

  /** Σ_j (owner · left_j) right_j over the rows that `stream` walks through: forward and all three gradients. */
  const contract = (pass: Pass): void => {
    const { stream, x, y, total = false } = pass;
    const streamsKeys = stream === 'keys';
    const [rows, owned] = streamsKeys ? [S, T] : [T, S];
    const ownerHeads = streamsKeys ? heads : keyValueHeads;
    const { chunk, chunks } = chunksOf(rows, causal, Math.max(width, valueWidth));
    const stride = total ? y + 1 : y;
    const uniforms = {
      ...sizes,
      x,
      y,
      stride,
      chunk,
      chunks,
      owner_heads: ownerHeads,
      streams: streamsKeys ? 1 : shares,
      direction: causal ? (streamsKeys ? EARLIER : LATER) : EVERY,
    };
    const constants = {
      COLUMNS: 2 ** Math.ceil(Math.log2(Math.ceil(y / 32))),
      TOTAL: total,
      SWAP: pass.swap,
    };
    const stored: Constants = streamsKeys ? { K, V } : { Q, DY: pass.dy ?? 'f32' };
    const states = B * keyValueHeads;
    // A single causal chunk has no other to look at.
    const alone = causal && chunks === 1;
    const state = g.value('linear attention state', alone ? [1] : [states, chunks, x, stride], 'f32');
    if (!alone) {
      g.dispatch(
        streamsKeys ? keyState : queryState,
        { ...pass.streamed, state },
        {
          uniforms,
          constants: { ...constants, ...stored },
          grid: [chunks, Math.ceil(x / TILE), states],
          flops: 2 * B * heads * rows * x * y,
        },
      );
      if (chunks > 1) {
        g.dispatch(
          scan,
          { state },
          {
            uniforms: { n: states, chunks, width: x * stride, direction: uniforms.direction },
            grid: linearGrid(Math.ceil((states * x * stride) / 64)),
            flops: states * chunks * x * stride,
          },
        );
      }
    }
    const near = causal ? Math.min(rows, chunk) / 2 : 0;
    g.dispatch(
      pass.apply,
      { ...pass.bind, state },
      {
        uniforms,
        constants: { ...constants, Q, K, V, ...pass.types },
        grid: [Math.ceil(owned / TILE), B * ownerHeads],
        flops: 2 * B * heads * owned * (x * y + near * (x + y)),
      },
    );
  };

  const out = g.value('linear attention', [B, T, heads * valueWidth], q.dtype);
  const inverse = g.value('linear attention inverse', [B, T, heads], 'f32');
  const Y = elementType(out.dtype, false);
  const read = { k, v, lengths };
  contract({
    stream: 'keys',
    swap: false,
    x: width,
    y: valueWidth,
    total: true,
    streamed: read,
    apply: forward,
    bind: { ...read, q, out, inverse },
    types: { Y },
  });

  g.backward(out, () => {
    const sinks = gradientSinks(g, where, { queries, keys, values });
    if (!sinks) return;
    const dout = g.grad(out);
    const ratio = g.value('linear attention ratio', [B, T, heads, 2], 'f32');
    const n = B * T * heads;
    g.dispatch(
      ratioKernel,
      { out, dout, inverse, ratio },
      { uniforms: { n, width: valueWidth }, constants: { Y }, grid: linearGrid(Math.ceil(n / 64)) },
    );
    const DY = elementType(dout.dtype, false);
    const types = (sink: Sink): Constants => ({
      DY,
      DX: elementType(sink.tensor.dtype, false),
      ADD: sink.add,
    });
    const bind = { ...read, q, dout, ratio };
    const extended = valueWidth + 1;
    const keySide = { stream: 'keys', streamed: read } as const;
    const querySide = { stream: 'queries', streamed: { q, dout, ratio }, dy: DY } as const;
    if (sinks.queries) {
      contract({
        ...keySide,
        swap: true,
        x: extended,
        y: width,
        apply: backwardQuery,
        bind: { ...bind, dx: sinks.queries.tensor },
        types: types(sinks.queries),
      });
    }
    if (sinks.keys) {
      contract({
        ...querySide,
        swap: true,
        x: extended,
        y: width,
        apply: backwardKey,
        bind: { ...bind, dx: sinks.keys.tensor },
        types: types(sinks.keys),
      });
    }
    if (sinks.values) {
      contract({
        ...querySide,
        swap: false,
        x: width,
        y: valueWidth,
        apply: backwardValue,
        bind: { ...bind, dx: sinks.values.tensor },
        types: types(sinks.values),
      });
    }
  });
  return out;
}

interface Pass {
  readonly stream: 'keys' | 'queries';
  readonly swap: boolean;
  /** Columns of the left and of the right streamed operand. */
  readonly x: number;
  readonly y: number;
  /** Also Σ_j owner · left_j. Default false. */
  readonly total?: boolean;
  readonly streamed: Readonly<Record<string, Tensor>>;
  readonly dy?: 'f32' | 'f16' | 'vec4<f32>' | 'vec4<f16>';
  readonly apply: Kernel;
  readonly bind: Readonly<Record<string, Tensor>>;
  readonly types: Constants;
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
