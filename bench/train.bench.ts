/**
 * Training steps: nanoGPT's CPU setting, and the small GPT that the peers train. Checks that the first loss is that
 * of guessing and that one batch can be learnt, then times steps as they are run in earnest (submitted ahead, losses
 * read later), then says where a step goes, kernel by kernel. `-- --steps 20` sets how many, `--only nanogpt` which.
 */
import { Device } from '../engine/index';
import { measurePeaks, type Peaks } from './harness/peaks';
import { kernelsOf, printProfile } from './harness/profile';
import { benchResult, option, percent, short, type BenchResult } from './harness/report';
import { NANOGPT, SMALL, timeTraining, type TrainingSetting } from './harness/training';

const SETTINGS = [NANOGPT, SMALL];

async function bench(device: Device, setting: TrainingSetting, steps: number, peaks: Peaks) {
  const timing = await timeTraining(device, setting, { steps, profile: true });
  const { milliseconds, low, high, tokensPerSecond, gflops, startMilliseconds, grown, kernels } = timing;
  console.log(
    `${setting.name}: ${short(milliseconds)} ms a step [${short(low)}..${short(high)}], ` +
      `${short(tokensPerSecond)} tokens/s, ${short(gflops)} GFLOP/s (${percent(gflops / peaks.gflops)} ` +
      `of peak); ready after ${short(startMilliseconds)} ms; memory grew by ${grown} bytes`,
  );
  printProfile(kernels, peaks);
  return {
    setting: setting.name,
    ...{ milliseconds, low, high, tokensPerSecond, gflops },
    shareOfPeak: gflops / peaks.gflops,
    startMilliseconds,
    kernels: kernelsOf(kernels),
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
