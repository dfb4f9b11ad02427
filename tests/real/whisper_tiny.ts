// What tests/real/whisper_tiny.py compares: the transcripts of a WAV file, plain and with times, and the samples that were heard.
// Run: npm run node -- tests/real/whisper_tiny.ts MODEL WAV SAMPLES
import { openAsBlob, existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Device } from '../../engine/index';
import {
  load,
  loadFeatureExtractor,
  loadTokenizer,
  readWav,
  resampleAudio,
  whisper,
} from '../../models/index';
import { Transcriber } from '../../models/tasks/index';

const [model, wav, raw] = process.argv.slice(2);
const folder = (name: string): Promise<Blob | null> => {
  const path = join(model, name);
  return existsSync(path) ? openAsBlob(path) : Promise.resolve(null);
};
const file = new Uint8Array(await readFile(wav));
const { channels, sampleRate } = readWav(file);
await writeFile(raw, new Uint8Array(resampleAudio(channels[0], sampleRate, 16_000).slice().buffer));
const device = await Device.open();
const loaded = await load(folder, { device, families: [whisper] });
const features = await loadFeatureExtractor(device, folder);
const transcriber = new Transcriber(device, loaded, await loadTokenizer(folder), features);
await transcriber.transcribe(file); // kernels are compiled
const found: Record<string, object> = {};
for (const [name, timestamps] of [
  ['plain', false],
  ['times', true],
] as const) {
  // prettier-ignore
  const begun = performance.now();
  const { text, segments } = await transcriber.transcribe(file, { timestamps });
  const seconds = (performance.now() - begun) / 1000;
  found[name] = { text, ids: segments.flatMap(({ ids }) => ids), seconds };
}
console.log(JSON.stringify(found));
for (const one of [transcriber, features, loaded, device]) one[Symbol.dispose]();
process.exit(0);
