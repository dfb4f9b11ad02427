import process from 'node:process';
import type { EngineError, WeightStorage } from '../engine/index';
import { families } from '../models/index';
import { openEmbedder, type SentenceEmbedder } from '../models/tasks/index';
import { openDevice, tellOfCompiling } from './device';
import { isOfText, linesOf, tellOfLine } from './lines';
import { modelFolder } from './model_folder';

export interface EmbedArguments {
  readonly query?: string;
  readonly storage?: WeightStorage;
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
  { query, storage = 'f32' }: EmbedArguments,
): Promise<number> {
  const all: (string | EngineError)[] = [...texts];
  using device = await openDevice(tellOfCompiling());
  const bodies = families.filter(({ architectures: [name] }) => /^(?!GPT|Llama)\w+Model$/.test(name));
  using opened = await openEmbedder(modelFolder(model), { device, families: bodies, storage });
  const { embedder } = opened;
  let [status, number] = [0, 0];
  const write = async (group: readonly (string | EngineError)[]): Promise<void> => {
    for (const found of await embeddings(embedder, group)) {
      number++;
      if (found instanceof Float32Array) process.stdout.write(`${JSON.stringify(Array.from(found))}\n`);
      else {
        if (texts.length > 0) throw found;
        tellOfLine(number, found);
        process.stdout.write('null\n'); // so that lines stay side by side
        status = 1;
      }
    }
  };
  if (texts.length === 0) {
    for await (const line of linesOf(process.stdin)) {
      all.push(line);
      if (query === undefined && all.length === TOGETHER) await write(all.splice(0));
    }
  }
  if (query === undefined) {
    if (all.length > 0) await write(all);
    return status;
  }
  const readable = all.filter((line, i): line is string => {
    if (typeof line === 'string') return true;
    tellOfLine(i + 1, line);
    status = 1;
    return false;
  });
  for (const { index, score } of await embedder.rank(query, readable, { long: 'cut' }))
    process.stdout.write(`${score.toFixed(4)}\t${readable[index]}\n`);
  return status;
}

/** Embeddings of lines; of those that cannot be read, why. */
async function embeddings(
  embedder: SentenceEmbedder,
  group: readonly (string | EngineError)[],
): Promise<(Float32Array | EngineError)[]> {
  try {
    const found = await embedder.embed(
      group.filter((line) => typeof line === 'string'),
      { long: 'cut' },
    );
    return group.map((line) => (typeof line === 'string' ? found.shift()! : line));
  } catch (error) {
    if (!isOfText(error)) throw error;
    if (group.length === 1) return [error];
    // Which of them it is shows by itself.
    const each: (Float32Array | EngineError)[] = [];
    for (const line of group) each.push(...(await embeddings(embedder, [line])));
    return each;
  }
}
