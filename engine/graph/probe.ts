import type { Place } from './slice';

/** Something that a plan can show of its last run: recorded by the op that can compute it, asked for with `look`. */
export interface Probe {
  /** Which op's; tells readers how to ask. */
  readonly op: string;
  /** The scope that recorded it. */
  readonly scope: string;
  /** What it reads, and where: the plan keeps copies of small state that a run reads there and then overwrites. */
  readonly places: readonly Place[];
}
