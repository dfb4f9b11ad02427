import { existsSync } from 'node:fs';
import process from 'node:process';
import { checkpointInfo, DataError, type Schedule } from '../engine/index';
import { encoderDecoderPresets } from '../models/index';
import {
  trainTranslation,
  translationWeights,
  type TranslationEvent,
  type TranslationMetric,
  type TranslationPreset,
  type TranslationTrainingOptions,
} from '../models/translation/index';
import { openDevice } from './device';
import {
  mustBeReadable,
  mustBeWritable,
  readAll,
  readWhole,
  removeTemporary,
  sameFile,
  writeWhole,
} from './files';
import { Interruption } from './interruption';
import { UsageError } from './options';
import { ProgressDisplay } from './progress';
import { TrainingReport } from './report';
import { refuseOtherSettings } from './resume';

export interface TrainArguments {
  readonly task?: 'translate' | 'phonemes';
  readonly data?: readonly string[];
  readonly columns?: readonly [number, number];
  readonly languages?: readonly [string, string];
  readonly out: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly preset?: TranslationPreset;
  readonly steps?: number;
  readonly tokens?: number;
  readonly accumulate?: number;
  readonly vocabulary?: number;
  readonly maxLength?: number;
  readonly lr?: number;
  readonly warmup?: number;
  readonly schedule?: 'inverse_square_root' | 'cosine' | 'linear';
  readonly dropout?: number;
  readonly smoothing?: number;
  readonly seed?: number;
  readonly validation?: number;
  readonly test?: number;
  readonly evaluateEvery?: number;
  readonly checkpointEvery?: number;
  readonly sample?: number;
  readonly patience?: number;
  readonly average?: number;
  readonly monitor?: TranslationMetric;
  readonly title?: string;
  readonly licence?: string;
}

/** Where the training stands that a model comes from: beside it. */
export function checkpointName(out: string): string {
  return `${out.replace(/\.safetensors$/, '')}.train.safetensors`;
}

/** Trains, with everything on disk that is needed to go on. Gives the exit status. */
export async function train(args: TrainArguments): Promise<number> {
  const { out } = args;
  const saved = checkpointName(out);
  const display = new ProgressDisplay();
  const tell = (line: string): void => display.tell(line);
  const names = args.data ?? (args.task === 'phonemes' ? ['phonemes'] : []);
  await mustBeReadable(names);
  await checkOut(args, saved, names);
  const resume = args.resume ? await resumed(args, saved) : null;
  const chosen = resume ? runSettings(args) : settings(args);
  const report = new TrainingReport(display);
  const read = await readAll(names, tell, args.columns);

  using interruption = new Interruption(
    () => tell('Stopping after this step. Once more ends it without saving.'),
    () => {
      display.end();
      for (const name of [saved, out]) removeTemporary(name);
    },
  );
  const { signal } = interruption;
  try {
    using device = await openDevice();
    tell(`Adapter: ${device.info.description || device.info.vendor}`);
    const result = await trainTranslation({
      ...chosen,
      device,
      pairs: read.pairs,
      ...(read.apart && { apart: read.apart }),
      info: {
        ...read.info,
        ...defined({ title: args.title, licence: args.licence, languages: args.languages ?? read.languages }),
      },
      ...(resume && { resume }),
      signal,
      reopen: openDevice,
      onEvent: async (event: TranslationEvent) => {
        report.show(event);
        if (event.kind !== 'checkpoint') return;
        await writeWhole(saved, event.bytes);
        if (event.best) await writeWhole(out, await translationWeights(event.bytes));
      },
    });
    display.end();
    await writeWhole(saved, result.checkpoint);
    const better = result.chosen !== 'last' || !result.best || !existsSync(out); // or an earlier session's are
    if (better) await writeWhole(out, await translationWeights(result.weights));
    report.end(result, out, better);
    if (result.reason !== 'aborted') return 0;
    process.stderr.write(
      `Saved at step ${result.step} in ${saved}. To go on, give the same command with --resume.\n`,
    );
    return 130;
  } catch (error) {
    return interruption.endedBefore(error, display);
  } finally {
    display.end();
  }
}

/** Refuses names that would cost somebody a file, or a training that could not be saved. */
async function checkOut(args: TrainArguments, saved: string, data: readonly string[]): Promise<void> {
  const { out, resume = false, overwrite = false } = args;
  const lost = [out, saved].find((name) => data.some((file) => sameFile(file, name)));
  if (lost !== undefined) {
    throw new UsageError('--out', `${lost} is among the data and would be overwritten`, 'Write elsewhere.');
  }
  if (!resume && !overwrite && existsSync(saved)) {
    throw new DataError(
      saved,
      'there is a training already',
      'Go on with it (--resume), begin anew (--overwrite), or write elsewhere (--out).',
    );
  }
  if (!resume && !overwrite && existsSync(out)) {
    throw new DataError(
      out,
      'there is a file already',
      'Overwrite it (--overwrite), or write elsewhere (--out).',
    );
  }
  await mustBeWritable(out);
  await mustBeWritable(saved);
}

async function resumed(args: TrainArguments, saved: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await readWhole(saved);
  refuseOtherSettings(args, await checkpointInfo(file)); // refuses other files, too, before anything is read
  return new Uint8Array(await file.arrayBuffer());
}

function settings(args: TrainArguments): Partial<TranslationTrainingOptions> {
  const { task, dropout, vocabulary, preset = task === 'phonemes' ? 'tiny' : 'small' } = args;
  const { tokens, accumulate, maxLength, lr, warmup, smoothing, seed, validation, test } = args;
  return {
    preset,
    ...(task === 'phonemes' && { kind: 'symbols' as const, apart: 'source' as const }),
    ...(dropout !== undefined && { model: { ...encoderDecoderPresets[preset], dropout } }),
    ...(vocabulary !== undefined && { vocabularySize: vocabulary }),
    ...scheduleOf(args),
    ...defined({ tokens, accumulate, maxLength, lr, warmup, smoothing, seed, validation, test }),
    ...runSettings(args),
  };
}

/** What may change when a run is resumed. */
function runSettings(args: TrainArguments): Partial<TranslationTrainingOptions> {
  const { steps, evaluateEvery, sample, patience, average, monitor, checkpointEvery } = args;
  return defined({ steps, evaluateEvery, sample, patience, average, monitor, checkpointEvery });
}

/** Schedules that end need all numbers; the default one fills its own. */
function scheduleOf({ schedule, lr, warmup, steps }: TrainArguments): { schedule?: Schedule } {
  if (schedule === undefined || schedule === 'inverse_square_root') return {};
  if (lr === undefined || steps === undefined) {
    throw new UsageError(
      `--schedule ${schedule}`,
      'it needs --lr and --steps',
      'Such as --lr 2e-3 --steps 20000.',
    );
  }
  return { schedule: { kind: schedule, lr, steps, warmup: warmup ?? Math.min(4000, Math.ceil(steps / 10)) } };
}

function defined<T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
