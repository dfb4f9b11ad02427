/** `npx heed evaluate MODEL --task … --data …`: how well a model does on examples. */
import process from 'node:process';
import { DataError } from '../engine/index';
import { openFor, TASK_ARCHITECTURES } from '../models/finetune/index';
import { openDevice, tellOfCompiling } from './device';
import { EXAMPLE_OPTIONS, expectForTask, readExamples, type ExampleArguments } from './examples';
import type { FinetunedTask } from './finetuned';
import { judgementText } from './judgement';
import { modelFolder } from './model_folder';

export interface EvaluateArguments extends ExampleArguments {
  readonly task: FinetunedTask;
  readonly maxLength?: number;
  readonly json?: boolean;
}

/** Judges a model that has a head for the task by all examples. Gives the exit status. */
export async function evaluate(model: string, args: EvaluateArguments): Promise<number> {
  const { task: name, json = false } = args;
  expectForTask(name, args, EXAMPLE_OPTIONS);
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const folder = modelFolder(model);
  using device = await openDevice(tellOfCompiling());
  // Labels are the model's own: those of the file are met only where it has them.
  using opened = await openFor(folder, { name, classes: TASK_ARCHITECTURES[name], head: {} }, { device });
  if (opened.newHead) {
    const todo = `Fine-tune it first: heed train --task ${name}.`;
    throw new DataError(model, `it has no head for --task ${name}`, todo);
  }
  const { loaded, tokenizer } = opened;
  const own = loaded.model as {
    readonly labels?: readonly string[];
    readonly config: { readonly context: number };
  };
  const labels = name === 'classify' || name === 'tag' ? (own.labels ?? null) : null;
  const { task, examples } = await readExamples(name, args, tell, labels);
  const { maxLength = Math.min(512, own.config.context) } = args;
  const judgement = await task.judge({ device, model: loaded.model, tokenizer, maxLength }, examples);
  const about = { examples: examples.length, ...judgement };
  process.stdout.write(json ? `${JSON.stringify(about)}\n` : judgementText(judgement));
  return 0;
}
