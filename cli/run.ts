import process from 'node:process';
import type { WeightStorage } from '../engine/index';
import { pipeline, type PipelineTask, type TensorResult } from '../models/tasks/index';
import { openDevice, tellOfCompiling } from './device';
import { linesOf, tellOfLine } from './lines';
import { modelFolder } from './model_folder';
import { UsageError } from './options';

export interface RunArguments {
  readonly task: PipelineTask;
  readonly storage?: WeightStorage;
  readonly context?: string;
  readonly labels?: readonly string[];
  readonly topK?: number;
  readonly tokens?: number;
  readonly temperature?: number;
}

/** Options of tasks, by the names of the pipeline's. */
const OPTIONS = {
  topK: { name: 'top_k', tasks: ['text-classification', 'question-answering', 'fill-mask'] },
  tokens: {
    name: 'max_new_tokens',
    tasks: ['text-generation', 'text2text-generation', 'summarization', 'translation'],
  },
  temperature: { name: 'temperature', tasks: ['text-generation'] },
} as const;

/** Writes what a model makes of each text, or of each line of the standard input, as one line of JSON. Gives the exit status. */
export async function run(model: string, texts: readonly string[], args: RunArguments): Promise<number> {
  const { task, storage = 'f32', context, labels } = args;
  const options = optionsOf(args);
  using device = await openDevice(tellOfCompiling());
  using call = await pipeline(task, modelFolder(model), { device, storage });
  const more =
    task === 'question-answering' ? [context] : task === 'zero-shot-classification' ? [labels] : [];
  const answer = async (text: string): Promise<void> => {
    const result = await (call as unknown as (...given: unknown[]) => Promise<unknown>)(
      text,
      ...more,
      options,
    );
    const plain = task === 'feature-extraction' ? (result as TensorResult).tolist() : result;
    process.stdout.write(`${JSON.stringify(plain)}\n`);
  };
  if (texts.length > 0) {
    for (const text of texts) await answer(text);
    return 0;
  }
  let [status, number] = [0, 0];
  for await (const line of linesOf(process.stdin)) {
    number++;
    try {
      if (typeof line !== 'string') throw line;
      await answer(line);
    } catch (error) {
      tellOfLine(number, error);
      process.stdout.write('null\n'); // so that lines stay side by side
      status = 1;
    }
  }
  return status;
}

/** Throws `UsageError` for options of another task, and for those that it cannot do without. */
function optionsOf(args: RunArguments): Record<string, unknown> {
  const { task, context, labels } = args;
  const needs = { context: 'question-answering', labels: 'zero-shot-classification' } as const;
  for (const [name, wanted] of Object.entries(needs)) {
    const given = { context, labels }[name as keyof typeof needs] !== undefined;
    if (given === (task === wanted)) continue;
    const what = given ? `it is of ${wanted}` : `${wanted} needs it`;
    throw new UsageError(`--${name}`, what, given ? 'Leave it out.' : 'Give it.');
  }
  const found: Record<string, unknown> = {};
  for (const [key, { name, tasks }] of Object.entries(OPTIONS)) {
    const value = args[key as keyof typeof OPTIONS];
    if (value === undefined) continue;
    if (!(tasks as readonly string[]).includes(task)) {
      const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      throw new UsageError(option, `${task} has no such option`, `It is of ${tasks.join(', ')}.`);
    }
    found[name] = value;
  }
  return found;
}
