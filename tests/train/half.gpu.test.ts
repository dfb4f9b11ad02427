// Training with f16 storage: the loss is scaled, so that gradients too small for f16 arrive.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AdamW,
  Device,
  nextToken,
  Trainer,
  type Batch,
  type Objective,
  type TrainableModel,
} from '../../engine/index';
import { feature, openTestGpu } from '../harness/host';
import { at, BATCH, LENGTH, tinyGPT, unlabelled } from './tiny';

let device: Device;
beforeAll(async () => {
  device = await Device.open({ gpu: openTestGpu() });
});
afterAll(() => device[Symbol.dispose]());

const none = (): Batch => unlabelled(0);

/** Micro-batches without targets count as so many labels: what is left is one small share of a very large batch. */
function create(storage: 'f32' | 'f16', others = 0): Promise<Trainer> {
  const model = tinyGPT(2);
  const plain = nextToken({ batch: BATCH, length: LENGTH });
  const objective: Objective<Batch, TrainableModel> = {
    ...plain,
    feed: (batch) => {
      const feed = plain.feed(batch);
      return { ...feed, labels: feed.labels || others };
    },
  };
  return Trainer.create({
    ...{ device, model, objective, storage, seed: 3, accumulate: others > 0 ? 2 : 1 },
    optimizer: new AdamW({ clip: Infinity, weightDecay: 0 }),
    schedule: { kind: 'constant', lr: 1e-2 },
  });
}
const scaleOf = async (trainer: Trainer) => [...(await trainer.lossScale!.read('scale'))];

/** Gradients of the first update over their share: moments are (1 - β1) of them. */
async function gradients(storage: 'f32' | 'f16', others: number): Promise<Map<string, Float32Array>> {
  using trainer = await create(storage, others);
  trainer.submit((k) => (k === 0 ? at(0) : none()));
  await trainer.losses();
  const share = (BATCH * LENGTH) / (BATCH * LENGTH + others);
  const first = await trainer.store.readAll('first');
  return new Map([...first].map(([name, data]) => [name, data.map((x) => x / 0.1 / share)]));
}

function distance(got: Map<string, Float32Array>, want: Map<string, Float32Array>): number {
  let [difference, norm] = [0, 0];
  for (const [name, data] of want) {
    for (const [i, x] of data.entries()) {
      difference += (got.get(name)![i] - x) ** 2;
      norm += x ** 2;
    }
  }
  return Math.sqrt(difference / norm);
}

describe.runIf(feature('shader-f16'))('training with f16', () => {
  it('has the gradients of one batch in a million labels as well as those of the batch alone', async () => {
    const want = await gradients('f32', 0);
    const alone = distance(await gradients('f16', 0), want);
    const shared = distance(await gradients('f16', 2 ** 22), want);
    expect(alone).toBeLessThan(0.008); // bf16's epsilon: 2^-7
    expect(shared).toBeLessThan(1.05 * alone + 1e-4);
  });

  it('skips an update that overflows, halves the scale, and doubles it in time', async () => {
    using trainer = await create('f16');
    const before = await trainer.store.readAll('weights');
    trainer.lossScale!.write('scale', Float32Array.of(2 ** 18, 7));
    for (let i = 0; i < 2; i++) trainer.submit(at);
    const reports = await trainer.losses();
    expect(reports.map(({ norm }) => norm)).toEqual([Infinity, Infinity]);
    expect(await scaleOf(trainer)).toEqual([2 ** 16, 0]);
    expect(await trainer.store.readAll('weights')).toEqual(before);
    trainer.lossScale!.write('scale', Float32Array.of(256, 1999));
    trainer.submit(at);
    const [{ norm }] = await trainer.losses();
    using exact = await create('f32');
    for (let i = 0; i < 3; i++) exact.submit(at);
    expect((await exact.losses())[0].norm).toBeGreaterThan(0);
    expect(norm).toBeGreaterThan(0);
    expect(norm).toBeLessThan(100);
    expect(await scaleOf(trainer)).toEqual([512, 0]);
    expect(await trainer.store.readAll('weights')).not.toEqual(before);
  });

  it('resumes with the same losses and the same scale', async () => {
    const losses = async (trainer: Trainer) => {
      for (let i = 0; i < 4; i++) trainer.submit(at);
      return (await trainer.losses()).map(({ loss, norm }) => [loss, norm]);
    };
    using trainer = await create('f16');
    trainer.lossScale!.write('scale', Float32Array.of(2 ** 17, 0));
    await losses(trainer);
    const file = await trainer.save();
    const kept = await scaleOf(trainer);
    expect(kept[0]).toBeLessThan(2 ** 17);
    const want = await losses(trainer);
    using second = await create('f16');
    await second.load(file);
    expect(await scaleOf(second)).toEqual(kept);
    expect(await losses(second)).toEqual(want);
    using plain = await create('f32');
    await plain.load(file); // takes no notice
    expect(plain.lossScale).toBeNull();
  });
});
