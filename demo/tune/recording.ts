/**
 * A real run of each kind of adapter beside the writer that ships, for browsers without WebGPU, and for the place of the first one.
 * demo/tune/record.ts makes the file; its losses are rounded to ten-thousandths.
 */
import type { History } from '../session/protocol';
import type { AdapterKindName } from './kinds';
import type { AdapterCost, Comparison, TuneRun } from './session/protocol';

/** All that a run told. */
export interface RecordedRun {
  readonly run: TuneRun;
  readonly history: History;
  readonly cost: AdapterCost;
  readonly comparison: Comparison;
  /** What both wrote after `prompt`. */
  readonly prompt: string;
  readonly written: { readonly base: string; readonly now: string };
}

export interface RecordedFile {
  /** Of the machine. */
  readonly adapter: string;
  readonly targets: readonly string[];
  readonly runs: Readonly<Partial<Record<AdapterKindName, RecordedRun>>>;
}
