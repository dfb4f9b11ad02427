import { Device, Graph } from '../../engine/index';
import { gpt2, load, loadTokenizer, type ModelFolder } from '../../models/index';

/** The word that a model would write next if it ended before each of its layers, and in the end. */
export async function layerByLayer(folder: ModelFolder, text: string): Promise<string[]> {
  const device = await Device.open();
  using loaded = await load(folder, { device, families: [gpt2] });
  const { model } = loaded;
  const tokenizer = await loadTokenizer(folder);
  const ids = Uint32Array.from(tokenizer.encode(text));
  const g = new Graph(device);
  const guesses = model.lens(g, g.input('ids', [1, ids.length], 'u32')); // (1, tokens, vocabulary) each
  using plan = await g.compile(Object.fromEntries(guesses.map((logits, i) => [`state ${i}`, logits])));
  plan.run({ ids });
  const words: string[] = [];
  for (const i of guesses.keys()) {
    const last = (await plan.read(`state ${i}`)).slice(-model.config.vocabulary);
    words.push(tokenizer.decode([last.indexOf(Math.max(...last))]));
  }
  return words;
}
