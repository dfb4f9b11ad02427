/**
 * Records the way of a text through the writer that ships, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/course/record.ts demo/course/recording.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Device } from '../../engine/index.ts';
import { gpt2, load, loadTokenizer } from '../../models/index.ts';
import { Reader } from '../session/reader.ts';
import { recordingFile } from '../session/record-runs.ts';
import { adapterName } from '../session/shared-device.ts';
import { TEXT } from './chapters.ts';
import { pack } from './recording.ts';
import { WalkPlan } from './session/walk-plan.ts';

const folder = new URL('../models/writer/', import.meta.url);
const { file } = recordingFile('demo/course/recording.json');

const files = (name: string): Promise<Blob | null> =>
  readFile(fileURLToPath(new URL(name, folder))).then(
    (bytes) => new Blob([bytes]),
    () => null,
  );
using device = await Device.open();
using loaded = await load(files, { device, families: [gpt2] });
using reader = new Reader(
  device,
  loaded.model,
  await loadTokenizer(files),
  Number(loaded.config.eos_token_id),
);
using plan = await WalkPlan.record(device, loaded.model);

const { layers, heads, width } = loaded.model.config;
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
  walk: {
    ...{ ...walk, ids, text: TEXT, cut: false },
    difference: Math.max(...walk.logits.map((x, i) => Math.abs(x - called[i]))),
  },
  ...{ without, adapter: adapterName(device) },
};
await writeFile(file, `${JSON.stringify(pack(recording))}\n`);
