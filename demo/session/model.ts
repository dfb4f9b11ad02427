/** A GPT with its tokenizer and its training run: what a checkpoint file holds, and how one is made and read. */
import {
  AdamW,
  checkpointInfo,
  DataError,
  nextToken,
  Run,
  tokenizerFromJson,
  type CheckpointExtras,
  type Device,
  type Schedule,
  type Tokenizer,
} from '../../engine/index';
import * as v from 'valibot';
import { GPT, type GPTConfig } from '../../models/gpt';
import type { RunInfo, TrainSettings } from './protocol';
import { checkedJson, count, losses, points, positive, size as whole } from './saved';
import { countParameters } from './sizes';
import type { LoadedText } from './texts';

/** One seed for weights and batches: the same settings give the same losses, which makes runs comparable. */
const SEED = 1337;

/** What only the page knows of a run; everything else is in the checkpoint itself. */
export type Description = Pick<RunInfo, 'size' | 'tokenizer' | 'rate' | 'steps' | 'text'>;

export interface History {
  losses: number[];
  validation: [step: number, loss: number][];
}

/** The part of a checkpoint that only the page reads. */
export const PAGE = v.object({
  description: v.object({
    size: v.object({
      id: v.string(),
      layers: whole,
      heads: whole,
      width: whole,
      context: whole,
      batch: whole,
      rate: positive,
      steps: whole,
      evaluateEvery: whole,
    }),
    tokenizer: v.picklist(['characters', 'bytes']),
    rate: positive,
    steps: count,
    text: v.object({
      kind: v.picklist(['corpus', 'pasted', 'file']),
      id: v.string(),
      title: v.string(),
      fingerprint: v.string(),
    }),
  }),
  history: v.object({ losses, validation: points }),
});

export interface LanguageModel {
  readonly run: Run;
  readonly gpt: GPT;
  readonly tokenizer: Tokenizer;
  description: Description;
  readonly history: History;
}

type OnCompile = (share: number) => void;

const scheduleOf = (rate: number, steps: number): Schedule => ({
  kind: 'cosine',
  lr: rate,
  minimum: rate / 10,
  warmup: Math.min(100, Math.ceil(steps / 20)),
  steps,
});

/** A model with fresh weights for this text. */
export async function createModel(
  device: Device,
  tokenizer: Tokenizer,
  { info: text }: LoadedText,
  { size, tokenizer: kind, rate, steps }: TrainSettings,
  signal: AbortSignal,
  onCompile: OnCompile,
): Promise<LanguageModel> {
  const { layers, heads, width, context, batch } = size;
  const gpt = new GPT({ vocabulary: tokenizer.size, layers, heads, width, context });
  const run = await Run.create({
    device,
    model: gpt,
    optimizer: new AdamW({ beta2: 0.99 }),
    schedule: scheduleOf(rate, steps),
    objective: nextToken({ batch, length: context }),
    seed: SEED,
    signal,
    onProgress: (done, total) => onCompile(done / total),
  });
  const { kind: textKind, id, title, fingerprint } = text;
  const description = {
    size,
    tokenizer: kind,
    rate,
    steps,
    text: { kind: textKind, id, title, fingerprint },
  };
  return { run, gpt, tokenizer, description, history: { losses: [], validation: [] } };
}

/** What a file of this page says of its model. Throws a `DataError` for files that are none, damaged or not from this page. */
export async function readCheckpoint(bytes: Uint8Array<ArrayBuffer>) {
  const info = await checkpointInfo(bytes);
  const { tokenizer, page } = info.extras;
  if (!tokenizer || !page) {
    throw new DataError(
      'checkpoint',
      'it holds a model but not the tokenizer and the settings that this page saves with one',
      'Load a file that "Save checkpoint" wrote.',
    );
  }
  return {
    info,
    saved: checkedJson('checkpoint', PAGE, page),
    tokenizer: await tokenizerFromJson(tokenizer),
  };
}

/** The file's model on this device. Throws as `readCheckpoint` does. */
export async function openModel(
  device: Device,
  bytes: Uint8Array<ArrayBuffer>,
  onCompile: OnCompile,
  rate?: { readonly rate: number; readonly steps: number },
): Promise<LanguageModel> {
  const { info, saved, tokenizer } = await readCheckpoint(bytes);
  const gpt = new GPT(info.config as unknown as GPTConfig);
  const run = await Run.create({
    device,
    model: gpt,
    optimizer: new AdamW(info.optimizer),
    schedule: rate ? scheduleOf(rate.rate, rate.steps) : info.schedule,
    objective: nextToken({ batch: Number(info.objective.batch), length: Number(info.objective.length) }),
    accumulate: info.accumulate,
    seed: info.seed,
    init: 'none',
    onProgress: (done, total) => onCompile(done / total),
  });
  try {
    await run.load(bytes);
  } catch (error) {
    run[Symbol.dispose]();
    throw error;
  }
  const description = { ...saved.description, ...rate };
  const history = cutHistory(saved.history, run.trainer.step);
  return { run, gpt, tokenizer, description, history };
}

/** What rides along in a checkpoint: enough to open it on another machine and to draw its curve again. */
export function extrasOf({ tokenizer, description, history }: LanguageModel): CheckpointExtras {
  const round = (x: number) => Math.round(x * 1e5) / 1e5;
  const rounded: History = {
    losses: history.losses.map(round),
    validation: history.validation.map(([step, loss]) => [step, round(loss)]),
  };
  return {
    tokenizer: JSON.stringify(tokenizer.toJson()),
    page: JSON.stringify({ description, history: rounded }),
  };
}

/** The history as it was when update `step` was next. */
export function cutHistory({ losses, validation }: History, step: number): History {
  return { losses: losses.slice(0, step), validation: validation.filter(([at]) => at <= step) };
}

export function describe(model: LanguageModel, tokens: RunInfo['tokens']): RunInfo {
  const { description, gpt, run } = model;
  return {
    ...description,
    vocabulary: gpt.config.vocabulary,
    parameters: countParameters(description.size, gpt.config.vocabulary),
    step: run.trainer.step,
    tokens,
  };
}
