/** Well-known models, by the sizes of their own config.json. */
import type { GPTConfig } from '../../models/gpt';

const gpt2 = (layers: number, heads: number, width: number): GPTConfig => ({
  ...{ vocabulary: 50257, context: 1024, layers, heads, width },
});

const llama = (
  vocabulary: number,
  layers: number,
  [heads, keyValueHeads]: readonly [number, number],
  [width, hidden]: readonly [number, number],
  tied = true,
): GPTConfig => ({
  ...{ vocabulary, context: 2048, layers, heads, keyValueHeads, width, hidden, tied },
  positions: 'rope',
  norm: 'rms',
  gated: true,
  activation: 'silu',
  bias: false,
  layout: 'out_in',
});

/** From the smallest to the largest. */
export const SHAPES: readonly (readonly [name: string, config: GPTConfig])[] = [
  ['GPT-2 small', gpt2(12, 12, 768)],
  ['SmolLM 135M', llama(49152, 30, [9, 3], [576, 1536])],
  ['GPT-2 medium', gpt2(24, 16, 1024)],
  ['SmolLM 360M', llama(49152, 32, [15, 5], [960, 2560])],
  ['Llama shape, 0.5B', llama(151936, 24, [14, 2], [896, 4864])],
  ['GPT-2 large', gpt2(36, 20, 1280)],
  ['TinyLlama 1.1B', llama(32000, 22, [32, 4], [2048, 5632], false)],
  ['Llama 3.2 1B', llama(128256, 16, [32, 8], [2048, 8192])],
  ['GPT-2 XL', gpt2(48, 25, 1600)],
  ['Llama 3.2 3B', llama(128256, 28, [24, 8], [3072, 8192])],
  ['Llama 2 7B', llama(32000, 32, [32, 32], [4096, 11008], false)],
];
