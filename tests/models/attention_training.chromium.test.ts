// Parity with PyTorch: ten AdamW steps of tiny models, one on scaled dot-product attention, one on T5's.
// transformer_xl.chromium.test.ts has the third.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Device, type TrainableModel } from '../../engine/index';
import type fixture from '../fixtures/attention-models.json';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import { openTestGpu } from '../harness/host';
import { SDPAModel, T5Model } from './attention-models';
import { expectGradients, expectTenSteps } from './attention_training';

const models: { name: keyof typeof fixture.models; build: () => TrainableModel }[] = [
  { name: 'sdpa', build: () => new SDPAModel() },
  { name: 't5', build: () => new T5Model() },
];

// One for both models, which share most of their kernels.
let device: Device;
let tensors: Map<string, FixtureTensor>;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
  device.buffers.poison = 0x7fff7fff;
  tensors = await fixtureTensors('attention-models.safetensors');
});
afterAll(() => device[Symbol.dispose]());

describe.each(models)('$name trains as in PyTorch', ({ name, build }) => {
  it('loss and every gradient by name', () => expectGradients({ device, name, model: build(), tensors }));

  it('ten AdamW steps: losses, gradient norms and final weights', () =>
    expectTenSteps({ device, name, model: build(), tensors }));
});
