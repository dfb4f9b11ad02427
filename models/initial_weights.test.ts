// Initial weights are part of what a run is: these models begin with the bits that they have always begun with.
import { expect, it } from 'vitest';
import { parameters, RandomStream, RelativeAttention } from '../engine/index';
import { EncoderDecoder, GPT } from './index';

/** FNV-1a over the bits of every parameter. */
function fingerprint(model: object): string {
  let hash = 0x811c9dc5;
  for (const [name, { init, size }] of parameters(model)) {
    const data = init(size, new RandomStream(7, name));
    for (const word of new Uint32Array(data.buffer)) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

it('GPT, EncoderDecoder and Transformer-XL begin as ever', () => {
  const gpt = { vocabulary: 11, context: 8, layers: 2, heads: 2, width: 16 };
  const pair = {
    vocabulary: 11,
    context: 8,
    encoderLayers: 1,
    decoderLayers: 1,
    heads: 2,
    width: 16,
    hidden: 24,
  };
  expect([
    fingerprint(new GPT(gpt)),
    fingerprint(new GPT({ ...gpt, positions: 'rope', norm: 'rms', gated: true, tied: false, bias: false })),
    fingerprint(new EncoderDecoder(pair)),
    fingerprint(new EncoderDecoder({ ...pair, positions: 'learned' })),
    fingerprint(new RelativeAttention({ width: 16, heads: 2 })),
  ]).toEqual(['dfbaf9ed', 'b206786a', 'c4220ef9', '680220b5', '20fa10e4']);
});
