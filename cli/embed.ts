import process from 'node:process';
import { families } from '../models/index';
import { openEmbedder } from '../models/tasks/index';
import { openDevice, tellOfCompiling } from './device';
import { linesOf } from './lines';
import { modelFolder } from './model_folder';

export interface EmbedArguments {
  readonly query?: string;
}

/** Lines of a pipe that are read together. */
const TOGETHER = 64;

/**
 * Writes the embedding of each text, or of each line of the standard input, as a line of JSON; with a query the texts themselves,
 * the nearest first, each with its cosine. Gives the exit status.
 */
export async function embed(
  model: string,
  texts: readonly string[],
  { query }: EmbedArguments,
): Promise<number> {
  const all: string[] = [...texts];
  using device = await openDevice(tellOfCompiling());
  const bodies = families.filter(({ architectures: [name] }) => /^(?!GPT|Llama)\w+Model$/.test(name));
  using opened = await openEmbedder(modelFolder(model), { device, families: bodies });
  const { embedder } = opened;
  const write = async (group: readonly string[]): Promise<void> => {
    for (const embedding of await embedder.embed(group, { long: 'cut' }))
      process.stdout.write(`${JSON.stringify(Array.from(embedding))}\n`);
  };
  if (texts.length === 0) {
    for await (const line of linesOf(process.stdin)) {
      if (typeof line !== 'string') throw line;
      all.push(line);
      if (query === undefined && all.length === TOGETHER) await write(all.splice(0));
    }
  }
  if (query === undefined) {
    if (all.length > 0) await write(all);
    return 0;
  }
  for (const { index, score } of await embedder.rank(query, all, { long: 'cut' }))
    process.stdout.write(`${score.toFixed(4)}\t${all[index]}\n`);
  return 0;
}
