/**
 * Training steps: nanoGPT's CPU setting, and the small GPT that the peers train. Checks that the first loss is that
 * of guessing and that one batch can be learnt, then times steps as they are run in earnest (submitted ahead, losses
 * read later), then says where a step goes, kernel by kernel. `-- --steps 20` sets how many, `--only nanogpt` which.
 */
import { AdamW, Device, nextToken, Trainer, type Batch } from '../engine/index';
import { GPT, type GPTConfig } from '../models/gpt';
import { expectLearning, median } from './harness/measure';
import { measurePeaks, type Peaks } from './harness/peaks';
import { kernelsOf, printProfile } from './harness/profile';
import { uniform } from './harness/random';
import { benchResult, option, percent, short, type BenchResult } from './harness/report';

/** Steps submitted before their losses are read. */
const AHEAD = 4;

interface Setting {
  readonly name: string;
  readonly config: GPTConfig;
  readonly batch: number;
  readonly length: number;
}

const SETTINGS: readonly Setting[] = [
  {
    name: 'nanogpt-cpu',
    config: { vocabulary: 65, context: 64, layers: 4, heads: 4, width: 128, bias: false },
    batch: 12,
    length: 64,
  },
  {
    name: 'small-4x128',
    config: { vocabulary: 1000, context: 128, layers: 4, heads: 4, width: 256 },
    batch: 4,
    length: 128,
  },
];

/** Operations of one step: 2 for each weight of a matrix and token, attention's lower triangle, backward twice that. */
function stepFlops({ config: c, batch, length }: Setting): number {
  const weights = c.layers * 12 * c.width * c.width + c.vocabulary * c.width;
  const attention = c.layers * 2 * c.width * (length + 1);
  return 3 * batch * length * (2 * weights + attention);
}

function randomBatch({ config, batch, length }: Setting): Batch {
  const random = uniform(1);
  const next = (): number => Math.floor(random() * config.vocabulary);
  const ids = Uint32Array.from({ length: batch * length }, next);
  return { ids, targets: Uint32Array.from({ length: batch * length }, next) };
}

async function bench(device: Device, setting: Setting, steps: number, peaks: Peaks) {
  const started = performance.now();
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
    const start = performance.now();
    train(AHEAD);
    await trainer.losses();
    times.push((performance.now() - start) / AHEAD);
  }
  const grown = device.buffers.stats.live - live;
  const rows = await trainer.profile(batch);
  const milliseconds = median(times);
  const tokens = setting.batch * setting.length;
  const gflops = stepFlops(setting) / milliseconds / 1e6;
  console.log(
    `${setting.name}: ${short(milliseconds)} ms a step [${short(Math.min(...times))}..${short(Math.max(...times))}], ` +
      `${short((1000 * tokens) / milliseconds)} tokens/s, ${short(gflops)} GFLOP/s (${percent(gflops / peaks.gflops)} ` +
      `of peak); ready after ${short(startMilliseconds)} ms; memory grew by ${grown} bytes`,
  );
  printProfile(rows, peaks);
  return {
    setting: setting.name,
    milliseconds,
    low: Math.min(...times),
    high: Math.max(...times),
    tokensPerSecond: (1000 * tokens) / milliseconds,
    gflops,
    shareOfPeak: gflops / peaks.gflops,
    startMilliseconds,
    kernels: kernelsOf(rows),
  };
}

export async function main(args: readonly string[] = []): Promise<BenchResult | undefined> {
  using device = await Device.open();
  const only = option(args, 'only', '');
  const steps = Number(option(args, 'steps', '20'));
  const peaks = await measurePeaks(device);
  const results = [];
  for (const setting of SETTINGS.filter(({ name }) => name.includes(only))) {
    results.push(await bench(device, setting, steps, peaks));
  }
  return only ? undefined : benchResult(device, 'train', { peaks, settings: results });
}
