/** Fine-tunes a pre-trained model on examples of a task. */
import {
  AdamW,
  DataError,
  EngineError,
  expectOptions,
  fastGradient,
  Run,
  TextBatches,
  throwIfAborted,
  type Device,
  type FitEvent,
  type IdText,
  type Monitor,
  type Objective,
  type PauseSwitch,
  type RunOptions,
  type TextBatch,
  type Tokenizer,
  type TrainerOptions,
} from '../../engine/index';
import { freezeLayers, layerwiseRates } from './layers';
import { trainingBatches } from './shapes';
import type { Judgement, Task } from './tasks/task';

/** What can be searched for: numbers that make a training a good one. */
export interface FinetuneSettings {
  /** Times that each example is met. Default 3. */
  readonly epochs?: number;
  /** Updates, instead of epochs. */
  readonly steps?: number;
  /** Peak of the learning rate, which rises in a tenth of the updates and then falls to 0. Default: by the width, see `defaultRate`. */
  readonly lr?: number;
  /** Tokens of a batch, padding included. Default 1024. */
  readonly tokens?: number;
  /** Batches of an update. Default 1. */
  readonly accumulate?: number;
  /** Default 0.01. */
  readonly weightDecay?: number;
  /** Tables and so many of the lowest layers learn nothing, or all but the head: see `freezeLayers`. Default 0: all learn, the tables too. */
  readonly freeze?: number | 'body';
  /** Learning rates fall by this from layer to layer, see `layerwiseRates`. Default 1: they do not. */
  readonly layerDecay?: number;
  /** ε of `fastGradient`, adversarial training on the table of tokens. Default 0: none. */
  readonly adversarial?: number;
  /** Of batches, dropout and a new head. Default 0. */
  readonly seed?: number;
}

/** Model, task, examples and settings of `finetune`. */
export interface FinetuneOptions<E extends object> extends FinetuneSettings {
  readonly device: Device;
  /** A model with weights, of the task's class: what `load` gives as `model`. */
  readonly model: object;
  readonly tokenizer: Tokenizer;
  readonly task: Task<E>;
  readonly training: readonly E[];
  /** Examples to judge by. Without them nothing is judged, and the last weights stay. */
  readonly held?: readonly E[];
  /** The most tokens of a text. Default: the model's context, at most 512. */
  readonly maxLength?: number;
  /** Updates between evaluations. Default: two in an epoch. */
  readonly evaluateEvery?: number;
  /** Stop after so many evaluations that were no better. Default: never. */
  readonly patience?: number;
  /** What is best. Default: what the task says. */
  readonly monitor?: Monitor;
  /** A checkpoint to go on from, of the same examples and settings. */
  readonly resume?: Uint8Array<ArrayBuffer>;
  /** With `resume`: the checkpoint of the best evaluation until then, whose weights the model has in the end where none is better. */
  readonly resumeBest?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  readonly pause?: PauseSwitch;
  /** Updates so far, and how many there will be at most. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Kernels that are compiled so far, of those that it needs before its first update. */
  readonly onCompile?: (done: number, total: number) => void;
  /** Everything that happens; checkpoints come with the evaluations. */
  readonly onEvent?: (event: FitEvent) => unknown;
  /** Opens another device where this one is lost. */
  readonly reopen?: RunOptions['reopen'];
}

/** How a call of `finetune` ended: the model has the best weights. */
export interface FinetuneResult {
  /** Why it ended. An aborted one leaves the best weights so far, too. */
  readonly reason: 'finished' | 'aborted' | 'early stop';
  /** Updates that were made. */
  readonly step: number;
  /** The step whose weights the model now has: the best since it began, or, without `resumeBest`, since it was resumed. */
  readonly best: number;
  /** How well they do on `held`; null without it, and where nothing was judged before an abort. */
  readonly judgement: Judgement | null;
  /** Training examples that were longer than `maxLength`. */
  readonly long: number;
  /** Share of padding in the training's batches. */
  readonly padding: number;
}

/**
 * Trains a model on examples, judges it on others as it goes, and leaves it with the weights that were best. AdamW with a linear schedule; dropout is the
 * model's own.
 *
 * Throws `DataError` for examples that cannot be read, with their rows; `EngineError` for settings that cannot be, by name; `TrainingError` where
 * the loss is no longer finite; `DeviceError` where it does not fit, or the device was lost without `reopen`.
 */
export async function finetune<E extends object>(options: FinetuneOptions<E>): Promise<FinetuneResult> {
  const o = complete(options);
  const { device, model, tokenizer, task, signal } = o;
  throwIfAborted(signal);
  task.expectModel?.(model);
  const reading = { tokenizer, maxLength: o.maxLength, segments: o.segments };
  const { rows, long } = task.rows(o.training, reading);
  const held = o.held ? task.rows(o.held, reading).rows : null;
  const { pad, tokens, seed } = o;
  const batches = trainingBatches(rows, held ?? [], { pad, tokens, seed, least: task.least ?? 1 });
  const validation = held && validationOf(held, batches, pad);
  const plain = task.objective(batches) as Objective<TextBatch>;
  // Part of what must be the same to go on from a checkpoint.
  const objective = { ...plain, identity: { ...plain.identity, freeze: o.freeze } };
  const steps = o.steps ?? Math.max(1, Math.ceil((o.epochs * batches.perEpoch) / o.accumulate));
  const every = o.evaluateEvery ?? Math.max(1, Math.ceil(batches.perEpoch / o.accumulate / 2));
  const thaw = o.freeze === 0 ? () => {} : freezeLayers(model, o.freeze);
  try {
    using run = await Run.create<TextBatch>({
      ...{ device, model: model as TrainerOptions<TextBatch>['model'], objective },
      optimizer: new AdamW({ beta2: 0.999, weightDecay: o.weightDecay }),
      schedule: { kind: 'linear', lr: o.lr, warmup: Math.ceil(steps / 10), steps },
      ...{ accumulate: o.accumulate, seed: o.seed },
      ...(o.layerDecay < 1 && { rates: layerwiseRates(model, o.layerDecay) }),
      ...(o.adversarial > 0 && { adversarial: fastGradient({ epsilon: o.adversarial }) }),
      ...(signal && { signal }),
      ...(o.reopen && { reopen: o.reopen }),
      ...(o.onCompile && { onProgress: o.onCompile }),
    });
    if (o.resume) await run.load(o.resume, o.resumeBest ? { best: o.resumeBest } : {});
    const seen: { last: Judgement | null; best: Judgement | null } = { last: null, best: null };
    const judged = async (at: Device): Promise<Judgement> =>
      task.judge({ ...reading, device: at, model }, o.held!, signal ? { signal } : {});
    const { reason, step } = await run.fit({
      ...{ steps, batches: (k: number) => batches.at(k), evaluateEvery: every },
      ...(signal && { signal }),
      ...(o.pause && { pause: o.pause }),
      ...(validation && {
        ...{ validation, monitor: o.monitor ?? task.monitor, keepBest: true },
        ...(o.patience !== undefined && { patience: o.patience }),
        measure: async (trainer) => {
          seen.last = await judged(trainer.device);
          return seen.last.metrics;
        },
      }),
      onEvent: async (event) => {
        if (event.kind === 'evaluation' && event.best) seen.best = seen.last;
        await o.onEvent?.(event);
        if (event.kind === 'steps') o.onProgress?.(event.reports.at(-1)!.index + 1, steps);
      },
    });
    const about = { reason, step, long, padding: batches.paddingShare };
    const { best } = run;
    if (!best) {
      // Nothing was judged, or nothing was better than an evaluation whose checkpoint is not known.
      const judgement = o.held && reason !== 'aborted' ? await judged(run.trainer.device) : null;
      return { ...about, best: step, judgement };
    }
    await run.load(best.bytes);
    // Of an evaluation before it was resumed, only the weights are known.
    const judgement = seen.best ?? (o.held ? await judged(run.trainer.device) : null);
    return { ...about, best: best.step, judgement };
  } finally {
    thaw();
  }
}

/** 3e-5 for models of BERT's width of 768, more for narrower ones: ∝ width^-1.5, which is 4.4e-4 at 128. */
export const defaultRate = (width: number): number => 3e-5 * (768 / width) ** 1.5;

function validationOf<R extends IdText>(
  rows: readonly R[],
  training: TextBatches<R>,
  pad: number,
): TextBatch<R>[] {
  const batches = new TextBatches(rows, { pad, shapes: training.shapes, shuffle: false });
  return Array.from({ length: batches.perEpoch }, (_, k) => batches.at(k));
}

function complete<E extends object>(options: FinetuneOptions<E>) {
  const { device, model, tokenizer, task, training, held, monitor, resume, resumeBest } = options;
  const { signal, pause, onProgress, onCompile, onEvent, reopen } = options;
  const { epochs = 3, steps, tokens = 1024, accumulate = 1, weightDecay = 0.01, seed = 0 } = options;
  const { freeze = 0, layerDecay = 1, adversarial = 0, evaluateEvery, patience } = options;
  const { config = {}, padding } = model as {
    readonly config?: { readonly context?: number; readonly width?: number; readonly segments?: number };
    readonly padding?: number | null;
  };
  const { context, width, segments = 0 } = config;
  if (!context || !width) {
    throw new EngineError('finetune', 'the model has no context and width', 'Give what load gives as model.');
  }
  const { maxLength = Math.min(512, context), lr = defaultRate(width) } = options;
  const all = {
    ...{ device, model, tokenizer, task, training, held },
    ...{ maxLength, evaluateEvery, patience, monitor, resume, resumeBest },
    ...{ epochs, steps, lr, tokens, accumulate, weightDecay, freeze, layerDecay, adversarial, seed },
    ...{ signal, pause, onProgress, onCompile, onEvent, reopen },
  };
  expectOptions('finetune', options, all);
  const refuse = (what: string, todo: string): never => {
    throw new EngineError('finetune', what, todo);
  };
  if (typeof (task as Partial<Task<E>> | undefined)?.rows !== 'function')
    refuse('it has no task', 'Give one, such as classification({ labels }).');
  if (steps !== undefined && options.epochs !== undefined)
    refuse('both epochs and steps are given', 'Give one of them.');
  for (const [name, x] of Object.entries({ lr, epochs })) {
    if (!(typeof x === 'number' && x > 0 && x < Infinity))
      refuse(`${name} is ${String(x)}`, 'Use a positive number.');
  }
  if (!(adversarial >= 0 && adversarial < Infinity))
    refuse(`adversarial is ${adversarial}`, 'Use a number of at least 0.');
  if (adversarial > 0 && freeze !== 0)
    refuse('adversarial moves the table of tokens, which freeze freezes', 'Leave one out.');
  if (!(layerDecay > 0 && layerDecay <= 1))
    refuse(`layerDecay is ${layerDecay}`, 'Use a number above 0, up to 1.');
  if (!(Number.isInteger(maxLength) && maxLength >= 3 && maxLength <= context))
    refuse(`maxLength is ${maxLength}`, `Use 3 to ${context}, what the model reads.`);
  if (!held && (patience !== undefined || monitor || evaluateEvery !== undefined))
    refuse('there is nothing to judge by', 'Give held, or leave out patience, monitor and evaluateEvery.');
  if (training.length === 0) throw new DataError('finetune', 'there are no examples', 'Give some.');
  if (held?.length === 0)
    throw new DataError('finetune', 'held has no examples', 'Give some, or leave it out.');
  return { ...all, pad: padding ?? 0, segments: segments > 1 };
}
