import { Device, Graph } from '../../engine/index';
import { gpt2, load, loadTokenizer, type ModelFolder } from '../../models/index';

/** What the model would say next if it ended after each of its layers: the residual stream, read by the output layer. */
export async function afterEachLayer(folder: ModelFolder, text: string) {
  const device = await Device.open();
  using loaded = await load(folder, { device, families: [gpt2] });
  const { model } = loaded;
  const tokenizer = await loadTokenizer(folder);
  const ids = Uint32Array.from(tokenizer.encode(text));
  const g = new Graph(device);
  // What goes into each layer; the last of these states is normalised already.
  const states = model.hidden(g, g.input('ids', [1, ids.length], 'u32')).slice(0, -1);
  const guesses = states.map((x) =>
    model.head.forward(g, model.stack.norm!.forward(g, x), model.tokens.weight),
  );
  using plan = await g.compile(Object.fromEntries(guesses.map((logits, i) => [`before layer ${i}`, logits])));
  plan.run({ ids });
  const words: string[] = [];
  for (const i of states.keys()) {
    const row = (await plan.read(`before layer ${i}`)).slice(-model.config.vocabulary);
    words.push(tokenizer.decode([row.indexOf(Math.max(...row))]));
  }
  return words;
}
