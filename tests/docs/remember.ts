import { AdamW, Run, segmentedText, segments, type Device } from '../../engine/index';
import { SegmentGenerator, TransformerXL } from '../../models/index';

/** Trains on a text in two streams, 8 tokens of each at a time, that remember 16 more; then goes on with a prompt. */
export async function remember(device: Device, text: Uint32Array, vocabulary: number, steps = 50) {
  const model = new TransformerXL({ vocabulary, layers: 2, heads: 2, width: 32, memory: 16, std: 0.1 });
  const size = { batch: 2, length: 8 };
  const training = { device, model, objective: segmentedText(size), optimizer: new AdamW(), schedule: 3e-3 };
  using run = await Run.create(training);
  await run.fit({ steps, batches: segments(text, size) });
  using generator = new SegmentGenerator(device, model);
  const next: number[] = [];
  for await (const id of generator.generate(text.subarray(0, 20), { tokens: 8, temperature: 0 }))
    next.push(id);
  return next;
}
