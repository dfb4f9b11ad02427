/** Heed's side of the race with transformers.js: all-MiniLM-L6-v2, texts in, vectors out. */
import { Device } from '../../../engine/index';
import { bertModel } from '../../../models/index';
import { openEmbedder } from '../../../models/tasks/index';

/** `folder`: the address of the model as sentence-transformers published it. */
export async function open(folder: string) {
  const device = await Device.open();
  const { embedder } = await openEmbedder(folder, { device, families: [bertModel] });
  return {
    adapter: [device.info.vendor, device.info.architecture, device.info.description]
      .filter(Boolean)
      .join(' '),
    embed: (texts: readonly string[]): Promise<Float32Array[]> => embedder.embed(texts, { long: 'cut' }),
  };
}
