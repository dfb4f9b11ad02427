/** Text, token by token with a cache: checked beside whole passes, then timed. */
import { EngineError, Graph, throwIfAborted, type Device } from '../../engine/index';
import type { Generator } from '../../models/generation/generator';
import type { GPT } from '../../models/gpt';
import { median, type Timing } from './measure';

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
  const { vocabulary } = model.config;
  const length = prompt.length + n;
  const g = new Graph(device, { label: 'without cache' });
  const logits = model.forward(g, g.input('ids', [1, length], 'u32', { below: vocabulary }));
  using plan = await g.compile({ logits });
  const text = new Uint32Array(length);
  text.set(prompt);
  for (let at = prompt.length; at < length; at++) {
    plan.run({ ids: text });
    const row = (await plan.read('logits')).subarray((at - 1) * vocabulary, at * vocabulary);
    text[at] = row.indexOf(Math.max(...row));
  }
  return [...text.subarray(prompt.length)];
}

/** Throws `EngineError` unless decoding gives the tokens that a forward pass over the whole text gives. */
export async function expectDecoding(
  device: Device,
  model: GPT,
  generator: Generator,
  prompt: readonly number[],
): Promise<void> {
  const want = await withoutCache(device, model, prompt, 8);
  const got = await collect(generator.generate(prompt, { tokens: 8, temperature: 0 }));
  if (got.join() === want.join()) return;
  throw new EngineError(
    'decode',
    `the cache gives ${got.join()}, a whole pass ${want.join()}`,
    'Fix that first.',
  );
}

/** A prompt of 16 tokens. */
export const promptOf = ({ config: { vocabulary } }: GPT): number[] =>
  Array.from({ length: 16 }, (_, i) => (i * 61) % vocabulary);

export interface GenerationOptions {
  readonly tokens: number;
  readonly samples: number;
  readonly signal?: AbortSignal | undefined;
}

/** Milliseconds of one token that is read back before the next is asked for, by the wall clock. */
export async function timeGeneration(
  generator: Generator,
  prompt: readonly number[],
  { tokens, samples, signal }: GenerationOptions,
): Promise<Timing> {
  const times: number[] = [];
  for (let i = 0; i < samples; i++) {
    throwIfAborted(signal);
    const start = performance.now();
    await collect(generator.generate(prompt, { tokens, temperature: 0 }));
    times.push((performance.now() - start) / tokens);
  }
  const [low, high] = [Math.min(...times), Math.max(...times)];
  return { milliseconds: median(times), low, high, samples, repetitions: tokens };
}
