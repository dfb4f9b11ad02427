import { Device, Graph } from '../../engine/index';
import { gpt2, load, loadTokenizer, type ModelFolder } from '../../models/index';

/** The five likeliest next tokens, and what the last token of the text drew on in head 2 of layer 1. */
export async function next(folder: ModelFolder, text: string) {
  const device = await Device.open();
  using loaded = await load(folder, { device, families: [gpt2] });
  const tokenizer = await loadTokenizer(folder);
  const ids = Uint32Array.from(tokenizer.encode(text));
  const g = new Graph(device);
  const logits = loaded.model.forward(g, g.input('ids', [1, ids.length], 'u32'));
  using plan = await g.compile({ logits }); // (1, tokens, vocabulary)
  plan.run({ ids });
  const row = (await plan.read('logits')).slice(-loaded.model.config.vocabulary);
  const likeliest = [...row.keys()].sort((a, b) => row[b] - row[a]).slice(0, 5);
  const map = await plan.attention(1, 2);
  return { words: likeliest.map((id) => tokenizer.decode([id])), attention: map.row(ids.length - 1) };
}
