/**
 * Records the way of a text through the writer that ships, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/course/record.ts demo/course/recording.json
 */
import { writeFile } from 'node:fs/promises';
import { farthest } from '../session/farthest.ts';
import { recordingFile } from '../session/record-runs.ts';
import { withWriter } from '../session/record-writer.ts';
import { adapterName } from '../session/shared-device.ts';
import { TEXT } from './chapters.ts';
import { pack } from './recording.ts';
import { WalkPlan } from './session/walk-plan.ts';

const { file } = recordingFile('demo/course/recording.json');

await withWriter(async (reader, model) => {
  using plan = await WalkPlan.record(reader.device, model);
  const { layers, heads, width } = model.config;
  const ids = reader.encode(TEXT);
  const all = Array<boolean>(2 * layers).fill(true);
  const walk = await plan.walk(ids, { positions: true, blocks: all });
  const called = (await reader.read(ids)).logits.slice(-walk.logits.length);
  const without = [];
  for (const off of all.keys()) {
    const blocks = all.map((_, at) => at !== off);
    without.push((await plan.walk(ids, { positions: true, blocks })).stages);
  }
  without.push((await plan.walk(ids, { positions: false, blocks: all })).stages);
  const recording = {
    info: { ...reader.info(), layers, heads, width, positions: await plan.positions() },
    walk: { ...walk, ids, text: TEXT, cut: false, difference: farthest(walk.logits, called) },
    ...{ without, adapter: adapterName(reader.device) },
  };
  await writeFile(file, `${JSON.stringify(pack(recording))}\n`);
});
