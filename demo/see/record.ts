/**
 * Records pictures as the captioner that ships says them, for browsers without WebGPU:
 *
 *     npm run -s node -- demo/see/record.ts demo/see/recording.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Device } from '../../engine/index.ts';
import { recordingFile } from '../session/record-runs.ts';
import { adapterName } from '../session/shared-device.ts';
import { draw } from '../../corpora/pictures/draw.ts';
import { FIRST, sceneOf } from './scenes.ts';
import { SIDE } from '../../corpora/pictures/vocabulary.ts';
import { pack, RECORDED } from './recording.ts';
import { Captioner } from './session/captioner.ts';
import type { Said } from './session/protocol.ts';

const folder = new URL('../models/captioner/', import.meta.url);
const files = (name: string): Promise<Blob | null> =>
  readFile(fileURLToPath(new URL(name, folder))).then(
    (bytes) => new Blob([bytes]),
    () => null,
  );
const { file } = recordingFile('demo/see/recording.json');

using device = await Device.open();
using captioner = await Captioner.open(device, files);
const said: Record<number, Said> = {};
for (let number = FIRST; number < FIRST + RECORDED; number++) {
  said[number] = await captioner.say(draw(sceneOf(number), SIDE));
  console.log(said[number].text);
}
await writeFile(file, `${JSON.stringify(pack({ adapter: adapterName(device), said }))}\n`);
