/**
 * Decoding with a KV cache: milliseconds a token where the cache holds 0 to 1,000 tokens, and tokens per second of
 * `Generator`, token by token to the page. Checks first that decoding gives the tokens that a forward pass over the
 * whole text gives.
 */
import { Device, EngineError, Graph, Parameter, ParameterStore, sample, type Plan } from '../engine/index';
import { Generator } from '../models/generation/generator';
import { GPT } from '../models/gpt';
import { median } from './harness/measure';
import { measurePeaks } from './harness/peaks';
import { printProfile } from './harness/profile';
import { benchResult, option, short, type BenchResult } from './harness/report';

const CONFIG = { vocabulary: 1000, context: 1024, layers: 4, heads: 4, width: 256 };
const LENGTHS = [0, 127, 511, 1000];

async function collect(tokens: AsyncIterable<number>): Promise<number[]> {
  const out: number[] = [];
  for await (const id of tokens) out.push(id);
  return out;
}

/** Greedy tokens without a cache: all logits again for each token. */
async function withoutCache(
  device: Device,
  model: GPT,
  prompt: readonly number[],
  n: number,
): Promise<number[]> {
  const length = prompt.length + n;
  const g = new Graph(device, { label: 'without cache' });
  const logits = model.forward(g, g.input('ids', [1, length], 'u32', { below: CONFIG.vocabulary }));
  using plan = await g.compile({ logits });
  const text = new Uint32Array(length);
  text.set(prompt);
  for (let at = prompt.length; at < length; at++) {
    plan.run({ ids: text });
    const row = (await plan.read('logits')).subarray((at - 1) * CONFIG.vocabulary, at * CONFIG.vocabulary);
    text[at] = row.indexOf(Math.max(...row));
  }
  return [...text.subarray(prompt.length)];
}

async function timeSteps(plan: Plan, position: number): Promise<number> {
  const { device } = plan;
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    await device.idle();
    const start = performance.now();
    for (let k = 0; k < 8; k++) plan.run({}, { position, length: 1, temperature: 0 });
    await device.idle();
    times.push((performance.now() - start) / 8);
  }
  return median(times);
}

export async function main(args: readonly string[] = []): Promise<BenchResult> {
  using device = await Device.open();
  const tokens = Number(option(args, 'tokens', '128'));
  const peaks = await measurePeaks(device);
  const model = new GPT(CONFIG);
  using _store = new ParameterStore(device, model, { seed: 1 });

  using generator = new Generator(device, model);
  const prompt = Array.from({ length: 16 }, (_, i) => (i * 61) % CONFIG.vocabulary);
  const want = await withoutCache(device, model, prompt, 8);
  const got = await collect(generator.generate(prompt, { tokens: 8, temperature: 0 }));
  if (got.join() !== want.join()) {
    throw new EngineError(
      'decode',
      `the cache gives ${got.join()}, a whole pass ${want.join()}`,
      'Fix that first.',
    );
  }

  // Each run feeds one token at `position` and samples the next; what stands in the cache does not change its cost.
  const caches = model.caches(1);
  const token = new Parameter([1], { trainable: false, decay: false, dtype: 'u32' });
  using _state = new ParameterStore(device, { caches, token }, { owner: 'KV cache' });
  const g = new Graph(device, { label: 'decode' });
  const logits = model.next(g, g.view(g.use(token), [1, 1]), caches);
  using plan = await g.compile({ ids: sample(g, logits) });
  const lengths = [];
  for (const position of LENGTHS) {
    const milliseconds = await timeSteps(plan, position);
    lengths.push({ cached: position, milliseconds, tokensPerSecond: 1000 / milliseconds });
    console.log(
      `${position} tokens cached: ${short(milliseconds)} ms a token, ${short(1000 / milliseconds)} tokens/s`,
    );
  }
  printProfile(await plan.profile({}, { position: LENGTHS.at(-1)!, length: 1, temperature: 0 }), peaks);

  const start = performance.now();
  await collect(generator.generate(prompt, { tokens, temperature: 0 }));
  const tokensPerSecond = (1000 * tokens) / (performance.now() - start);
  console.log(`${tokens} tokens, each read back: ${short(tokensPerSecond)} tokens/s`);
  return benchResult(device, 'decode', { config: CONFIG, lengths, tokens, tokensPerSecond });
}
