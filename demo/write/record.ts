/**
 * Records a text as the writer that ships reads and continues it, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/write/record.ts demo/write/recording.json
 *
 * The text goes on by draws with temperature 0.8 and top-p 0.95 from seeded random numbers, so that the same model gives the same file.
 */
import { writeFile } from 'node:fs/promises';
import { recordingFile } from '../session/record-runs.ts';
import { withWriter } from '../session/record-writer.ts';
import { adapterName } from '../session/shared-device.ts';
import { pack, TEXT } from './recording.ts';
import { draw, rank, shape } from './sampling.ts';

const TOKENS = 8;
const { file } = recordingFile('demo/write/recording.json');

let seed = 42;
/** A linear congruential generator (Knuth): good enough to choose a few tokens. */
const random = (): number => (seed = (1_664_525 * seed + 1_013_904_223) % 2 ** 32) / 2 ** 32;

await withWriter(async (reader) => {
  let reading = await reader.read(TEXT);
  const given = reading.ids.length;
  while (reading.ids.length < given + TOKENS) {
    const width = reader.model.config.vocabulary;
    const row = reading.logits.subarray(reading.logits.length - width);
    const shaped = shape(rank(row), { temperature: 0.8, topK: 0, topP: 0.95 });
    reading = await reader.read([...reading.ids, shaped.order[draw(shaped, random())]]);
  }
  const recording = {
    ...{ given, adapter: adapterName(reader.device), info: { ...reader.info(), number: 0 } },
    reading: { ...reading, number: 0, step: null },
  };
  await writeFile(file, `${JSON.stringify(pack(recording))}\n`);
  console.log(reading.text);
});
