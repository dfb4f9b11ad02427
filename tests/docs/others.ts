import type { Graph, Tensor } from '../../engine/index';
import {
  AdditiveAttention,
  dotProductAttention,
  gatedLinearAttention,
  linearSelfAttention,
} from '../../engine/attention';

/** Time and memory linear in T: (B, T, (H + 2G)·D) -> (B, T, H·D). */
export const linear = (g: Graph, qkv: Tensor): Tensor =>
  linearSelfAttention(g, qkv, { heads: 4, causal: true });

/** Gated DeltaNet's state of fixed size: q and k (B, T, 2·16), v (B, T, 4·16), log decays and β (B, T, 4) -> (B, T, 4·16). */
export const corrected = (g: Graph, x: Record<'q' | 'k' | 'v' | 'decay' | 'beta', Tensor>): Tensor =>
  gatedLinearAttention(g, { ...x, heads: 2, valueHeads: 4, width: 16 });

/** Luong's, with every step kept: queries (B, T, D), an encoder's rows (B, S, D) -> out (B, T, D), weights (B, T, S). */
export const luong = (g: Graph, q: Tensor, rows: Tensor) =>
  dotProductAttention(g, { q, k: rows, v: rows, scale: 1 });

/** Bahdanau's; its weights W, U, b and v are parameters of the module. */
export const additive = new AdditiveAttention({ queries: 16, keys: 24, hidden: 32 });
export const bahdanau = (g: Graph, queries: Tensor, rows: Tensor) =>
  additive.forward(g, { queries, values: rows });
