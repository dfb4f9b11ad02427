/** Teaches a model a visitor's text, and tells how it gets on. */
import { AdamW, EngineError, Run, type Device, type FitEvent, type PauseSwitch } from '../../../engine/index';
import type { RunState } from '../../session/protocol';
import { lessonOf, type Lesson } from './lesson';
import type { OpenModel } from './model';
import type { BringEvent, LearnRun, LearnSettings } from './protocol';

export interface LearnOptions {
  readonly device: Device;
  /** Brings another device in the place of a lost one. */
  readonly reopen: () => Promise<Device>;
  readonly pause: PauseSwitch;
  readonly signal: AbortSignal;
  readonly emit: (event: BringEvent) => void;
  /** Awaited when it ends, however it ends: on which device the weights are now, and after how many steps. */
  readonly onEnd: (device: Device, step: number) => Promise<void>;
}

/** What was learnt before a stop or an error stays. Throws `EngineError` for settings that cannot be, and as `lessonOf`. */
export async function learn(model: OpenModel, settings: LearnSettings, options: LearnOptions): Promise<void> {
  const { text, steps, rate } = settings;
  const { pause, signal, emit, onEnd } = options;
  if (!(rate > 0 && Number.isFinite(rate)))
    throw new EngineError('learning rate', `it is ${rate}`, 'Use a number above 0, such as 0.0003.');
  if (!Number.isInteger(steps) || steps < 1)
    throw new EngineError('steps', `there are ${steps}`, 'Use a whole number of at least 1.');
  const state = (run: LearnRun | null, now: RunState): void => emit({ kind: 'state', state: now, run });
  state(null, 'preparing');
  let lesson: Lesson;
  let run: Run<unknown>;
  try {
    lesson = await lessonOf(model, text, signal);
    run = await runOf(model, lesson, settings, options);
  } catch (error) {
    state(null, 'empty');
    throw error;
  }
  const { batches, validation, tokens, skipped } = lesson;
  const told = (): LearnRun => ({ step: run.trainer.step, steps, tokens, skipped });
  emit({ kind: 'history', history: { losses: [], validation: [] } });
  state(told(), 'training');
  const onEvent = (event: FitEvent): void => {
    if (event.kind === 'steps') {
      const { reports, tokensPerSecond, stepMilliseconds } = event;
      const losses = reports.map(({ loss }) => loss);
      emit({ kind: 'steps', from: reports[0].index, losses, tokensPerSecond, stepMilliseconds });
    } else if (event.kind === 'evaluation') emit({ kind: 'evaluation', step: event.step, loss: event.loss });
    else if (event.kind === 'paused') state(told(), 'paused');
    else if (event.kind === 'resumed') state(told(), 'training');
  };
  const evaluateEvery = Math.max(5, Math.round(steps / 10));
  try {
    await run.fit({
      ...{ steps, batches, pause, signal, onEvent },
      ...(validation && { validation, evaluateEvery }),
      checkpointEvery: evaluateEvery,
    });
  } finally {
    await onEnd(run.trainer.device, told().step);
    state(told(), told().step >= steps ? 'finished' : 'stopped');
    run[Symbol.dispose]();
  }
}

function runOf(
  model: OpenModel,
  { objective }: Lesson,
  { steps, rate }: LearnSettings,
  { device, reopen, signal, emit }: LearnOptions,
): Promise<Run<unknown>> {
  return Run.create({
    ...{ device, objective, reopen, signal },
    model: model.loaded.model as { readonly config: object },
    optimizer: new AdamW({ weightDecay: 0.01 }),
    schedule: { kind: 'linear', lr: rate, warmup: Math.ceil(steps / 10), steps },
    onProgress: (done, total) => emit({ kind: 'progress', phase: 'compile', share: done / total }),
  });
}
