/** A training step of a small GPT: checked to learn, then timed as it is run in earnest. */
import {
  AdamW,
  nextToken,
  throwIfAborted,
  Trainer,
  type Batch,
  type Device,
  type ProfileRow,
} from '../../engine/index';
import { GPT, type GPTConfig } from '../../models/gpt';
import { expectLearning, median, type Timing } from './measure';
import { uniform } from './random';

/** Steps submitted before their losses are read. */
const AHEAD = 4;

export interface TrainingSetting {
  readonly name: string;
  readonly config: GPTConfig;
  readonly batch: number;
  readonly length: number;
}

export const NANOGPT: TrainingSetting = {
  name: 'nanogpt-cpu',
  config: { vocabulary: 65, context: 64, layers: 4, heads: 4, width: 128, bias: false },
  batch: 12,
  length: 64,
};

export const SMALL: TrainingSetting = {
  name: 'small-4x128',
  config: { vocabulary: 1000, context: 128, layers: 4, heads: 4, width: 256 },
  batch: 4,
  length: 128,
};

/** Operations of one step: 2 for each weight of a matrix and token, attention's lower triangle, backward twice that. */
export function stepFlops({ config: c, batch, length }: TrainingSetting): number {
  const weights = c.layers * 12 * c.width * c.width + c.vocabulary * c.width;
  const attention = c.layers * 2 * c.width * (length + 1);
  return 3 * batch * length * (2 * weights + attention);
}

function randomBatch({ config, batch, length }: TrainingSetting): Batch {
  const random = uniform(1);
  const next = (): number => Math.floor(random() * config.vocabulary);
  const ids = Uint32Array.from({ length: batch * length }, next);
  return { ids, targets: Uint32Array.from({ length: batch * length }, next) };
}

export interface TrainingTiming extends Timing {
  readonly tokensPerSecond: number;
  /** 10⁹ operations a second. */
  readonly gflops: number;
  /** From nothing to the first loss: weights, compiling, one step. */
  readonly startMilliseconds: number;
  /** Bytes that the ledger grew by while it was timed. */
  readonly grown: number;
  /** Of one step; none unless asked for. */
  readonly kernels: readonly ProfileRow[];
}

export interface TrainingOptions {
  /** Steps to time; they are timed by the wall clock, four at a time. */
  readonly steps: number;
  readonly profile?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Throws `EngineError` where the loss does not fall. */
export async function timeTraining(
  device: Device,
  setting: TrainingSetting,
  { steps, profile = false, signal }: TrainingOptions,
): Promise<TrainingTiming> {
  const started = performance.now();
  throwIfAborted(signal);
  using trainer = await Trainer.create({
    device,
    model: new GPT(setting.config),
    optimizer: new AdamW({ beta2: 0.99 }),
    schedule: { kind: 'constant', lr: 1e-3 },
    objective: nextToken({ batch: setting.batch, length: setting.length }),
  });
  const batch = randomBatch(setting);
  const train = (n: number): void => {
    for (let i = 0; i < n; i++) trainer.submit(() => batch);
  };
  train(1);
  const [first] = await trainer.losses();
  const startMilliseconds = performance.now() - started;
  train(4);
  const last = (await trainer.losses()).at(-1)!;
  expectLearning(`train ${setting.name}`, first.loss, last.loss, setting.config.vocabulary);
  const { live } = device.buffers.stats;
  const times: number[] = [];
  for (let done = 0; done < steps; done += AHEAD) {
    throwIfAborted(signal);
    const start = performance.now();
    train(AHEAD);
    await trainer.losses();
    times.push((performance.now() - start) / AHEAD);
  }
  const grown = device.buffers.stats.live - live;
  const milliseconds = median(times);
  return {
    ...{ milliseconds, low: Math.min(...times), high: Math.max(...times) },
    ...{ samples: times.length, repetitions: AHEAD, startMilliseconds, grown },
    tokensPerSecond: (1000 * setting.batch * setting.length) / milliseconds,
    gflops: stepFlops(setting) / milliseconds / 1e6,
    kernels: profile ? await trainer.profile(batch) : [],
  };
}
