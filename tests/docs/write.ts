import type { Device, Tokenizer } from '../../engine/index';
import { generateText, Generator, SequenceGenerator, type GPT } from '../../models/index';

/** Goes on with the first prompt as it is made, up to an empty line, and finds the best three ways to go on with each. */
export async function write(device: Device, model: GPT, tokenizer: Tokenizer, prompts: readonly string[]) {
  using generator = new Generator(device, model);
  const choice = { temperature: 0.8, minP: 0.05, repetitionPenalty: 1.1, tokens: 16, seed: 7 };
  const options = { ...choice, tokenizer, stopStrings: ['\n\n'] };
  let text = '';
  for await (const piece of generateText(generator, prompts[0], options)) text += piece;

  using search = new SequenceGenerator(device, model, { sentences: prompts.length, beams: 4 });
  const ids = prompts.map((prompt) => tokenizer.encode(prompt)); // of any lengths
  const found = await search.generate(ids, { nBest: 3, noRepeatNgram: 3, tokens: 8 });
  return {
    text,
    best: found.map((list) => list.map(({ ids, score }) => ({ text: tokenizer.decode(ids), score }))),
  };
}
