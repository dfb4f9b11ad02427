import type { Device } from '../../engine/index';
import { bart, load, SequenceGenerator, sequenceOptions, t5, type ModelFolder } from '../../models/index';

/** The two best texts that each source calls for, by a T5 or a BART as Hugging Face has it. */
export async function summarise(device: Device, folder: ModelFolder, sources: readonly Uint32Array[]) {
  using loaded = await load(folder, { device, families: [bart, t5] });
  const { special, generation } = sequenceOptions(loaded); // what config.json and generation_config.json say
  using generator = new SequenceGenerator(device, loaded.model, { ...special, beams: 4 });
  const found = await generator.generate(sources, { ...generation, mode: 'beam', nBest: 2, minTokens: 3 });
  return found.map((list) => list.map(({ ids, score }) => ({ ids, score })));
}
