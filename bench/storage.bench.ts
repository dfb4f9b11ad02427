/**
 * Weights in f32, f16, int8 and int4, of the same models in one run. A character GPT that is trained here for some minutes:
 * perplexity of text that it was not trained on, and how many of its greedy tokens are those of f32. A random Llama of some
 * million weights: bytes of the ledger, tokens a second of decoding and of reading a prompt, on the rung for this adapter and
 * on the one for GPUs (`hardware`).
 *
 *   npm run bench -- storage -- --data tinyshakespeare.txt.gz [--steps 600]
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  AdamW,
  characterTokenizer,
  countParameters,
  crossEntropy,
  Device,
  Graph,
  nextToken,
  Parameter,
  ParameterStore,
  randomWindows,
  Run,
  sample,
  WEIGHT_STORAGES,
  type Plan,
  type WeightStorage,
} from '../engine/index';
import { Generator, GPT, type GPTConfig } from '../models/index';
import { benchResult, columns, option, short, type BenchResult } from './harness/report';

const SMALL = { context: 64, layers: 4, heads: 4, width: 128 } as const;
const LARGE: GPTConfig = {
  ...{ vocabulary: 8000, context: 256, layers: 4, heads: 8, width: 512, hidden: 1376 },
  ...{ norm: 'rms', positions: 'rope', gated: true, activation: 'silu', bias: false },
};
const PROMPT = 64;

/** The same device, as if it were a GPU: its kernels are taken. */
function asGpu(device: Device): Device {
  const can = { ...device.can, software: false };
  return new Proxy(device, {
    get(target, key) {
      if (key === 'can') return can;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Weights of a GPT after some steps on a text, and ids that it has not seen. */
async function trained(device: Device, data: string, steps: number) {
  const raw = readFileSync(data);
  const text = (data.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8');
  const tokenizer = characterTokenizer(text);
  const ids = Uint32Array.from(tokenizer.encode(text));
  const split = ids.length - Math.min(Math.floor(0.1 * ids.length), 40_000);
  const config = { ...SMALL, vocabulary: tokenizer.size };
  const model = new GPT(config);
  const size = { batch: 12, length: SMALL.context };
  using run = await Run.create({
    ...{ device, model, objective: nextToken(size), optimizer: new AdamW(), seed: 1 },
    schedule: { kind: 'cosine', lr: 2e-3, warmup: steps / 20, steps },
  });
  await run.fit({ steps, batches: randomWindows(ids.subarray(0, split), size) });
  return {
    config,
    weights: await run.trainer.store.readAll('weights'),
    held: ids.subarray(split),
    tokenizer,
  };
}

/** Perplexity of held-out ids, window by window, and a greedy text. */
async function quality(
  device: Device,
  storage: WeightStorage,
  { config, weights, held }: Awaited<ReturnType<typeof trained>>,
) {
  const model = new GPT(config);
  using store = new ParameterStore(device, model, { init: 'none', storage });
  for (const [name, data] of weights) store.write(name, data);
  const [B, T] = [8, config.context];
  const g = new Graph(device, { label: 'perplexity' });
  const logits = model.forward(g, g.input('ids', [B, T], 'u32'));
  using plan = await g.compile({ loss: crossEntropy(g, logits, g.input('targets', [B, T], 'u32')) });
  const losses: number[] = [];
  for (let at = 0; at + B * T + 1 <= held.length; at += B * T) {
    plan.run({ ids: held.slice(at, at + B * T), targets: held.slice(at + 1, at + B * T + 1) });
    losses.push((await plan.read('loss'))[0]);
  }
  const text: number[] = [];
  using generator = new Generator(device, model);
  for await (const id of generator.generate(held.subarray(0, 16), { tokens: 48, temperature: 0 }))
    text.push(id);
  const perplexity = Math.exp(losses.reduce((a, b) => a + b) / losses.length);
  return { perplexity, bytes: store.bytes, text };
}

/** Of a run, the least of eleven measurements: whatever else the machine does makes it longer. */
async function milliseconds(plan: Plan, times: number, step: object): Promise<number> {
  const all: number[] = [];
  plan.run({}, step);
  for (let i = 0; i < 11; i++) {
    await plan.device.idle();
    const start = performance.now();
    for (let k = 0; k < times; k++) plan.run({}, step);
    await plan.device.idle();
    all.push((performance.now() - start) / times);
  }
  return Math.min(...all);
}

async function speed(device: Device, storage: WeightStorage) {
  const model = new GPT(LARGE);
  using store = new ParameterStore(device, model, { seed: 1, storage });
  const caches = model.caches(1);
  const token = new Parameter([1], { trainable: false, decay: false, dtype: 'u32' });
  using _state = new ParameterStore(device, { caches, token }, { owner: 'KV cache' });
  const g = new Graph(device, { label: 'decode' });
  const ids = sample(g, model.next(g, g.view(g.use(token), [1, 1]), caches));
  using decode = await g.compile({ ids });
  const h = new Graph(device, { label: 'prompt' });
  const prompt = h.constant('prompt', [1, PROMPT], new Uint32Array(PROMPT));
  using read = await h.compile({ ids: sample(h, model.next(h, prompt, caches)) });
  const one = await milliseconds(decode, 4, { position: PROMPT, length: 1, temperature: 0 });
  const many = await milliseconds(read, 1, { position: 0, length: PROMPT, temperature: 0 });
  return { bytes: store.bytes, decode: 1000 / one, prompt: (1000 * PROMPT) / many };
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  using device = await Device.open();
  const steps = Number(option(args, 'steps', '600'));
  const data = option(args, 'data', '');
  if (!data) throw new Error('storage: give a text with --data tinyshakespeare.txt.gz');
  const kinds = WEIGHT_STORAGES.filter((storage) => storage !== 'f16' || device.can.f16);

  const model = await trained(device, data, steps);
  const texts = [];
  for (const storage of kinds) texts.push({ storage, ...(await quality(device, storage, model)) });
  const [{ text: want }] = texts;
  const qualities = texts.map(({ text, ...own }) => {
    const first = text.findIndex((id, i) => id !== want[i]);
    return { ...own, sameGreedy: first < 0 ? text.length : first };
  });
  console.log(
    `${countParameters(new GPT(model.config))} weights, ${steps} steps, ${model.held.length} held-out characters`,
  );
  const rows = qualities.map((q) => [
    q.storage,
    String(q.bytes),
    q.perplexity.toFixed(4),
    String(q.sameGreedy),
  ]);
  console.log(columns([['storage', 'bytes', 'perplexity', 'greedy tokens as f32, of 48'], ...rows]));

  const speeds = [];
  for (const [rung, on] of [
    ['own', device],
    ['hardware', asGpu(device)],
  ] as const)
    for (const storage of kinds) speeds.push({ rung, storage, ...(await speed(on, storage)) });
  console.log(`${countParameters(new GPT(LARGE))} weights`);
  const lines = speeds.map((s) => [s.rung, s.storage, String(s.bytes), short(s.decode), short(s.prompt)]);
  console.log(columns([['rung', 'storage', 'bytes', 'tokens/s', `tokens/s of ${PROMPT}`], ...lines]));
  return benchResult(device, 'storage', { steps, small: model.config, qualities, large: LARGE, speeds });
}
