/** What the page Write and its session say to each other. */
import type { AdapterSummary } from '../../session/protocol';
import type { ReaderInfo, Reading } from '../../session/reader';
import type { TrainedModel } from '../../session/trained';

/** Which model writes: the one that the site ships, or the GPT of this tab. */
export type WriterName = 'shipped' | 'own';

export interface WriterInfo extends ReaderInfo {
  /** Of the GPT of this tab, as `TrainedModel` has it; 0 for the one that ships. */
  readonly number: number;
}

/** A text as one model read it at one time. */
export interface WriterReading extends Reading {
  readonly number: number;
  /** Steps that the GPT of this tab had learnt for; null for the model that ships. */
  readonly step: number | null;
}

export type WriteEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  /** Another device took the place of a lost one. */
  | { readonly kind: 'recovered' }
  /** There is a GPT in this tab, or none any more, or it has learnt. */
  | { readonly kind: 'trained'; readonly trained: TrainedModel | null };
