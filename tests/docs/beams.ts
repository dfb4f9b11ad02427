import { appendCache, decodeAttention, decodeCrossAttention, reorderCache } from '../../engine/index';
import type { Graph, Tensor } from '../../engine/index';

/**
 * A step of beam search, K = 4 hypotheses of each of 2 sentences, which are 8 sequences: `rows` u32 (8) says whose place
 * each takes, among those of its own sentence. Caches (8, capacity, G·D).
 */
export function beamStep(g: Graph, qkv: Tensor, keys: Tensor, values: Tensor, rows: Tensor): Tensor {
  reorderCache(g, keys, values, rows, { within: 4 });
  appendCache(g, qkv, keys, values, { heads: 4 });
  return decodeAttention(g, qkv, keys, values, { heads: 4 });
}

/** To the sentence: hypotheses are rows, (2, 4, H·D), so that they share its keys and values (2, S, G·D). */
export function toSource(g: Graph, q: Tensor, keys: Tensor, values: Tensor, lengths: Tensor): Tensor {
  return decodeCrossAttention(g, q, keys, values, { heads: 4, lengths });
}

/** A text without end in constant memory: the caches keep four sinks and the newest rows. */
export function endless(g: Graph, qkv: Tensor, keys: Tensor, values: Tensor): Tensor {
  const options = { heads: 4, slides: true, sinks: 4 };
  appendCache(g, qkv, keys, values, options);
  return decodeAttention(g, qkv, keys, values, options);
}
