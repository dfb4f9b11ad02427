/**
 * nanoGPT's CPU setting on tiny Shakespeare, from the weights and batches of tests/fixtures/nanogpt-shakespeare.json, so
 * that the curve can be laid over PyTorch's. Long: it saves a checkpoint as it goes and resumes from it.
 *
 *   npm run bench -- nanogpt -- --data tinyshakespeare.txt.gz [--steps 2000] [--out bench/results/nanogpt-NAME.json]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { AdamW, Device, nextToken, Run, windows, type Batch, type FitEvent } from '../engine/index';
import { Generator, GPT } from '../models/index';
import type Reference from '../tests/fixtures/nanogpt-shakespeare.json';
import { batchAt, initialSource, splitTokens } from '../tests/fixtures/portable';
import { median } from './harness/measure';
import { option } from './harness/report';

interface Point {
  readonly step: number;
  readonly loss: number;
}

/** What is kept beside a checkpoint. */
interface Progress {
  losses: number[];
  validation: Point[];
  milliseconds: number[];
}

export async function main(args: readonly string[]): Promise<void> {
  const data = option(args, 'data', '');
  if (!data) throw new Error('nanogpt: give the text with --data tinyshakespeare.txt.gz');
  const reference = JSON.parse(
    readFileSync(new URL('../tests/fixtures/nanogpt-shakespeare.json', import.meta.url), 'utf8'),
  ) as typeof Reference;
  const s = reference.settings;
  const until = Number(option(args, 'steps', String(s.steps)));
  const raw = readFileSync(data);
  const text = (data.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8');
  const vocabulary = reference.text.vocabulary;
  const tokens = splitTokens(text, vocabulary);

  using device = await Device.open();
  const adapter = device.info.description || `${device.info.vendor} ${device.info.architecture}`;
  const model = new GPT({
    vocabulary: [...vocabulary].length,
    context: s.context,
    layers: s.layers,
    heads: s.heads,
    width: s.width,
    bias: false,
    activation: 'gelu',
  });
  using run = await Run.create({
    device,
    model,
    optimizer: new AdamW({
      beta1: s.beta1,
      beta2: s.beta2,
      epsilon: s.epsilon,
      weightDecay: s.weightDecay,
      clip: s.clipNorm,
    }),
    schedule: {
      kind: 'cosine',
      lr: s.learningRate,
      minimum: s.minLearningRate,
      warmup: s.warmup,
      steps: s.steps,
    },
    objective: nextToken({ batch: s.batch, length: s.context }),
    seed: s.initSeed,
    init: 'none',
  });
  await run.trainer.store.load(initialSource(reference.parameters, s.initSeed));

  const out = option(args, 'out', 'bench/results/nanogpt.json');
  const saved = `${out}.safetensors`;
  let losses: number[] = [];
  let validation: Point[] = [];
  let milliseconds: number[] = [];
  if (existsSync(saved)) {
    await run.load(new Uint8Array(readFileSync(saved)));
    ({ losses, validation, milliseconds } = JSON.parse(readFileSync(`${out}.partial`, 'utf8')) as Progress);
    losses = losses.slice(0, run.trainer.step);
    console.log(`resumed at step ${run.trainer.step}`);
  }
  const fixed: Batch[] = Array.from({ length: s.evalBatches }, (_, k) =>
    batchAt(tokens.validation, s.evalSeed, k, s.batch, s.context),
  );
  const tokensPerStep = s.batch * s.context;
  await run.fit({
    steps: until,
    batches: (step) => batchAt(tokens.train, s.trainSeed, step, s.batch, s.context),
    validation: fixed,
    evaluateEvery: s.evalEvery,
    checkpointEvery: 100,
    onEvent: (event: FitEvent) => {
      if (event.kind === 'steps') {
        losses.push(...event.reports.map((r) => r.loss));
        for (const _ of event.reports) milliseconds.push((1000 * tokensPerStep) / event.tokensPerSecond);
      } else if (event.kind === 'evaluation') {
        validation.push({ step: event.step, loss: event.loss });
        console.log(`step ${event.step}: validation ${event.loss.toFixed(4)}`);
      } else if (event.kind === 'checkpoint') {
        writeFileSync(saved, event.bytes);
        writeFileSync(`${out}.partial`, JSON.stringify({ losses, validation, milliseconds }));
        const torch = reference.curve.find((p) => p.step === losses.length - 1);
        console.log(
          `step ${event.step}: loss ${losses.at(-1)?.toFixed(4) ?? '-'}${torch ? ` (torch ${torch.loss.toFixed(4)})` : ''}, ` +
            `${(milliseconds.at(-1) ?? 0).toFixed(0)} ms a step`,
        );
      }
    },
  });

  // The whole validation text, window by window, as the fixture's `wholeValidationLoss`.
  const whole = windows(tokens.validation, { batch: s.batch, length: s.context });
  const wholeLoss = await run.trainer.evaluate(whole);
  using generator = new Generator(device, model);
  const sample: number[] = [];
  for await (const id of generator.generate([0], {
    tokens: 400,
    temperature: 0.8,
    seed: 1,
    overflow: 'slide',
  })) {
    sample.push(id);
  }
  const letters = [...vocabulary];
  const typical = median(milliseconds);
  const result = {
    adapter,
    date: new Date().toISOString().slice(0, 10),
    settings: s,
    steps: run.trainer.step,
    millisecondsPerStep: Math.round(typical),
    tokensPerSecond: Math.round((1000 * tokensPerStep) / typical),
    finalValidationLoss: validation.at(-1)?.loss,
    wholeValidationLoss: wholeLoss,
    torch: {
      finalValidationLoss: reference.finalValidationLoss,
      wholeValidationLoss: reference.wholeValidationLoss,
    },
    validation: validation.map((v) => ({
      ...v,
      torch: reference.val.find((r) => r.step === v.step)?.loss,
    })),
    curve: reference.curve
      .filter((p) => p.step < losses.length)
      .map((p) => ({ step: p.step, loss: losses[p.step], torch: p.loss })),
    sample: sample.map((id) => letters[id]).join(''),
  };
  writeFileSync(out, `${JSON.stringify(result, null, 1)}\n`);
  console.log(JSON.stringify({ ...result, curve: undefined, settings: undefined }, null, 1));
}
