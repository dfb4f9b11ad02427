// Parity with PyTorch: ten AdamW steps of tiny models, one on scaled dot-product attention, one on T5's.
// transformer_xl.gpu.test.ts has the third.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdamW, Device, Graph, ParameterStore, Trainer, type TrainableModel } from '../../engine/index';
import { fixtureTensors, type FixtureTensor } from '../fixtures/load';
import fixture from '../fixtures/attention-models.json';
import { hash32 } from '../fixtures/portable';
import { openTestGpu } from '../harness/host';
import { SDPAModel, T5Model } from './attention-models';
import { portableWeights, read, relativeError, write } from './parity';

const { B, T, V } = fixture.shape;
const models: { name: keyof typeof fixture.models; build: () => TrainableModel }[] = [
  { name: 'sdpa', build: () => new SDPAModel() },
  { name: 't5', build: () => new T5Model() },
];

/** Row b of step n reads tokens n T to n T + T of stream b; the targets follow one later. */
function batchAt(n: number): { ids: Uint32Array; targets: Uint32Array } {
  const token = (b: number, i: number): number =>
    hash32(fixture.seed, b * (fixture.steps * T + 1) + n * T + i) % V;
  const rows = (shift: number): Uint32Array =>
    Uint32Array.from({ length: B * T }, (_, at) => token(Math.floor(at / T), (at % T) + shift));
  return { ids: rows(0), targets: rows(1) };
}

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
  const about = fixture.models[name];
  const start = portableWeights(about.parameters, name, fixture.seed);
  it('loss and every gradient by name', async () => {
    const model = build();
    using store = new ParameterStore(device, model, { train: true });
    write(store, start);
    const g = new Graph(device, { train: true });
    const loss = model.loss(
      g,
      g.input('ids', [B, T], 'u32', { below: V }),
      g.input('targets', [B, T], 'u32', { below: V }),
    );
    g.backprop(loss);
    using plan = await g.compile({ loss });
    plan.run(batchAt(0));
    expect(Math.abs((await plan.read('loss'))[0] / about.losses[0] - 1)).toBeLessThan(2e-6);
    for (const [key, got] of await read(store, start, 'gradient')) {
      expect(relativeError(got, tensors.get(`${name}.grad.${key}`)!.data), key).toBeLessThan(2e-5);
    }
  });

  it('ten AdamW steps: losses, gradient norms and final weights', async () => {
    const { learningRate: lr, beta1, beta2, epsilon, weightDecay, clipNorm: clip } = fixture.adamw;
    using trainer = await Trainer.create({
      device,
      model: build(),
      optimizer: new AdamW({ beta1, beta2, epsilon, weightDecay, clip }),
      schedule: { kind: 'constant', lr },
      batch: B,
      length: T,
    });
    write(trainer.store, start);
    for (let n = 0; n < fixture.steps; n++) trainer.submit(batchAt);
    const reports = await trainer.losses();
    expect(reports).toHaveLength(fixture.steps);
    for (const { index, loss, norm } of reports) {
      expect(Math.abs(loss / about.losses[index] - 1), `loss ${index}`).toBeLessThan(2e-5);
      expect(Math.abs(norm / about.gradientNorms[index] - 1), `norm ${index}`).toBeLessThan(5e-5);
    }
    for (const [key, got] of await read(trainer.store, start)) {
      expect(relativeError(got, tensors.get(`${name}.after.${key}`)!.data), key).toBeLessThan(5e-5);
    }
  });
});
