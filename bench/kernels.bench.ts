/**
 * Every kernel forward and backward: checked against float64, then timed, as a rate and as the share of what this
 * device's own multiply-add and copy kernels reach. `-- --only attention` picks cases whose name holds the word.
 */
import { Device } from '../engine/index';
import { benchKernel, shareOf, type KernelRow, type Pass } from './harness/kernel-bench';
import { kernelCases } from './harness/kernel-cases';
import { clockOf } from './harness/measure';
import { measurePeaks } from './harness/peaks';
import { benchResult, columns, option, percent, short, type BenchResult } from './harness/report';

const cells = (pass: Pass | null): string[] =>
  pass
    ? [
        `${short(pass.milliseconds)} ms`,
        `[${short(pass.low)}..${short(pass.high)}]`,
        `${short(pass.rate)} ${pass.unit}`,
      ]
    : ['', '', ''];

export async function main(args: readonly string[] = []): Promise<BenchResult | undefined> {
  using device = await Device.open();
  const only = option(args, 'only', '');
  console.log(`${device.info.description || device.info.vendor}, by ${clockOf(device)}`);
  const before = await measurePeaks(device);
  const rows: KernelRow[] = [];
  for (const c of kernelCases.filter(({ kernel, size }) => `${kernel} ${size}`.includes(only))) {
    const row = await benchKernel(device, c);
    rows.push(row);
    console.log([`${row.kernel} ${row.size}`, ...cells(row.forward), '|', ...cells(row.backward)].join('  '));
  }
  const after = await measurePeaks(device);
  const peaks = { gflops: Math.max(before.gflops, after.gflops), gbps: Math.max(before.gbps, after.gbps) };
  console.log(`peaks: ${short(peaks.gflops)} GFLOP/s multiply-add, ${short(peaks.gbps)} GB/s copy`);
  const share = (pass: Pass | null): string => (pass ? percent(shareOf(pass, peaks)) : '');
  console.log(
    columns([
      ['kernel', 'size', 'forward', 'spread', 'rate', 'of peak', 'backward', 'spread', 'rate', 'of peak'],
      ...rows.map((row) => [
        ...[row.kernel, row.size, ...cells(row.forward), share(row.forward)],
        ...[...cells(row.backward), share(row.backward)],
      ]),
    ]),
  );
  if (only) return undefined; // a part is not the device's result
  const withShare = (pass: Pass | null) => pass && { ...pass, share: shareOf(pass, peaks) };
  return benchResult(device, 'kernels', {
    clock: clockOf(device),
    peaks,
    rows: rows.map((r) => ({ ...r, forward: withShare(r.forward), backward: withShare(r.backward) })),
  });
}
