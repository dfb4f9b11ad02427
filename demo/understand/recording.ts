/**
 * What the page computes with the reader that ships, recorded for browsers without WebGPU: demo/understand/record.ts makes the file; its
 * numbers are rounded to ten-thousandths.
 */
import type { History } from '../session/protocol';
import type {
  ClassRun,
  Explained,
  ExplanationMethod,
  Filled,
  Judged,
  Lesson,
  LineMap,
  ScoredWord,
  Searched,
  Tested,
  Told,
} from './session/protocol';

export interface RecordedFile {
  /** Of the machine. */
  readonly adapter: string;
  readonly lesson: Lesson;
  readonly run: ClassRun;
  readonly history: History;
  readonly judged: Judged;
  readonly tested: Tested;
  /** By what stands in the field: sentences with their blank, messages, queries. */
  readonly fills: Readonly<
    Record<string, { readonly filled: Filled; readonly reasons: readonly ScoredWord[] }>
  >;
  readonly told: Readonly<
    Record<
      string,
      { readonly told: Told; readonly explained: Readonly<Record<ExplanationMethod, Explained>> }
    >
  >;
  readonly map: Omit<LineMap, 'points'> & { readonly points: readonly number[] };
  readonly searched: Readonly<Record<string, Searched>>;
}
