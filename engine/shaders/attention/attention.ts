import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import type { Tensor } from '../../graph/tensor';
import { attentionBackward } from './attention_backward';
import { forward, type Form } from './kernels';
import { chooseMapping } from './layout';
import type { AttentionOptions } from './options';
import { resolve } from './problem';
import { showAttention } from './show';
import { dispatchTiles } from './work';

/**
 * Scaled dot-product attention without a T×S matrix: out = softmax(mask(softcap(scale q kᵀ) + bias)) v per head,
 * forward and backward (Vaswani et al. 2017; Dao et al. 2022; grouped-query heads: Ainslie et al. 2023). Memory beside
 * the result is a number or two for each row of each head, whatever T and S; but the gradient of `bucketBias` takes two
 * more for each bucket (a quarter of one on software adapters).
 *
 * `q` is (B, T, ·) and `kv` (B, S, ·), each holding its heads side by side from the given columns on; both may be one
 * fused tensor. Result (B, T, H·D). A row that sees no key gives zeros and no gradient.
 *
 * @throws ShapeError if heads, widths, offsets, masks, biases or windows do not fit, or if gradients are wanted for a
 * tensor that has columns besides the queries, keys and values.
 */
export function attention(
  g: Graph,
  { q: rawQ, kv: rawKv, ...options }: { q: Tensor; kv: Tensor } & AttentionOptions,
): Tensor {
  const p = resolve(g, rawQ, rawKv, options);
  const { q, kv, B, T, S, heads, width, wide, bias, sparse, turns, uniforms, constants, kind } = p;
  const mapping = chooseMapping({ width, heads, wide }, g.device.can);
  const form: Form = { mapping, bias: bias.form, walk: sparse?.walk ?? null, turns: turns !== null };

  const out = g.value('attention', [B, T, heads * width], q.dtype);
  const lse = g.value('attention lse', [B, heads, T], 'f32');
  const masks = { lengths: p.lengths, ...bias.bind, ...turns?.bind, ...sparse?.byQuery };
  dispatchTiles(
    g,
    forward(form),
    { q, k: kv, v: kv, out, lse, ...masks },
    {
      uniforms,
      constants: { ...constants, ...mapping.constants },
      work: p.work.byQuery,
      products: 2,
      grid: (tiles) => [tiles, (B * heads) / mapping.headsPerGroup],
    },
  );
  const showGradient = showAttention(g, {
    ...{ kind, B, T, S, heads, width, form, q, kv, lse, masks, uniforms, constants },
    oneSequence: rawQ.root === rawKv.root,
  });
  g.backward(out, () => attentionBackward(g, p, { form, out, lse, showGradient }));
  return out;
}

/** Attention of a sequence to itself, on fused rows: qkv (B, T, (H + 2G)·D), queries first, then keys, then values. */
export function selfAttention(
  g: Graph,
  qkv: Tensor,
  options: Omit<AttentionOptions, 'width' | 'queryOffset' | 'keyOffset' | 'valueOffset'>,
): Tensor {
  const { heads, keyValueHeads = heads } = options;
  const width = qkv.shape.at(-1)! / (heads + 2 * keyValueHeads);
  if (!Number.isInteger(width)) {
    throw new ShapeError(
      g.where('selfAttention'),
      `rows of ${qkv.toString()} do not divide into ${heads} + 2·${keyValueHeads} heads`,
      'Give (B, T, (H + 2G)·D): queries, then keys, then values.',
    );
  }
  return attention(g, { q: qkv, kv: qkv, ...options, width, keyOffset: heads * width });
}
