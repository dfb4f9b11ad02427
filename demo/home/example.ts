import { Device } from '../../engine/index';
import { generateText, Generator, gpt2, hub, load, loadTokenizer } from '../../models/index';

export async function write(prompt: string, show: (piece: string) => void) {
  const device = await Device.open();
  const folder = hub('openai-community/gpt2');
  using loaded = await load(folder, { device, families: [gpt2] });
  const tokenizer = await loadTokenizer(folder);
  using generator = new Generator(device, loaded.model);
  const options = { tokenizer, temperature: 0.8, tokens: 40 };
  for await (const piece of generateText(generator, prompt, options)) show(piece);
}
