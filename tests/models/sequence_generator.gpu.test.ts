// Decoding on this adapter against the same search over the whole model's logits, and what must hold for any model.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Device, ParameterStore } from '../../engine/index';
import { EncoderDecoder, SequenceGenerator } from '../../models/index';
import { openTestGpu } from '../harness/host';

const V = 23;
const [begin, end] = [1, 2];
const model = new EncoderDecoder({
  ...{ vocabulary: V, context: 12, encoderLayers: 1, decoderLayers: 2, heads: 2, width: 16, hidden: 24 },
});
const sources = [
  [5, 6, 7, 2],
  [9, 2],
  [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 2],
  [21, 20, 2],
];

let device: Device;
let store: ParameterStore;
let generator: SequenceGenerator;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  device.buffers.poison = 0x7fff7fff;
  store = new ParameterStore(device, model, { seed: 3 });
  generator = new SequenceGenerator(device, model, { begin, end, sentences: 3, beams: 3 });
});
afterAll(() => {
  generator[Symbol.dispose]();
  store[Symbol.dispose]();
  device[Symbol.dispose]();
});

describe('SequenceGenerator', () => {
  it('gives each sentence what it gives alone', async () => {
    const together = await generator.generate(sources, { nBest: 3 });
    expect(together).toHaveLength(sources.length);
    for (const [i, source] of sources.entries()) {
      const [alone] = await generator.generate([source], { nBest: 3 });
      expect(together[i].map(({ ids }) => ids)).toEqual(alone.map(({ ids }) => ids));
      for (const [j, { score }] of alone.entries()) expect(together[i][j].score).toBeCloseTo(score, 4);
    }
  });
});
