/**
 * What the page computes with the reader that ships, recorded for browsers without WebGPU: demo/understand/record.ts makes the file; its
 * numbers are rounded to ten-thousandths.
 */
import type { History } from '../session/protocol';
import type {
  Answered,
  Explained,
  ExplanationMethod,
  Filled,
  Judged,
  Lessons,
  LineMap,
  ScoredWord,
  Searched,
  Tagged,
  TaskName,
  TaughtRun,
  Tested,
  Told,
} from './session/protocol';

/** How a model learnt. */
export interface RecordedRun<T extends TaskName> {
  readonly lesson: Lessons[T];
  readonly run: TaughtRun;
  readonly history: History;
  readonly judged: Judged<T>;
}

export interface RecordedFile {
  /** Of the machine. */
  readonly adapter: string;
  /** What each tab taught. */
  readonly taught: { readonly [T in TaskName]: RecordedRun<T> };
  readonly tested: Tested;
  /** By what stands in the field: sentences with their blank, messages, requests, questions, queries. */
  readonly fills: Readonly<
    Record<string, { readonly filled: Filled; readonly reasons: readonly ScoredWord[] }>
  >;
  readonly told: Readonly<
    Record<
      string,
      { readonly told: Told; readonly explained: Readonly<Record<ExplanationMethod, Explained>> }
    >
  >;
  readonly tagged: Readonly<Record<string, Tagged>>;
  readonly answered: Readonly<Record<string, Answered>>;
  readonly map: Omit<LineMap, 'points'> & { readonly points: readonly number[] };
  readonly searched: Readonly<Record<string, Searched>>;
}
