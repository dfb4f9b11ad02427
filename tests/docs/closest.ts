import type { Device, Tokenizer } from '../../engine/index';
import { bertModel, load, type ModelFolder } from '../../models/index';
import { SentenceEmbedder } from '../../models/tasks/index';

/** The texts by how near their meaning is to that of a query, the nearest first. */
export async function closest(
  device: Device,
  folder: ModelFolder,
  tokenizer: Tokenizer,
  query: string,
  texts: readonly string[],
) {
  using loaded = await load(folder, { device, families: [bertModel] });
  using embedder = new SentenceEmbedder(device, loaded.model, tokenizer);
  const ranked = await embedder.rank(query, texts, { long: 'cut' });
  return ranked.map(({ index, score }) => ({ text: texts[index], score }));
}
