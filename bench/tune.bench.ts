/** What `Device.tune` finds on this device: the rungs of each kind, their times, and why one is taken. Nothing is kept. */
import { Device } from '../engine/index';
import { benchResult, short, type BenchResult } from './harness/report';

export async function main(): Promise<BenchResult> {
  using device = await Device.open();
  const start = performance.now();
  const { kinds } = await device.tune({ store: null });
  const milliseconds = performance.now() - start;
  for (const { kind, size, rung, why, times } of kinds) {
    console.log(`${kind}, ${size}: ${rung} (${why})`);
    for (const { rung: name, milliseconds: median, low, high, refused } of times)
      console.log(
        `  ${name.padEnd(6)} ${median === null ? refused : `${short(median)} ms [${short(low)}..${short(high)}]`}`,
      );
  }
  console.log(`found in ${short(milliseconds / 1000)} s, compiling included`);
  return benchResult(device, 'tune', { milliseconds, kinds });
}
