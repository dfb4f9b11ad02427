/**
 * Records a run, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/gpu/record.ts demo/gpu/recording.json
 */
import { writeFile } from 'node:fs/promises';
import { recordingFile } from '../session/record-runs.ts';
import type { GpuEvent, Report } from './session/protocol.ts';
import { GpuSession } from './session/session.ts';

const { file } = recordingFile('demo/gpu/recording.json');
let report: Report | null = null;
let ended = '';
const session = new GpuSession((event: GpuEvent) => {
  if (event.kind === 'report') report = event.report;
  else if (event.kind === 'progress') console.log(event.phase, event.share.toFixed(2));
  else if (event.kind === 'state') ended = `${event.state} ${event.error}`;
});
await session.open();
await session.run({ only: null, phases: ['right', 'fast', 'fits'] });
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
if (!ended.startsWith('finished')) throw new Error(`record: the run ended as ${ended}`);
await writeFile(file, `${JSON.stringify(report, rounded)}\n`);
process.exit(0);
