/**
 * Records what the recommender that ships says of the customers that the page begins with, and of each with one more good:
 *
 *     npm run -s node -- demo/next/record.ts demo/next/recording.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { recordingFile } from '../session/record-runs.ts';
import { SharedDevice } from '../session/shared-device.ts';
import { pack, type RecordedFile } from './recording.ts';
import { NextSession } from './session/session.ts';
import { itemsOf, PRESET_NAMES } from './shop/presets.ts';
import { SHIPPED } from './shipped.ts';

const { file } = recordingFile('demo/next/recording.json');
const session = new NextSession(() => undefined);
const bytes = await readFile(new URL('../models/next-item.safetensors', import.meta.url));
await session.ship(new Uint8Array(bytes), SHIPPED);
const answers: RecordedFile['answers'][number][] = [];
for (const name of PRESET_NAMES) {
  const answer = await session.answer(itemsOf(name), false);
  answers.push(pack(answer));
  for (const { item } of answer.model) {
    answers.push(pack(await session.answer([...answer.history, item], false)));
  }
}
const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 1e4) / 1e4 : value;
const { name: adapter } = SharedDevice.ofWorker.adapter!;
await writeFile(file, `${JSON.stringify({ adapter, answers }, rounded)}\n`);
process.exit(0);
