/** What a plan can show of its last run, and how one asks. Ops say what there is to see of them; plans know no op. */
import type { Dispatch } from './dispatch';
import type { Place } from './slice';
import type { Tensor } from './tensor';

/** Something that a plan can show of its last run: recorded by the op that can compute it, asked for with `look`. */
export interface Probe {
  /** Which op's; tells readers how to ask. */
  readonly op: string;
  /** The scope that recorded it. */
  readonly scope: string;
  /** What it reads, and where: the plan keeps copies of small state that a run reads there and then overwrites. */
  readonly places: readonly Place[];
}

/** Of the last run, what tells rows and columns apart that exist from those that do not. */
export interface RunInfo {
  /** Runs of the plan so far; 1 for its first. */
  readonly run: number;
  /** Of its `Step`. */
  readonly position: number;
  readonly length: number;
}

/** Dispatches over what a run had in memory, and what to read after them. */
export interface Looked {
  readonly dispatches: readonly Dispatch[];
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** Dispatches over what a run had in memory: `lookAt` makes one. */
export interface LookPart {
  /** Where the dispatches of `record` belong, and what they read there. */
  readonly place: Place;
  /** Records them over the plan's own tensors and new ones. Called again if a run cuts in. */
  readonly record: (last: RunInfo) => Looked;
}

/** Something to see of the last run: what of it, how to compute it, and what to make of the numbers. */
export interface LookRequest<R> extends LookPart {
  /** The same at other places, of what no place has whole; what they return to read has other names. */
  readonly more?: readonly LookPart[];
  /** The answer, from what was read; f16 arrives as f32. */
  readonly answer: (read: Readonly<Record<string, Float32Array>>, last: RunInfo) => R;
}
