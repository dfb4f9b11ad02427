/** What trainings of checkpoints have in common: where they stand on disk, and how one follows them. */
import { createWriteStream, existsSync, mkdirSync, readdirSync, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, type FitEvent } from '../engine/index';
import { csvLog, eventLog, type Log } from '../models/finetune/index';
import type { ProgressDisplay } from './progress';

/** In the folder of --out: where a training stands that is not at its end. */
export const CHECKPOINT = 'training.checkpoint';

/**
 * Makes the folder that a training writes to. Throws `DataError` where something stands there already, or nothing to go on with.
 */
export async function expectTrainingFolder(
  out: string,
  { resume = false, overwrite = false }: { readonly resume?: boolean; readonly overwrite?: boolean },
): Promise<void> {
  const there = existsSync(out) ? readdirSync(out) : [];
  if (resume && !there.includes(CHECKPOINT))
    throw new DataError(join(out, CHECKPOINT), 'there is no such file', 'Begin without --resume.');
  if (!resume && !overwrite && there.length > 0) {
    const todo = `${there.includes(CHECKPOINT) ? 'Go on with it (--resume), overwrite' : 'Overwrite'} it (--overwrite), or write elsewhere (--out).`;
    throw new DataError(out, 'there is something already', todo);
  }
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DataError(out, `it cannot be made (${code ?? message})`, 'Choose another --out.', { cause });
  }
}

/** Logs in a folder: an event file for TensorBoard, and numbers.csv. */
export function logsIn(folder: string): { readonly log: Log; readonly end: () => Promise<void> }[] {
  mkdirSync(folder, { recursive: true });
  const opened = (name: string): WriteStream => createWriteStream(join(folder, name), { flags: 'a' });
  const kept = (stream: WriteStream, log: Log) => ({
    log,
    end: () => new Promise<void>((resolve) => stream.end(resolve)),
  });
  const events = opened(`events.out.tfevents.${Math.floor(Date.now() / 1000)}.heed`);
  const csv = opened('numbers.csv');
  return [
    kept(
      events,
      eventLog((bytes) => events.write(bytes)),
    ),
    kept(
      csv,
      csvLog((text) => csv.write(text)),
    ),
  ];
}

/** Tells of steps and evaluations. */
export function reportOn(display: ProgressDisplay): {
  readonly onEvent: (event: FitEvent) => void;
  readonly onProgress: (done: number, total: number) => void;
} {
  let loss = '';
  const onProgress = (done: number, total: number): void => display.show('steps', done, total, loss);
  const onEvent = (event: FitEvent): void => {
    if (event.kind === 'steps') loss = `loss ${event.reports.at(-1)!.loss.toFixed(4)}`;
    else if (event.kind === 'evaluation') {
      const { step, metrics, best } = event;
      const numbers = Object.entries(metrics).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      display.tell(
        `step ${step}  loss ${event.loss.toFixed(4)}  ${numbers.join('  ')}${best ? '  best so far' : ''}`,
      );
    } else if (event.kind === 'recovered') display.tell(`The device was lost; on with step ${event.step}.`);
  };
  return { onEvent, onProgress };
}
