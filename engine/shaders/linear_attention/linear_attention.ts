import { ShapeError } from '../../errors';
import { linearGrid, type Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { defineKernel } from '../../runtime/kernel';
import { elementType } from '../lib/elementwise';
import { prepare, type LinearAttentionOptions } from './call';
import { gradientSinks, type Call } from './layout';
import { packed } from './packed';
import ratioWgsl from './ratio.wgsl';
import { tiled } from './tiled';

export type { LinearAttentionOptions } from './call';

const ratioKernel = defineKernel({ name: 'linear_attention.ratio', wgsl: [ratioWgsl] });

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
  x: { q: Tensor; k: Tensor; v: Tensor } & LinearAttentionOptions,
): Tensor {
  const where = g.where('linearAttention');
  const { call: checked, ranges } = prepare(g, where, x);
  const { B, T, heads, valueWidth, q } = checked;
  const out = g.value('linear attention', [B, T, heads * valueWidth], q.dtype);
  const inverse = g.value('linear attention inverse', [B, T, heads], 'f32');
  const call: Call = { ...checked, out, inverse };
  const rung = g.device.can.software ? packed : tiled;
  rung.forward(g, call);

  g.backward(out, () => {
    const sinks = gradientSinks(g, where, ranges);
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
