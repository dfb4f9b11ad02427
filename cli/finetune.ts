/** `npx heed train --task classify|regress|tag|answer|embed`: fine-tunes a checkpoint on examples, and writes a folder. */
import process from 'node:process';
import { finetune as tune, holdOut, noisyCopies, openFor } from '../models/finetune/index';
import { openDevice, tellOfCompiling } from './device';
import { EXAMPLE_OPTIONS, expectForTask, readExamples, type ExampleArguments } from './examples';
import type { FinetunedTask } from './finetuned';
import { judgementText } from './judgement';
import { modelFolder } from './model_folder';
import { UsageError } from './options';
import { ProgressDisplay } from './progress';
import { writeFolder } from './saved_model';
import { expectApart, expectTrainingFolder, keptTraining } from './training';

export interface FinetuneArguments extends ExampleArguments {
  readonly task: FinetunedTask;
  readonly model?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly held?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly tokens?: number;
  readonly accumulate?: number;
  readonly maxLength?: number;
  readonly lr?: number;
  readonly freeze?: number | 'body';
  readonly layerDecay?: number;
  readonly adversarial?: number;
  readonly noise?: number;
  readonly seed?: number;
  readonly evaluateEvery?: number;
  readonly patience?: number;
  readonly monitor?: string;
  readonly log?: string;
}

/** Options of fine-tuning, whatever the task. `train` refuses all others with these tasks. */
export const FINETUNE_OPTIONS: readonly string[] = [
  ...[
    'task',
    'data',
    'model',
    'out',
    'resume',
    'overwrite',
    'held',
    'epochs',
    'steps',
    'tokens',
    'accumulate',
  ],
  ...['maxLength', 'lr', 'freeze', 'layerDecay', 'adversarial', 'noise', 'seed', 'evaluateEvery', 'patience'],
  ...['monitor', 'log', ...Object.keys(EXAMPLE_OPTIONS)],
];

/** Trains, with everything on disk that is needed to go on. Gives the exit status. */
export async function finetune(args: FinetuneArguments): Promise<number> {
  const { task: name, model, out = 'heed-model', held: share = 0.2, noise, monitor } = args;
  expectForTask(name, args, { ...EXAMPLE_OPTIONS, noise: ['classify', 'regress', 'embed'] });
  if (model === undefined) {
    const todo = 'Give a folder, or an id of the hub such as distilbert-base-uncased.';
    throw new UsageError('--model', 'it is not said what is to be fine-tuned', todo);
  }
  expectApart({ '--model': model, '--out': out });
  const { resume = false, overwrite = false } = args;
  await expectTrainingFolder(out, { resume, overwrite, writes: ['model.safetensors'] });
  const display = new ProgressDisplay();
  const tell = (line: string): void => display.tell(line);
  const { task, examples } = await readExamples(name, args, tell);
  const { training: plain, held, alike } = holdOut(examples, { share, seed: args.seed ?? 0 });
  const near = alike > 0 ? `; ${alike} are near-duplicates of others, which stay on one side` : '';
  tell(`${examples.length} examples: ${plain.length} to learn from, ${held.length} held out${near}`);
  const training = noise
    ? noisyCopies(plain as { text: string }[], { characters: noise, seed: args.seed ?? 0 })
    : plain;
  return keptTraining(out, display, args, async ({ signal, before, onEvent, onProgress }) => {
    using device = await openDevice(tellOfCompiling());
    using opened = await openFor(modelFolder(model), task, {
      device,
      signal,
      ...(args.seed !== undefined && { seed: args.seed }),
    });
    if (opened.newHead) tell('Its head begins anew.');
    const { loaded, tokenizer } = opened;
    const { reason, step, best, judgement, long, padding } = await tune<object>({
      ...{ device, model: loaded.model, tokenizer, task, training, held, signal, reopen: openDevice },
      ...settingsOf(args),
      ...(before && { resume: before.last, ...(before.best && { resumeBest: before.best }) }),
      ...(monitor !== undefined && {
        monitor: { metric: monitor, mode: /loss|error/i.test(monitor) ? 'min' : 'max' },
      }),
      ...{ onProgress, onEvent },
    });
    display.end();
    if (long > 0) tell(`${long} examples were longer than the model reads at once.`);
    tell(`Padding: ${(100 * padding).toFixed(1)} % of tokens.`);
    await writeFolder(out, await opened.save());
    if (judgement) {
      const about = { step: best, examples: held.length, ...judgement };
      await writeFolder(
        out,
        new Map([['evaluation.json', new Blob([`${JSON.stringify(about, null, 2)}\n`])]]),
      );
      process.stdout.write(judgementText(judgement));
    }
    const which = reason === 'aborted' ? `the best weights of ${step} steps` : `the weights of step ${best}`;
    return { reason, step, outcome: `${out} has ${which}` };
  });
}

function settingsOf(args: FinetuneArguments) {
  const { epochs, steps, tokens, accumulate, maxLength, lr, freeze, layerDecay, adversarial, seed } = args;
  const { evaluateEvery, patience } = args;
  const all = { epochs, steps, tokens, accumulate, maxLength, lr, freeze, layerDecay, adversarial, seed };
  return Object.fromEntries(
    Object.entries({ ...all, evaluateEvery, patience }).filter(([, value]) => value !== undefined),
  );
}
