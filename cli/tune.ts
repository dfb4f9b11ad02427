/** `npx heed tune`: teaches a language model a text by an adapter beside its weights, and writes it as PEFT does. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import {
  AdamW,
  countParameters,
  DataError,
  nextToken,
  randomWindows,
  Run,
  windows,
  type Tokenizer,
  type WeightStorage,
} from '../engine/index';
import { adaptPeft, loadPeft, savePeft } from '../models/adapters/index';
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

/** The longest window that is taken unless somebody says so: more costs memory and gains little. */
const WINDOW = 256;

/** Files of PEFT. */
const ADAPTER = ['adapter_config.json', 'adapter_model.safetensors'];

/** Models that go on with a text, as Transformers calls them. */
const WRITING = { name: 'write', classes: /(ForCausalLM|LMHeadModel)$/, head: {} };

/** Options of one kind only. */
const OF_KIND: Readonly<Record<string, readonly TuneKind[]>> = {
  rank: ['lora', 'dora'],
  alpha: ['lora', 'dora'],
  dropout: ['lora', 'dora'],
  targets: ['lora', 'dora'],
  merge: ['lora', 'dora'],
  prefixLength: ['prefix'],
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
    const length = args.window ?? Math.min(WINDOW, body.config.context);
    if (length > body.config.context) {
      const todo = `Use at most ${body.config.context}, what the model reads.`;
      throw new UsageError('--window', `it is ${length}`, todo);
    }
    const ids = tokensOf(texts, tokenizer, loaded.config.eos_token_id);
    const { size, training, held, left } = split(ids, share, { batch, length });
    if (size.batch < batch) tell(`Batches have ${size.batch} of ${batch} rows: no more are held out.`);
    tell(`${ids.length} tokens: ${training.length} to learn from, the last ${left} to judge by`);
    const all = countParameters(body);
    using adapter = await adaptPeft(loaded, settingsOf(args), { seed });
    const learnt = [...adapter.store.parameters.values()].reduce((sum, one) => sum + one.size, 0);
    tell(`${kind}: ${learnt} numbers learn beside ${all} (${((100 * learnt) / all).toFixed(2)} %)`);

    const each = Math.max(1, Math.ceil(training.length / (size.batch * length)));
    const steps = args.steps ?? Math.max(1, Math.ceil((args.epochs ?? 3) * each));
    using run = await Run.create({
      ...{ device, model: body, adapter, objective: nextToken(size), seed, signal, reopen: openDevice },
      optimizer: new AdamW({ beta2: 0.999, weightDecay: 0.01 }),
      schedule: { kind: 'linear', lr, warmup: Math.ceil(steps / 10), steps },
    });
    if (before) await run.load(before);
    else tell(`loss before: ${(await run.trainer.evaluate(held)).toFixed(4)}`);
    const { reason, step } = await run.fit({
      ...{ steps, batches: randomWindows(training, { ...size, seed }), validation: held, signal },
      ...{ evaluateEvery: args.evaluateEvery ?? Math.max(1, Math.ceil(steps / 10)), keepBest: true },
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

/** Texts one after the other, each ended by the token that ends texts, where the model has one. */
function tokensOf(texts: readonly string[], tokenizer: Tokenizer, ends: unknown): Uint32Array {
  const [end] = [ends].flat();
  const mark = typeof end === 'number' ? [end] : [];
  const ids: number[] = [];
  for (const text of texts) {
    for (const id of tokenizer.encode(text, { special: false })) ids.push(id);
    ids.push(...mark);
  }
  return Uint32Array.from(ids);
}

/** The end of the text is held out; batches have at most as many rows as that. Throws `DataError` where it is less than a window. */
function split(ids: Uint32Array, share: number, asked: { batch: number; length: number }) {
  const { length } = asked;
  const left = Math.floor(share * ids.length);
  const batch = Math.min(asked.batch, Math.floor((left - 1) / length));
  if (batch < 1) {
    const what = `the text has ${ids.length} tokens, ${left} of them held out, and a window takes ${length + 1}`;
    throw new DataError('--data', what, 'Give more text, or a shorter --window.');
  }
  const size = { batch, length };
  const held = windows(ids.subarray(ids.length - left), { ...size, limit: 64 });
  return { size, training: ids.subarray(0, ids.length - left), held, left };
}

/** As adapter_config.json says it. */
function settingsOf({
  kind,
  rank = 8,
  alpha = 2 * rank,
  dropout = 0,
  targets,
  prefixLength = 16,
}: TuneArguments) {
  if (kind === 'prefix') return { peft_type: 'PREFIX_TUNING', num_virtual_tokens: prefixLength };
  return {
    ...{ peft_type: 'LORA', r: rank, lora_alpha: alpha, lora_dropout: dropout, use_dora: kind === 'dora' },
    target_modules: targets ?? 'all-linear',
  };
}
