import { EngineError, expectOneOf, expectOptions } from '../errors';

/** Learning rate as a function of the step, 0 first. Plain data, so that a checkpoint can hold it. */
export type Schedule =
  | { readonly kind: 'constant'; readonly lr: number; readonly warmup?: number }
  /** Linear warm-up, then half a cosine down to `minimum` at `steps` (Loshchilov and Hutter 2017; nanoGPT's). */
  | {
      readonly kind: 'cosine';
      readonly lr: number;
      readonly minimum?: number;
      readonly warmup?: number;
      readonly steps: number;
    }
  | {
      readonly kind: 'linear';
      readonly lr: number;
      readonly minimum?: number;
      readonly warmup?: number;
      readonly steps: number;
    }
  /** Linear warm-up, then lr √(warmup / step): the Transformer paper's, with its peak as `lr`. */
  | { readonly kind: 'inverse_square_root'; readonly lr: number; readonly warmup: number };

/**
 * The schedule of "Attention Is All You Need" (5.3), factor · width^-½ · min(step^-½, step · warmup^-1½), with its peak
 * spelled out; `factor` scales it. Default warm-up 4000 steps.
 */
export function transformerSchedule(
  width: number,
  options: { readonly warmup?: number; readonly factor?: number } = {},
): Schedule {
  const { warmup = 4000, factor = 1 } = options;
  expectOptions('transformerSchedule', options, { warmup, factor });
  if (!(width > 0)) throw new EngineError('transformerSchedule', `width is ${width}`, "Give the model's.");
  const lr = factor / Math.sqrt(width * Math.max(1, warmup));
  return scheduleOf({ kind: 'inverse_square_root', lr, warmup });
}

/** The learning rate of a step, or a number as it is. Warm-up gives (step + 1) / (warmup + 1) of `lr`, so that step 0 moves too. */
export function learningRate(schedule: Schedule | number, step: number): number {
  if (typeof schedule === 'number') return schedule;
  const { lr, warmup = 0 } = schedule;
  if (step < warmup) return (lr * (step + 1)) / (warmup + 1);
  switch (schedule.kind) {
    case 'constant':
      return lr;
    case 'inverse_square_root':
      return lr * Math.sqrt(Math.max(1, warmup) / Math.max(1, step, warmup));
    case 'linear':
    case 'cosine': {
      const { minimum = 0, steps } = schedule;
      const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
      const share = schedule.kind === 'linear' ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2;
      return minimum + share * (lr - minimum);
    }
    default:
      checkSchedule(schedule); // throws
      return NaN;
  }
}

const KINDS: readonly string[] = [
  'constant',
  'cosine',
  'linear',
  'inverse_square_root',
] satisfies readonly Schedule['kind'][];

/** What was given as a schedule; a number is a constant rate. Throws `EngineError` unless its numbers make sense. */
export function scheduleOf(given: Schedule | number): Schedule {
  const schedule = typeof given === 'number' ? ({ kind: 'constant', lr: given } as const) : given;
  checkSchedule(schedule);
  return schedule;
}

/** Throws unless the numbers make sense. */
export function checkSchedule(schedule: Schedule): void {
  const { kind, lr, warmup = 0 } = Object(schedule) as Schedule; // nothing was given, perhaps
  expectOneOf('schedule', 'kind', kind, KINDS);
  const rises = { kind, lr, warmup };
  const falls = { ...rises, minimum: 0, steps: 0 };
  expectOptions<object>('schedule', schedule, kind === 'cosine' || kind === 'linear' ? falls : rises);
  if (!(Number.isFinite(lr) && lr >= 0)) {
    throw new EngineError('schedule', `lr is ${lr}`, 'Use a finite number of at least 0, such as 3e-4.');
  }
  if (!(Number.isFinite(warmup) && warmup >= 0)) {
    throw new EngineError('schedule', `warmup is ${warmup} steps`, 'Use 0 or more.');
  }
  if ('minimum' in schedule && !Number.isFinite(schedule.minimum ?? 0)) {
    throw new EngineError('schedule', `minimum is ${schedule.minimum}`, 'Use a finite number, such as 0.');
  }
  const { steps } = schedule as { readonly steps?: unknown };
  if ((kind === 'cosine' || kind === 'linear') && !(typeof steps === 'number' && steps > 0)) {
    throw new EngineError(
      'schedule',
      `steps is ${String(steps)}`,
      'Use the number of steps you mean to train.',
    );
  }
}
