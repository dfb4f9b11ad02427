import { EngineError } from '../errors';

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
  { warmup = 4000, factor = 1 }: { readonly warmup?: number; readonly factor?: number } = {},
): Schedule {
  return { kind: 'inverse_square_root', lr: factor / Math.sqrt(width * Math.max(1, warmup)), warmup };
}

/** The learning rate of a step. Warm-up gives (step + 1) / (warmup + 1) of `lr`, so that step 0 moves too. */
export function learningRate(schedule: Schedule, step: number): number {
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
  }
}

const KINDS: readonly string[] = [
  'constant',
  'cosine',
  'linear',
  'inverse_square_root',
] satisfies readonly Schedule['kind'][];

/** Throws unless the numbers make sense. */
export function checkSchedule(schedule: Schedule): void {
  const { kind, lr, warmup = 0 } = schedule;
  if (!KINDS.includes(kind)) {
    throw new EngineError('schedule', `kind is ${kind}`, `Use one of ${KINDS.join(', ')}.`);
  }
  if (!(lr >= 0 && Number.isFinite(lr))) {
    throw new EngineError('schedule', `lr is ${lr}`, 'Use a finite number of at least 0, such as 3e-4.');
  }
  if (!(warmup >= 0 && warmup < Infinity)) {
    throw new EngineError('schedule', `warmup is ${warmup} steps`, 'Use 0 or more.');
  }
  if ('minimum' in schedule && !Number.isFinite(schedule.minimum ?? 0)) {
    throw new EngineError('schedule', `minimum is ${schedule.minimum}`, 'Use a finite number, such as 0.');
  }
  if ('steps' in schedule && !(schedule.steps > 0)) {
    throw new EngineError(
      'schedule',
      `steps is ${schedule.steps}`,
      'Use the number of steps you mean to train.',
    );
  }
}
