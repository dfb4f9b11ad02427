import { ShapeError } from '../../errors';
import type { Graph } from '../../graph/graph';
import { expectAxes, expectShape, type Tensor } from '../../graph/tensor';
import { concat, storeSlice } from '../rearrange/rearrange';
import { attentionBackward } from './attention_backward';
import type { Form } from './tile/form';
import { forward } from './tile/kernels';
import { chooseOuter, chooseMapping, storageOf, TALL } from './layout';
import type { AttentionOptions, QueriesKeysValues, QueriesWithKeyValues } from './options';
import { resolve } from './problem';
import { showAttention } from './maps/show';
import { dispatchTiles } from './tile/work';
import { rungOf } from '../../runtime/capabilities';

/**
 * Scaled dot-product attention without a T×S matrix: out = softmax(mask(softcap(scale q kᵀ) + bias)) v per head,
 * forward and backward (Vaswani et al. 2017; Dao et al. 2022; grouped-query heads: Ainslie et al. 2023). Memory beside
 * the result is a few numbers for each row of each head, whatever T and S; but the gradient of `bucketBias` takes two
 * more for each bucket (a quarter of one on software adapters), and in f16 the result once more, in f32.
 *
 * `q` is (B, T, ·) and `kv` (B, S, ·), each holding its heads side by side from the given columns on; both may be one
 * fused tensor. Keys and values of projections of their own are `k` and `v`, (B, S, ·) each, which are first copied side
 * by side: a `kv` from one projection saves that. Result (B, T, H·D). A row that sees no key gives zeros and no gradient.
 *
 * @throws ShapeError if heads, widths, offsets, masks, biases or windows do not fit, or if gradients are wanted for a
 * tensor that has columns besides the queries, keys and values.
 */
export function attention(
  g: Graph,
  inputs: (QueriesWithKeyValues | QueriesKeysValues) & AttentionOptions,
): Tensor {
  const { q: rawQ, kv: rawKv, ...options } = 'kv' in inputs ? inputs : sideBySide(g, inputs);
  const p = resolve(g, rawQ, rawKv, options);
  const { q, kv, B, T, S, heads, width, wide, bias, sparse, turns, uniforms, constants, kind } = p;
  const mapping = chooseMapping({ width, heads, wide }, rungOf(g.device.can, 'attention'));
  const form: Form = { mapping, bias: bias.form, walk: sparse?.walk ?? null, turns: turns !== null };
  const own = chooseOuter(mapping, { width, rows: T, tall: TALL.forward }, rungOf(g.device.can, 'attention'));

  const out = g.value('attention', [B, T, heads * width], q.dtype);
  const lse = g.value('attention lse', [B, heads, T, 2], 'f32');
  // In f32 for the backward pass where f16 would be too coarse, see `sumsKeys`; copied to `out` then.
  const learns = bias.learned !== null && g.train && g.differentiable(bias.learned);
  const exact =
    bias.sumsKeys && learns && out.dtype === 'f16' ? g.value('attention exact', out.shape, 'f32') : out;
  const masks = { lengths: p.lengths, ...bias.bind, ...turns?.bind, ...sparse?.byQuery().bind };
  dispatchTiles(
    g,
    forward({ ...form, mapping: own }),
    { q, k: kv, v: kv, out: exact, lse, ...masks, ...sparse?.byQuery(own.tile).bind },
    {
      uniforms,
      constants: { ...constants, ...own.constants, OUT: storageOf(exact, wide) },
      work: p.work.byQuery(own.tile),
      products: 2,
      grid: (tiles) => [tiles, (B * heads) / own.headsPerGroup],
    },
  );
  if (exact !== out) storeSlice(g, exact, 0, 0, out);
  const showGradient = showAttention(g, {
    ...{ kind, B, T, S, heads, width, form, q, kv, lse, masks, uniforms, constants },
    oneSequence: rawQ.root === rawKv.root,
  });
  g.backward(out, () => attentionBackward(g, p, { form, out, exact, lse, showGradient }));
  return out;
}

/** Keys and values of two tensors as columns of one. */
function sideBySide(g: Graph, { k, v, ...rest }: QueriesKeysValues & AttentionOptions) {
  const { valueOffset = 0 } = rest;
  const where = g.where('attention');
  expectAxes(`${where} k`, k, 'B, S, G·D');
  expectAxes(`${where} v`, v, 'B, S, G·D');
  expectShape(`${where} v`, v, [k.shape[0], k.shape[1], v.shape[2]]);
  if (k === v) return { ...rest, kv: k, valueOffset };
  return { ...rest, kv: concat(g, [k, v], 2), valueOffset: k.shape[2] + valueOffset };
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
