/** `npx heed tune`: teaches a language model a text by an adapter beside its weights, and writes it as PEFT does. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { DataError, Run, type WeightStorage } from '../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../models/adapters/index';
import {
  adapterSettings,
  BEFORE,
  learntBy,
  longestWindow,
  numbersOf,
  splitText,
  textCourse,
  tokensOf,
  WINDOW,
  WRITING,
} from '../models/adapters/tuning';
import { openFor } from '../models/finetune/index';
import type { CausalLM, Pretrained } from '../models/index';
import { openDevice, tellOfCompiling } from './device';
import { modelFolder } from './model_folder';
import { flag, UsageError } from './options';
import { ProgressDisplay } from './progress';
import { writeFolder } from './saved_model';
import { expectApart, expectTrainingFolder, keptTraining } from './training';
import type { TuneKind } from './tune_kinds';

export interface TuneArguments {
  readonly data?: readonly string[];
  readonly kind: TuneKind;
  readonly rank?: number;
  readonly alpha?: number;
  readonly dropout?: number;
  readonly targets?: readonly string[];
  readonly prefixLength?: number;
  readonly storage?: WeightStorage;
  readonly out: string;
  readonly merge?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly epochs?: number;
  readonly steps?: number;
  readonly batch: number;
  readonly window?: number;
  readonly lr: number;
  readonly held: number;
  readonly seed: number;
  readonly evaluateEvery?: number;
  readonly patience?: number;
  readonly log?: string;
}

/** Files of PEFT. */
const ADAPTER = ['adapter_config.json', 'adapter_model.safetensors'];

/** What to do where a text is too short. */
const TOO_SHORT = { where: '--data', todo: 'Give more text, or a shorter --window.' };

const LOW_RANK: readonly TuneKind[] = ['lora', 'dora', 'adalora'];

/** Options of some kinds only. */
const OF_KIND: Readonly<Record<string, readonly TuneKind[]>> = {
  rank: LOW_RANK,
  alpha: LOW_RANK,
  dropout: LOW_RANK,
  targets: [...LOW_RANK, 'ia3'],
  merge: [...LOW_RANK, 'ia3'],
  prefixLength: BEFORE,
};

/** Trains, with everything on disk that is needed to go on. Gives the exit status. */
export async function tune(model: string, args: TuneArguments): Promise<number> {
  const { data = [], kind, out, merge, batch, lr, held: share, seed, storage } = args;
  expectArguments(args);
  const texts = data.map(textOf);
  expectApart({ MODEL: model, '--out': out, '--merge': merge });
  const { resume = false, overwrite = false } = args;
  await expectTrainingFolder(out, { resume, overwrite, writes: ADAPTER });
  if (merge !== undefined) await expectTrainingFolder(merge, { overwrite, writes: ['model.safetensors'] });
  const display = new ProgressDisplay();
  const tell = (line: string): void => display.tell(line);
  const status = await keptTraining(out, display, args, async ({ signal, before, ...course }) => {
    using device = await openDevice(tellOfCompiling());
    using opened = await openFor(modelFolder(model), WRITING, {
      device,
      signal,
      ...(storage && { storage }),
    });
    const { tokenizer } = opened;
    const loaded = opened.loaded as Pretrained<CausalLM>;
    const body = loaded.model;
    const most = longestWindow(body.config.context, args);
    const length = args.window ?? Math.min(WINDOW, most);
    if (length > most) {
      const todo = `Use at most ${most}, what the model reads${BEFORE.includes(kind) ? ` beside the ${kind}` : ''}.`;
      throw new UsageError('--window', `it is ${length}`, todo);
    }
    const ids = await tokensOf(texts, tokenizer, loaded.config.eos_token_id, { signal });
    const lesson = splitText(ids, share, { batch, length }, TOO_SHORT);
    const { size, training, held, left } = lesson;
    if (size.batch < batch) tell(`Batches have ${size.batch} of ${batch} rows: no more are held out.`);
    tell(`${ids.length} tokens: ${training.length} to learn from, the last ${left} to judge by`);
    const all = numbersOf(body);
    const each = Math.max(1, Math.ceil(training.length / (size.batch * length)));
    const steps = args.steps ?? Math.max(1, Math.ceil((args.epochs ?? 3) * each));
    using adapter = await adaptPeft(loaded, adapterSettings({ ...args, steps }), { seed });
    const learnt = learntBy(adapter);
    tell(`${kind}: ${learnt} numbers learn beside ${all} (${((100 * learnt) / all).toFixed(2)} %)`);
    const taught = textCourse(lesson, { steps, lr, seed });
    using run = await Run.create({
      ...{ device, model: body, adapter, signal, reopen: openDevice },
      ...taught.run,
    });
    if (before) await run.load(before.last, before.best ? { best: before.best } : {});
    else tell(`loss before: ${(await run.trainer.evaluate(held)).toFixed(4)}`);
    const { reason, step } = await run.fit({
      ...{ ...taught.fit, signal },
      ...(args.evaluateEvery !== undefined && { evaluateEvery: args.evaluateEvery }),
      ...(args.patience !== undefined && { patience: args.patience }),
      onEvent: async (event) => {
        await course.onEvent(event);
        if (event.kind === 'steps') course.onProgress(event.reports.at(-1)!.index + 1, steps);
      },
    });
    const { best } = run;
    if (best) await run.load(best.bytes);
    await writeFolder(out, await savePeft(loaded, adapter, { base: model }));
    return { reason, step, outcome: `${out} has the adapter of step ${best?.step ?? step}` };
  });
  if (status === 0 && merge !== undefined) {
    await writeMerged(model, out, merge);
    process.stderr.write(`${merge} has the model with it merged.\n`);
  }
  return status;
}

/** The model in float32, whatever the adapter was trained beside, with the adapter merged. */
async function writeMerged(model: string, adapterFolder: string, out: string): Promise<void> {
  using device = await openDevice();
  using opened = await openFor(modelFolder(model), WRITING, { device });
  using adapter = await loadPeft(opened.loaded as Pretrained<CausalLM>, modelFolder(adapterFolder));
  await adapter.merge();
  await writeFolder(out, await opened.save());
}

/** Throws `UsageError` for options that another kind has, or that cannot be together. */
function expectArguments(args: TuneArguments): void {
  const { data = [], kind, held } = args;
  if (data.length === 0) throw new UsageError('--data', 'no text is given', 'Name a file of plain text.');
  if (held <= 0) throw new UsageError('--held', `it is ${held}`, 'Hold a share out to judge by.');
  if (args.epochs !== undefined && args.steps !== undefined)
    throw new UsageError('--steps', '--epochs is given, too', 'Give one of them.');
  for (const [name, kinds] of Object.entries(OF_KIND)) {
    if (kinds.includes(kind) || args[name as keyof TuneArguments] === undefined) continue;
    throw new UsageError(flag(name), `it is not for --kind ${kind}`, `It is for ${kinds.join(', ')}.`);
  }
}

/** A file of plain text in UTF-8. */
function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = cause instanceof TypeError ? 'it is no text in UTF-8' : `it cannot be read (${code})`;
    throw new DataError(path, what, 'Give files of plain text.', { cause });
  }
}
