/** What the home page and its session say to each other. */
import type { AdapterSummary } from '../../session/protocol';

export interface Choice {
  /** What the text would go on with. */
  readonly text: string;
  /** Of all choices, 0 … 1. */
  readonly share: number;
}

export interface Prediction {
  /** The text as the model reads it: its last tokens. */
  readonly tokens: readonly string[];
  /** The likeliest, in order. */
  readonly next: readonly Choice[];
  /** Of a prediction: how much each token (row) drew on each (column), the mean of all heads of all layers. */
  readonly attention: Float32Array;
}

export type HomeEvent =
  { readonly kind: 'adapter'; readonly adapter: AdapterSummary } | { readonly kind: 'recovered' };
