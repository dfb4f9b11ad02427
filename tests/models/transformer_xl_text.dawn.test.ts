// Whether memory helps: the same Transformer-XL, trained on the same segments of real text with it and without.
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  AdamW,
  characterTokenizer,
  Device,
  nextToken,
  segmentedText,
  segments,
  Trainer,
  type SegmentModel,
} from '../../engine/index';
import { TransformerXL } from '../../models/index';
import { corpusText } from '../../demo/data/corpora';
import { openTestGpu } from '../harness/host';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

it('a Transformer-XL reads fiction better with its memory than without', async () => {
  const text = (await corpusText('english')).slice(0, 200_000).toLowerCase();
  const tokenizer = characterTokenizer(text);
  const ids = tokenizer.encode(text);
  const cut = Math.floor(ids.length * 0.95);
  const size = { batch: 32, length: 4 };
  const source = segments(ids.subarray(0, cut), size);
  const held = segments(ids.subarray(cut), size);
  const evaluation = Array.from({ length: 20 }, (_, k) => held(k));
  const steps = 200;
  const losses: number[] = [];
  for (const memory of [true, false]) {
    const sizes = { layers: 1, heads: 4, width: 48, hidden: 96, memory: 8 };
    const model = new TransformerXL({ vocabulary: tokenizer.size, ...sizes, preNorm: true, std: 0.15 });
    const schedule = { kind: 'cosine', lr: 2e-2, warmup: 20, steps } as const;
    const options = { device, model, optimizer: new AdamW({ weightDecay: 0.01 }), schedule, seed: 1 };
    const objective = (memory ? segmentedText(size) : nextToken(size)) as ReturnType<typeof segmentedText>;
    using trainer = await Trainer.create<ReturnType<typeof held>, SegmentModel>({ ...options, objective });
    for (let n = 0; n < steps; n++) {
      trainer.submit(source);
      if (n % 50 === 49) await trainer.losses();
    }
    losses.push(await trainer.evaluate(evaluation));
  }
  const [remembers, forgets] = losses;
  expect(remembers).toBeLessThan(forgets - 0.05);
});
