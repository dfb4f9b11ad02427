/**
 * One real run of each task, for browsers without WebGPU. demo/tasks/record.ts makes the file; its numbers are rounded: shares and losses
 * to ten-thousandths, attention to 1/32,767.
 */
import type { Maps } from '../session/maps';
import { packNumbers, unpackNumbers } from '../session/packed-numbers';
import type { Answered, ByHead, TaskHistory, TaskRun } from './session/protocol';
import type { TaskName } from './tasks/tasks';

const SHARES = 32_767;

/** All that a run told. */
export interface RecordedRun {
  readonly run: TaskRun;
  readonly history: TaskHistory;
  readonly without: ByHead;
  readonly answers: readonly Answered[];
}

/** As the file has it. */
interface PackedRun extends Omit<RecordedRun, 'answers'> {
  readonly answers: readonly (Omit<Answered, 'maps'> & {
    readonly maps: readonly { readonly heads: number; readonly probabilities: string }[];
  })[];
}

export interface RecordedFile {
  readonly adapter: string;
  readonly runs: Readonly<Record<TaskName, PackedRun>>;
}

export function pack({ answers, ...rest }: RecordedRun): PackedRun {
  const packed = answers.map(({ maps, ...answered }) => ({
    ...answered,
    maps: maps.map(({ heads, probabilities }) => ({
      heads,
      probabilities: packNumbers(probabilities, SHARES),
    })),
  }));
  return { ...rest, answers: packed };
}

export function unpack({ answers, ...rest }: PackedRun): RecordedRun {
  const unpacked = answers.map(({ maps, ...answered }): Answered => {
    const { length } = answered.read;
    const whole = maps.map(({ heads, probabilities }): Maps => {
      return { heads, rows: length, columns: length, probabilities: unpackNumbers(probabilities, SHARES) };
    });
    return { ...answered, maps: whole };
  });
  return { ...rest, answers: unpacked };
}
