/**
 * Decoding with a KV cache: milliseconds a token where the cache holds 0 to 1,000 tokens, and tokens per second of
 * `Generator`, token by token to the page. Checks first that decoding gives the tokens that a forward pass over the
 * whole text gives.
 */
import { Device, Graph, Parameter, ParameterStore, sample, type Plan } from '../engine/index';
import { Generator } from '../models/generation/generator';
import { GPT } from '../models/gpt';
import { expectDecoding, promptOf, timeGeneration } from './harness/generation';
import { median } from './harness/measure';
import { measurePeaks } from './harness/peaks';
import { printProfile } from './harness/profile';
import { benchResult, option, short, type BenchResult } from './harness/report';

const CONFIG = { vocabulary: 1000, context: 1024, layers: 4, heads: 4, width: 256 };
const LENGTHS = [0, 127, 511, 1000];

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
  const prompt = promptOf(model);
  await expectDecoding(device, model, generator, prompt);

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

  const { milliseconds } = await timeGeneration(generator, prompt, { tokens, samples: 1 });
  const tokensPerSecond = 1000 / milliseconds;
  console.log(`${tokens} tokens, each read back: ${short(tokensPerSecond)} tokens/s`);
  return benchResult(device, 'decode', { config: CONFIG, lengths, tokens, tokensPerSecond });
}
