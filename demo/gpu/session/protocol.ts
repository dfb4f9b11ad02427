/** What the page My GPU and its worker say to each other. */
import type { AdapterSummary } from '../../session/protocol';

export type Phase = 'right' | 'peaks' | 'fast' | 'fits';

/** Of a family of kernels, on one rung and with floats stored as one type: the largest share of the error that is allowed. */
export interface Cell {
  readonly family: string;
  readonly rung: 'hardware' | 'software';
  /** The rung is the one that this device takes by itself. */
  readonly own: boolean;
  readonly dtype: 'f32' | 'f16';
  readonly cases: number;
  /** Null where nothing was compared. */
  readonly forward: number | null;
  readonly backward: number | null;
  /** What is wrong, in English with numbers. */
  readonly wrong: readonly string[];
}

export const SPEEDS = [
  'matmul',
  'matmulBackward',
  'attention',
  'attentionBackward',
  'step',
  'token',
] as const;

export interface Speed {
  readonly name: (typeof SPEEDS)[number];
  readonly size: string;
  readonly clock: 'timestamps' | 'wall clock';
  /** Median, fastest and slowest sample. */
  readonly milliseconds: number;
  readonly low: number;
  readonly high: number;
  readonly rate: number;
  readonly unit: 'GFLOP/s' | 'tokens/s';
  /** Of the measured multiply-add peak; null where that makes no sense. */
  readonly share: number | null;
}

/** Bytes that a model needs; null where this device cannot at all, `refused` says why. */
export interface Fit {
  readonly name: string;
  readonly parameters: number;
  readonly run: number | null;
  /** With weights in int4. */
  readonly packed: number | null;
  readonly train: number | null;
  readonly refused: string | null;
}

/** All that was found so far. */
export interface Report {
  readonly adapter: AdapterSummary;
  readonly browser: string;
  readonly date: string;
  /** Families to be checked, in order. */
  readonly families: readonly string[];
  readonly cells: readonly Cell[];
  readonly peaks: { readonly gflops: number; readonly gbps: number; readonly clock: Speed['clock'] } | null;
  readonly speeds: readonly Speed[];
  /** What could not be timed, in English. */
  readonly void: readonly string[];
  readonly fits: readonly Fit[];
  /** The largest buffer of this device, bytes. */
  readonly largest: number;
}

export type State = 'idle' | 'running' | 'finished' | 'cancelled' | 'lost' | 'failed';

export interface RunSettings {
  /** Names of the families to check; null: all. */
  readonly only: readonly string[] | null;
  readonly phases: readonly Phase[];
}

export type GpuEvent =
  | { readonly kind: 'adapter'; readonly adapter: AdapterSummary }
  | { readonly kind: 'progress'; readonly phase: Phase; readonly share: number }
  | { readonly kind: 'report'; readonly report: Report }
  | { readonly kind: 'state'; readonly state: State; readonly error: string };
