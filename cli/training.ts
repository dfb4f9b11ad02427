/** What trainings of checkpoints have in common: where they stand on disk, and how one follows them. */
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  type WriteStream,
} from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { DataError, type FitEvent } from '../engine/index';
import { csvLog, eventLog, logged, type Log } from '../models/finetune/index';
import { readWhole, writeWhole } from './files';
import { Interruption } from './interruption';
import { UsageError } from './options';
import type { ProgressDisplay } from './progress';

/** In the folder of --out: where a training stands that is not at its end. */
const CHECKPOINT = 'training.checkpoint';
/** Beside it: the checkpoint of its best evaluation. */
const BEST = 'training.best.checkpoint';

/** Weights of a model, an index of them, and an adapter: what readers of a folder put together, whoever wrote it. */
const WEIGHTS = /^adapter_config\.json$|\.index\.json$|\.(safetensors|bin|pth?|h5|msgpack|gguf)$/;

interface FolderOptions {
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  /** The weights that the training will write there. */
  readonly writes: readonly string[];
}

/**
 * Makes the folder that a training writes to. Throws `DataError` where something stands there already, or nothing to go on with; and,
 * even if it is to be overwritten, where weights would be left beside the new ones.
 */
export async function expectTrainingFolder(
  out: string,
  { resume = false, overwrite = false, writes }: FolderOptions,
): Promise<void> {
  const there = existsSync(out) ? readdirSync(out) : [];
  if (resume && !there.includes(CHECKPOINT))
    throw new DataError(join(out, CHECKPOINT), 'there is no such file', 'Begin without --resume.');
  if (!resume && !overwrite && there.length > 0) {
    const todo = `${there.includes(CHECKPOINT) ? 'Go on with it (--resume), overwrite' : 'Overwrite'} it (--overwrite), or write elsewhere (--out).`;
    throw new DataError(out, 'there is something already', todo);
  }
  const other = there.find((name) => WEIGHTS.test(name) && !writes.includes(name));
  if (other !== undefined) {
    const what = `it would stand beside ${writes.join(' and ')}, and readers would put them together`;
    throw new DataError(join(out, other), what, 'Move it away, or write elsewhere.');
  }
  try {
    await mkdir(out, { recursive: true });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new DataError(out, `it cannot be made (${code ?? message})`, 'Choose another --out.', { cause });
  }
}

/**
 * Throws `UsageError` where two options name one folder: a model would be overwritten that another file is about, or an adapter
 * would be applied once more to weights that have it. `folders`: by option, undefined where it is not given.
 */
export function expectApart(folders: Readonly<Record<string, string | undefined>>): void {
  const seen = new Map<string, string>();
  for (const [option, folder] of Object.entries(folders)) {
    if (folder === undefined) continue;
    const place = existsSync(folder) ? realpathSync(folder) : resolve(folder);
    const other = seen.get(place);
    if (other !== undefined) throw new UsageError(option, `${folder} is ${other}, too`, 'Write elsewhere.');
    seen.set(place, option);
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

/** What a training is given, which `keptTraining` tells of and keeps. */
interface Course {
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The checkpoints to go on from: the last one, and that of the best evaluation, where there was one. */
  readonly before: { readonly last: Bytes; readonly best: Bytes | null } | null;
  readonly onEvent: (event: FitEvent) => Promise<void>;
  readonly onProgress: (done: number, total: number) => void;
}

/** How a training ended, at which step, and what there is now: 'FOLDER has the weights of step 7'. */
interface Ended {
  readonly reason: 'finished' | 'aborted' | 'early stop';
  readonly step: number;
  readonly outcome: string;
}

/**
 * A training that writes to the folder `out`: Ctrl-C ends it in order, its checkpoints stand there until its end, and `log` is followed. Gives
 * the exit status.
 */
export async function keptTraining(
  out: string,
  display: ProgressDisplay,
  { resume = false, log }: { readonly resume?: boolean; readonly log?: string },
  work: (course: Course) => Promise<Ended>,
): Promise<number> {
  const [checkpoint, bestOne] = [join(out, CHECKPOINT), join(out, BEST)];
  const read = async (path: string): Promise<Bytes> =>
    new Uint8Array(await (await readWhole(path)).arrayBuffer());
  const before = resume
    ? { last: await read(checkpoint), best: existsSync(bestOne) ? await read(bestOne) : null }
    : null;
  using interruption = new Interruption(
    () => display.tell('Stopping after this step. Once more ends it without saving.'),
    () => display.end(),
  );
  const logs = log === undefined ? [] : logsIn(log);
  const listen = logged(...logs.map((one) => one.log));
  const report = reportOn(display);
  try {
    const { reason, step, outcome } = await work({
      signal: interruption.signal,
      before,
      onProgress: report.onProgress,
      onEvent: async (event) => {
        report.onEvent(event);
        await listen(event);
        if (event.kind !== 'checkpoint') return;
        // The best goes first: a checkpoint that tells of it must find it.
        if (event.best) await writeWhole(bestOne, event.bytes);
        await writeWhole(checkpoint, event.bytes);
      },
    });
    display.end();
    if (reason === 'aborted') {
      process.stderr.write(`${outcome}. To go on, give the same command with --resume.\n`);
      return 130;
    }
    for (const path of [checkpoint, bestOne]) rmSync(path, { force: true });
    process.stderr.write(`${outcome}${reason === 'early stop' ? `, stopped at ${step}` : ''}.\n`);
    return 0;
  } catch (error) {
    return interruption.endedBefore(error, display);
  } finally {
    display.end();
    await Promise.all(logs.map(({ end }) => end()));
  }
}

/** Logs in a folder: an event file for TensorBoard, and numbers.csv. */
function logsIn(folder: string): { readonly log: Log; readonly end: () => Promise<void> }[] {
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
function reportOn(display: ProgressDisplay): {
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
