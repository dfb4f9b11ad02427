/** What the laboratory's page and its worker say to each other. Arrays are the f32 that the kernels wrote. */
import type { AdapterSummary } from '../../session/protocol';

export interface SoftmaxInput {
  readonly logits: readonly number[];
  /** Which entries take part. */
  readonly mask: readonly boolean[];
  /** Positive. */
  readonly temperature: number;
}

export interface SoftmaxResult {
  /** Logits divided by the temperature. */
  readonly scaled: Float32Array;
  readonly probabilities: Float32Array;
  /** Milliseconds to encode and submit one replay, and until its numbers were here: medians of the last replays. */
  readonly submit: number;
  readonly round: number;
  /** How often the plan was replayed. */
  readonly replays: number;
}

/** A matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface HeadInput {
  /** At most TOKENS - PADDING of them. */
  readonly words: readonly string[];
  readonly causal: boolean;
  /** Add the sinusoidal positions to the embeddings. */
  readonly positions: boolean;
  /** Drawn from a fixed seed, or the first D columns of the identity: Q = K = V = the first columns of X. */
  readonly weights: 'random' | 'identity';
}

/** Every intermediate of a head, in the order of computation; `fused` is what the fused op gives for `out`. */
export const HEAD_STAGES = [
  'embedding',
  'positions',
  'x',
  'weightQ',
  'weightK',
  'weightV',
  'q',
  'k',
  'v',
  'scores',
  'scaled',
  'masked',
  'weights',
  'out',
  'fused',
] as const;
export type HeadStage = (typeof HEAD_STAGES)[number];

export interface HeadResult {
  readonly stages: Readonly<Record<HeadStage, Matrix>>;
  /** Largest |out - fused| over all rows. */
  readonly difference: number;
  /** Largest difference between `weights` and those that `plan.attention` recomputes of the fused op. */
  readonly shownDifference: number;
  readonly milliseconds: number;
}

/** Rows of the head's plan, and how many of them are kept for padding. */
export const TOKENS = 16;
export const PADDING = 2;
/** Width of the embeddings, and of the head. */
export const WIDTH = 16;
export const HEAD_WIDTH = 8;

export type LaboratoryEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  /** The device was lost and another one took over: ask again for what is on view. */
  | { readonly kind: 'recovered' };
