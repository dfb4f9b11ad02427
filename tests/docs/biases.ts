import {
  alibiSlopes,
  attention,
  bucketBias,
  denseBias,
  globalPattern,
  localPattern,
  selfAttention,
  slopeBias,
  t5Bucket,
  unionPattern,
  type Graph,
  type Tensor,
} from '../../engine/index';

/** attn_mask: a bias (B or 1, H or 1, T or 1, S) with -Infinity where a pair is hidden. Cross-attention. */
export const masked = (g: Graph, q: Tensor, kv: Tensor, mask: Tensor): Tensor =>
  attention(g, { q, kv, heads: 4, width: 16, bias: denseBias(mask) });

/** key_padding_mask: u32 (B, S), 1 where there is a token and 0 where there is padding. */
export const padded = (g: Graph, qkv: Tensor, keyMask: Tensor): Tensor =>
  selfAttention(g, qkv, { heads: 4, keyMask });

/** T5's encoder: no scale, and a table (buckets, H) that learns. */
export const t5 = (g: Graph, qkv: Tensor, table: Tensor): Tensor =>
  selfAttention(g, qkv, { heads: 4, scale: 1, bias: bucketBias(table, (distance) => t5Bucket(distance)) });

/** BLOOM: ALiBi. */
export const bloom = (g: Graph, qkv: Tensor): Tensor =>
  selfAttention(g, qkv, { heads: 4, causal: true, bias: slopeBias(alibiSlopes(4)) });

/** Longformer with attention_window 128 and one global token. Made once: layers that share it share its lists of tiles. */
const longformer = unionPattern(localPattern(64), globalPattern([0]));
export const long = (g: Graph, qkv: Tensor): Tensor =>
  selfAttention(g, qkv, { heads: 4, pattern: longformer });
