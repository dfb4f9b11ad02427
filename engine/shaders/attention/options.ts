import type { Tensor } from '../../graph/tensor';
import type { RotaryOptions } from '../rope/rotation';
import type { AttentionBias } from './bias/bias';
import type { AttentionPattern } from './pattern/pattern';

/** Keys at most `left` before and `right` after a query's own position. */
export interface AttentionWindow {
  readonly left: number;
  readonly right: number;
}

/** Queries (B, T, ·), and keys and values (B, S, ·) as columns of one tensor, which may be that of the queries. */
export interface QueriesWithKeyValues {
  readonly q: Tensor;
  readonly kv: Tensor;
}

/** Queries (B, T, ·), keys and values (B, S, ·). */
export interface QueriesKeysValues {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Heads, mask, positions and biases of `attention` and `selfAttention`. */
export interface AttentionOptions {
  /** H, query heads. */
  readonly heads: number;
  /** G, key and value heads; each serves H / G query heads in a row. Default H. */
  readonly keyValueHeads?: number;
  /** D, numbers in a head. */
  readonly width: number;
  /** Query row t sees keys up to t + S - T. Default false: it sees all. */
  readonly causal?: boolean;
  /**
   * A number W: with `causal` the W last keys up to a query's own, as in Mistral; without, the keys up to W - 1 away
   * on either side. Or both sides counted for themselves. Tiles outside are skipped. Default: no window.
   */
  readonly window?: number | AttentionWindow;
  /** A sparse pattern of pairs; tiles in which no pair sees are skipped. Default: all pairs. */
  readonly pattern?: AttentionPattern;
  /** First column of the queries in rows of `q`. Default 0. */
  readonly queryOffset?: number;
  /** First column of the keys in rows of `kv` or `k`. Default 0. */
  readonly keyOffset?: number;
  /** First column of the values in rows of `kv`, by default keyOffset + G D; or in rows of `v`, by default 0. */
  readonly valueOffset?: number;
  /** Factor on q·k. Default 1/√D. */
  readonly scale?: number;
  /** Bounds logits by cap · tanh(logit / cap), before bias and mask (Gemma 2). Default: none. */
  readonly softcap?: number;
  readonly bias?: AttentionBias;
  /**
   * Rotary positions (Su et al. 2021): query row t stands at `now.position + S - T + t` and key j at `now.position + j`;
   * q and kv have not turned. Long sequences turn in a pass of the op `rope`, short ones on GPUs as they are loaded,
   * without that pass and its copy. Default null: nothing turns.
   */
  readonly rope?: RotaryOptions | null;
  /** Keys that exist in each sequence, u32 (B): later ones are padding. Counts above S are refused. Default S for all. */
  readonly lengths?: Tensor;
  /** Instead of `lengths`: u32 (B, S), 0 where a key is hidden. */
  readonly keyMask?: Tensor;
  /** Probability of dropping a probability while the graph trains; drawn again in the backward. Default 0. */
  readonly dropout?: number;
}
