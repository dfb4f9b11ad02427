/** Kinds of adapters that the page offers, with settings that do well beside a small model. */
import type { AdapterChoice } from '../../models/adapters/tuning';

export type AdapterKindName = Extract<AdapterChoice['kind'], 'lora' | 'dora' | 'ia3' | 'prefix'>;

/** The peak learning rate that a kind does well with: what has fewer numbers takes larger steps. */
export const KINDS: Readonly<Record<AdapterKindName, { readonly rate: number }>> = {
  lora: { rate: 0.005 },
  dora: { rate: 0.005 },
  ia3: { rate: 0.02 },
  prefix: { rate: 0.02 },
};

export const KIND_NAMES = Object.keys(KINDS) as readonly AdapterKindName[];

export const STEPS = 60;
export const RANK = 8;
export const PREFIX_ROWS = 16;
