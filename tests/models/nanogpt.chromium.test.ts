// Forty training losses of nanoGPT's recipe against PyTorch's, from the same weights and batches.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdamW, Device, nextToken, Trainer } from '../../engine/index';
import { GPT } from '../../models/index';
import { fixtureText } from '../fixtures/load';
import reference from '../fixtures/nanogpt-stretch.json';
import { batchAt, initialSource, splitTokens } from '../fixtures/portable';
import { openTestGpu } from '../harness/host';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

it('follows PyTorch for forty steps', { timeout: 1_200_000 }, async () => {
  const s = reference.settings;
  const tokens = splitTokens(await fixtureText('sonnets.txt'), reference.text.vocabulary);
  using trainer = await Trainer.create({
    device,
    model: new GPT({
      vocabulary: [...reference.text.vocabulary].length,
      context: s.context,
      layers: s.layers,
      heads: s.heads,
      width: s.width,
      bias: false,
      activation: 'gelu',
    }),
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
    init: 'none',
  });
  await trainer.store.load(initialSource(reference.parameters, s.initSeed));
  for (let i = 0; i < s.steps; i++) {
    trainer.submit((step) => batchAt(tokens.train, s.trainSeed, step, s.batch, s.context));
  }
  const reports = await trainer.losses();
  for (const { index, loss, norm, lr } of reports) {
    expect(Math.abs(loss / reference.losses[index] - 1), `loss of step ${index}`).toBeLessThan(2e-5);
    expect(Math.abs(norm / reference.gradientNorms[index] - 1), `norm of step ${index}`).toBeLessThan(2e-4);
    expect(lr).toBeCloseTo(reference.learningRates[index], 12);
  }
  expect(reports).toHaveLength(reference.losses.length);
});
