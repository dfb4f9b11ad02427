/** Where the time of a step goes, kernel by kernel. */
import type { ProfileRow } from '../../engine/index';
import type { Peaks } from './peaks';
import { columns, percent, short } from './report';

export function printProfile(rows: readonly ProfileRow[], peaks: Peaks): void {
  const total = rows.reduce((sum, row) => sum + row.milliseconds, 0);
  console.log(
    columns([
      ['  kernel', 'calls', 'ms', 'of step', 'GFLOP/s', 'of peak', 'GB/s', 'of peak'],
      ...rows.map((row) => {
        const gflops = row.flops / row.milliseconds / 1e6;
        const gbps = row.bytes / row.milliseconds / 1e6;
        return [
          `  ${row.kernel}`,
          String(row.calls),
          short(row.milliseconds),
          percent(row.milliseconds / total),
          row.flops > 0 ? short(gflops) : '',
          row.flops > 0 ? percent(gflops / peaks.gflops) : '',
          short(gbps),
          percent(gbps / peaks.gbps),
        ];
      }),
    ]),
  );
}

/** Rows for the results. */
export const kernelsOf = (rows: readonly ProfileRow[]) =>
  rows.map(({ kernel, calls, milliseconds }) => ({
    kernel,
    calls,
    milliseconds: Number(milliseconds.toPrecision(4)),
  }));
